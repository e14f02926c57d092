"""`datong policy coverage`: fields that no rule reaches, by department."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from federation.cli.option_groups import with_groups
from federation.cli.options import SchemaOptions
from federation.cli.policy_options import (
    DataOption,
    FolderArgument,
    Format,
    FormatOption,
    access_section,
    plain,
    policy_failure,
    read_catalogue,
    read_source,
    stdout,
)
from federation.cli.report import counted, err, failure, print_json, schema_failure

if TYPE_CHECKING:
    from federation.gateway.engines.authoring.covering import Covering


class Status(StrEnum):
    """What holds for a field."""

    OPEN = "open"
    GRANTED = "granted"
    OWN_ONLY = "own_only"
    NOT_SHARED = "not_shared"
    UNCOVERED = "uncovered"


@with_groups
def coverage(
    path: FolderArgument = None,
    *,
    status: Annotated[
        Status | None, typer.Option(help="List the fields of this status as well.")
    ] = None,
    data: DataOption = None,
    given: SchemaOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Count fields by department and status, and list what rules and grants leave out.

    own_only: nothing was granted, so only its own department may have it. The status is 1 when a
    field is uncovered (such as not_classified), or a grant or policy name cannot work as it stands.
    Notes say what works and may surprise, such as a mask on a key; they leave the status at 0.
    """
    settings = given.settings(access=access_section(path, data))
    from federation.errors import PolicyUnavailable, SchemaError  # noqa: PLC0415
    from federation.gateway.engines import PolicyFault, make_release  # noqa: PLC0415
    from federation.gateway.engines.authoring.covering import measure_coverage  # noqa: PLC0415

    try:
        catalogue = read_catalogue(settings)
        release = make_release(read_source(settings), catalogue)
        found = asyncio.run(measure_coverage(release, catalogue))
    except SchemaError as error:
        raise schema_failure(error) from None
    except PolicyFault as fault:
        raise policy_failure(fault) from None
    except PolicyUnavailable as error:
        raise failure(error) from None
    if format is Format.JSON:
        print_json(_to_json(found))
    else:
        _print_counts(found)
        _print_gaps(found)
        for note in found.notes:
            words = f"{plain(note.coordinate)} {note.code} {plain(note.message)}"
            stdout().print(f"[yellow]note[/yellow]  {words}", soft_wrap=True)
        for name, held in found.statuses.items():
            if held == status:
                stdout().print(f"{held}  {plain(name)}  [dim]{', '.join(found.owners[name])}[/dim]")
    counts = (
        (len(found.statuses), "field"),
        (len(found.gaps), "gap"),
        (len(found.notes), "note"),
    )
    err.print(", ".join(counted(*each) for each in counts))
    if found.gaps:
        raise typer.Exit(1)


def _print_counts(found: Covering) -> None:
    columns = [status.value for status in Status]
    table = Table("department", "fields", *columns, box=None, padding=(0, 2, 0, 0))
    for owner, counts in found.counts().items():
        cells = [str(counts[name] or "") for name in columns]
        if cells[-1]:
            cells[-1] = f"[red]{cells[-1]}[/]"
        table.add_row(owner, str(counts.total()), *cells)
    stdout().print(table)


def _print_gaps(found: Covering) -> None:
    by_owner: dict[str, list[str]] = {}
    for gap in found.gaps:
        line = f"{plain(gap.coordinate)} [red]{gap.code}[/red] {plain(gap.message)}"
        by_owner.setdefault(", ".join(gap.owners) or "no department", []).append(line)
    for owner, lines in sorted(by_owner.items()):
        stdout().print(f"\n[bold]{owner}[/bold] ({len(lines)})")
        for line in lines:
            stdout().print(f"  {line}", soft_wrap=True)


def _to_json(found: Covering) -> dict[str, Any]:
    return {
        "departments": {owner: dict(counts) for owner, counts in found.counts().items()},
        "fields": dict(found.statuses),
        "gaps": [asdict(gap) for gap in found.gaps],
        "notes": [asdict(note) for note in found.notes],
    }

"""`datong policy diff`: whose access changes from one policy folder to another."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from federation.cli.admin_request import ask_admin
from federation.cli.operation_input import read_text
from federation.cli.option_groups import with_groups
from federation.cli.options import SchemaOptions
from federation.cli.policy_options import (
    DataOption,
    Format,
    FormatOption,
    data_folder,
    plain,
    policy_failure,
    policy_folder,
    read_catalogue,
    stdout,
)
from federation.cli.report import counted, err, failure, print_json, schema_failure, usage_fault

if TYPE_CHECKING:
    from federation.access import AccessRequest
    from federation.gateway.engines import PolicyRelease, PolicySource
    from federation.gateway.engines.authoring.replay import Change, Replay
    from federation.gateway.engines.authoring.unasked import GrantName
    from federation.gateway.engines.dry_run import Seen
    from federation.gateway.settings import Config

COLOURS = {"widens": "red", "narrows": "green", "differs": "yellow"}
MAX_UNASKED = 5
_BEGINNING = re.compile(r"\S")


@with_groups
def diff(
    old: Annotated[Path | None, typer.Argument(metavar="OLD", help="Policy folder in use.")] = None,
    new: Annotated[
        Path | None, typer.Argument(metavar="NEW", help="Policy folder to come.")
    ] = None,
    *,
    live: Annotated[
        bool,
        typer.Option("--live", help="What a running gateway's candidate would answer otherwise."),
    ] = False,
    admin: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Admin listener [the one that the settings name]."),
    ] = None,
    questions: Annotated[
        Path | None,
        typer.Option("--questions", metavar="FILE", help="Questions of contract 1, in JSON."),
    ] = None,
    cases: Annotated[
        bool, typer.Option("--cases", help="Ask the questions of the case tables of both.")
    ] = False,
    allow_widening: Annotated[
        bool, typer.Option("--allow-widening", help="End with 0 even when something widens.")
    ] = False,
    given: SchemaOptions,
    data: DataOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Ask the same questions of two policy folders and show what changes for whom.

    The status is 1 when anybody could see more than before: a use that opens, another mask, other
    rows. Questions are JSON as the policies get it (schemas/input.json), one after the other, alone
    or as the member `input`: what `datong explain --stage question` prints, or the decision log of
    an OPA server. They need a schema. --data takes the data of both from one folder. Grants that
    differ and that no question asks for are named, at most five; they leave the status as it is.
    --format json names all of them.

    --live shows what the dry run of access.candidate has seen in the process that has the admin
    listener, since it began or the policies, grants or schema of either side last changed: callers
    by kind and department, row filters without their values.
    """
    if live:
        if old or new or questions or cases:
            raise usage_fault("--live takes no folders, questions or cases")
        seen = _read_live(given.settings(), admin)
        _finish(seen.replay, format, allow_widening=allow_widening, seen=seen)
        return
    if old is None or new is None:
        raise usage_fault("give OLD and NEW, or --live")
    if (questions is None) == (not cases):
        raise usage_fault("give either --questions FILE or --cases")
    folders = policy_folder(old), policy_folder(new)
    data = data_folder(data)
    from federation.errors import SchemaError  # noqa: PLC0415
    from federation.gateway.engines import (  # noqa: PLC0415
        EmbeddedEngine,
        PolicyFault,
        load_policies,
        make_release,
    )
    from federation.gateway.engines.authoring.replay import replay  # noqa: PLC0415
    from federation.gateway.engines.authoring.unasked import unasked_grants  # noqa: PLC0415

    recorded = None if questions is None else _read_questions(questions)
    try:
        sources = [load_policies(each, data) for each in folders]
        if recorded is None:
            asked, releases = _read_tables(folders, sources)
        else:
            asked = recorded
            catalogue = read_catalogue(given.settings())
            releases = [make_release(each, catalogue) for each in sources]
        first, second = map(EmbeddedEngine, releases)
        found = asyncio.run(replay(first, second, asked))
    except SchemaError as error:
        raise schema_failure(error) from None
    except PolicyFault as fault:
        raise policy_failure(fault) from None
    before, after = (each.data["grants"] for each in sources)
    tried = [each.data["grants"] for each in releases]
    unasked = unasked_grants(before, after, tried, asked)
    _finish(found, format, allow_widening=allow_widening, unasked=unasked)


def _finish(
    found: Replay,
    format: Format,  # noqa: A002
    *,
    allow_widening: bool,
    seen: Seen | None = None,
    unasked: tuple[GrantName, ...] = (),
) -> None:
    if format is Format.JSON:
        beside = {"unasked": [each._asdict() for each in unasked]}
        print_json(_to_json(found) | (_live_to_json(seen) if seen is not None else beside))
    else:
        _print(found)
        if unasked:
            _tell_unasked(unasked)
    if found.may_widen and not allow_widening:
        raise typer.Exit(1)


def _tell_unasked(unasked: tuple[GrantName, ...]) -> None:
    shown = [" ".join(each) for each in unasked[:MAX_UNASKED]]
    if len(unasked) > MAX_UNASKED:
        shown.append(f"and {len(unasked) - MAX_UNASKED} more")
    count = counted(len(unasked), "changed grant")
    err.print(
        f"[yellow]note[/yellow]  no question asks for what {count} would open:"
        f" {plain(', '.join(shown))}",
        soft_wrap=True,
    )


def _read_live(settings: Config, admin: str | None) -> Seen:
    import msgspec  # noqa: PLC0415

    from federation.gateway.engines.dry_run import Seen  # noqa: PLC0415

    status, body = ask_admin(settings, admin, "GET", "/dry-run")
    if status == 404:
        raise failure("the gateway tries no candidate: set access.candidate to a policy folder")
    seen = msgspec.json.decode(body, type=Seen)
    since = datetime.fromtimestamp(seen.since, UTC).isoformat(timespec="seconds")
    err.print(f"candidate  {seen.revision}\nin use     {seen.active}\nsince      {since}")
    for count, what in (
        (seen.passed_over, "questions came too fast to be compared"),
        (seen.failed, f"questions were not answered: {plain(seen.fault)}"),
        (seen.unlisted, "times something changed that is not listed"),
    ):
        if count:
            err.print(f"[yellow]{count} {what}[/yellow]")
    return seen


def _live_to_json(seen: Seen) -> dict[str, Any]:
    return {
        "candidate": seen.revision,
        "in_use": seen.active,
        "since": seen.since,
        "passed_over": seen.passed_over,
        "failed": seen.failed,
        "fault": seen.fault,
        "unlisted": seen.unlisted,
    }


def _read_tables(
    folders: tuple[Path, Path], sources: list[PolicySource]
) -> tuple[list[AccessRequest], list[PolicyRelease]]:
    from federation.gateway.engines import PolicySource, make_release  # noqa: PLC0415
    from federation.gateway.engines.authoring.tables import read_tables  # noqa: PLC0415

    before, after = map(read_tables, folders, sources)
    # Both on one catalogue: what the tables say of fields is no policy.
    release = before.release
    first = make_release(PolicySource(release.modules, release.data), after.release.catalogue)
    asked = {case.id: case.request for case in (*before.cases, *after.cases)}
    return list(asked.values()), [first, after.release]


def _read_questions(file: Path) -> list[AccessRequest]:
    from federation.access.read_request import read_request  # noqa: PLC0415

    found = []
    for line, document in _documents(read_text(file, str(file)), file):
        wrapped = isinstance(document, dict) and "input" in document
        try:
            found.append(read_request(document["input"] if wrapped else document))
        except ValueError as error:
            raise _no_question(file, line, error) from None
    if not found:
        raise usage_fault(f"{file}: holds no question, so there is nothing to compare")
    return found


def _documents(text: str, file: Path) -> Iterator[tuple[int, Any]]:
    """JSON documents one after the other, each with the line that it begins in."""
    decoder, end = json.JSONDecoder(), 0
    line, counted_to = 1, 0
    while start := _BEGINNING.search(text, end):
        line += text.count("\n", counted_to, start.start())
        counted_to = start.start()
        try:
            document, end = decoder.raw_decode(text, start.start())
        except ValueError as error:
            raise _no_question(file, line, error) from None
        yield line, document


def _no_question(file: Path, line: int, error: ValueError) -> typer.Exit:
    return usage_fault(f"{file}:{line}: no question of contract 1: {error}")


def _print(found: Replay) -> None:
    from federation.gateway.engines.authoring.replay import Direction  # noqa: PLC0415

    for (caller, purpose), changes in groupby(found.changes, key=_asker):
        stdout().print(f"[bold]{plain(caller)}[/bold] for {plain(purpose or 'no purpose')}")
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
        for _ in range(4):
            table.add_column(overflow="fold")
        for change, times in changes:
            way = change.direction.value
            reasons = " ".join(change.reasons) + (f" ({times} times)" if times > 1 else "")
            table.add_row(
                f"[{COLOURS[way]}]{way}[/]",
                f"{plain(change.place)} {change.use}",
                f"{plain(change.before)} → {plain(change.after)}",
                f"[dim]{plain(reasons)}[/]",
            )
        stdout().print(table)
    counts = ", ".join(f"{found.count(way)} {way.value}" for way in Direction)
    asked, changed = counted(found.questions, "question"), counted(len(found.changes), "change")
    err.print(f"{asked}, {changed}: {counts}")


def _asker(counted: tuple[Change, int]) -> tuple[str, str | None]:
    return counted[0].caller, counted[0].purpose


def _to_json(found: Replay) -> dict[str, Any]:
    from federation.gateway.engines.authoring.replay import Direction  # noqa: PLC0415

    return {
        "questions": found.questions,
        "counts": {way.value: found.count(way) for way in Direction},
        "changes": [
            {
                "direction": change.direction.value,
                "caller": change.caller,
                "purpose": change.purpose,
                "operation": change.operation,
                "place": change.place,
                "use": change.use,
                "before": change.before,
                "after": change.after,
                "reasons": list(change.reasons),
                "times": times,
            }
            for change, times in found.changes
        ],
    }

"""`datong audit search`, `export`, `subject` and `department`: finding records."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from federation.audit.record import RecordKind, time_text
from federation.cli.audit_options import (
    ALL_KINDS,
    Format,
    FormatOption,
    PageOptions,
    TimeOptions,
    TrailOptions,
    WantedOptions,
    existing_key,
)
from federation.cli.option_groups import with_groups
from federation.cli.report import counted, err, failure, print_json, usage_fault

if TYPE_CHECKING:
    from federation.audit import AuditRecord
    from federation.gateway.audit.export import ExportFormat
    from federation.gateway.audit.progress import Told
    from federation.gateway.audit.search import FoundRecord, Reads, SubjectRead

T = TypeVar("T")
_FILE_WIDTH = 200
_NO_LIMIT = 10_000
Who = tuple[str, str, str]


@with_groups
def search(
    *,
    records: WantedOptions,
    part: PageOptions,
    trail: TrailOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """List records by who asked, for what, when, which fields, and how it ended; oldest first.

    The database is opened for reading only, and gateways may go on writing.
    """
    wanted = records.wanted()
    from federation.gateway.audit.search import page_of  # noqa: PLC0415
    from federation.gateway.audit.search import search as find  # noqa: PLC0415

    found = _read(trail, lambda t, told: page_of(find(t, wanted, told), part.page, part.size))
    shown = found[: part.size]
    if format is Format.JSON:
        print_json(
            {"page": part.page, "more": len(found) > part.size, "records": list(map(_json, shown))}
        )
        return
    table = Table(
        "time (UTC)", "caller", "of", "purpose", "operation", "fields", "objects", box=None
    )
    table.add_column("outcome")
    table.add_column("request")
    for each in shown:
        record = each.record
        table.add_row(
            time_text(record.at),
            record.caller.id,
            record.caller.department,
            record.purpose or "",
            f"{record.operation.kind} {record.operation.name}".strip(),
            _effects(record),
            str(sum(len(named.digests) for named in record.entities) or ""),
            record.outcome.value if record.kind.value == "release" else record.kind.value,
            record.request_id,
        )
    _print_page(table, len(shown), part.page, more=len(found) > part.size)


@with_groups
def export(
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write; else stdout.")
    ] = None,
    format: Annotated[  # noqa: A002
        str,
        typer.Option(
            "--format",
            help="jsonl or csv: records; verifiable: the whole trail with hashes and signatures.",
        ),
    ] = "jsonl",
    records: WantedOptions,
    trail: TrailOptions,
) -> None:
    """Write records to a file, and its SHA-256 beside it (FILE.sha256).

    `verifiable` takes everything: somebody else can check hashes and signatures of that file
    without Datong, as docs/audit.md says.
    """
    from federation.gateway.audit.export import ExportFormat, export_records  # noqa: PLC0415

    kinds = [each.value for each in ExportFormat]
    if format not in kinds:
        raise usage_fault(f"--format {format}: one of {', '.join(kinds)}")
    wanted = records.wanted()
    chosen: ExportFormat = ExportFormat(format)
    if (
        chosen is ExportFormat.VERIFIABLE
        and wanted != WantedOptions(is_all=records.is_all).wanted()
    ):
        raise usage_fault("--format verifiable takes the whole trail; leave the other options out")

    try:
        with _Output(out) as output:
            count, digest = _read(
                trail,
                lambda t, told: export_records(t, wanted, chosen, output.write, told),
                is_printing=out is None and sys.stdout.isatty(),
            )
            output.write(b"")
        if out is not None:
            out.with_name(f"{out.name}.sha256").write_text(f"{digest}  {out.name}\n")
    except (OSError, _Unwritable) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise failure(f"{out or 'stdout'} cannot be written: {why}") from None
    err.print(f"{counted(count, 'line')}; SHA-256 {digest}")


@with_groups
def subject(
    *,
    times: TimeOptions,
    part: PageOptions,
    trail: TrailOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """List what was read about one person, and who looked for it.

    The identity number is asked for, or read from stdin; it is hashed with `audit.key_file` at once
    and never stands on a command line or in a file.
    """
    settings = trail.settings()
    key_file = existing_key(settings.audit.key_file, "audit.key_file")
    wanted = times.wanted(kinds=ALL_KINDS)
    from federation.audit import digest_key_id, subject_digest  # noqa: PLC0415
    from federation.errors import FederationError  # noqa: PLC0415
    from federation.gateway.audit.keys import digest_key  # noqa: PLC0415
    from federation.gateway.audit.search import (  # noqa: PLC0415
        keys_of_chains,
        page_of,
        reads_of_subject,
    )

    try:
        key = digest_key(key_file)
    except FederationError as error:
        raise usage_fault(error.message) from None
    keys = _read(trail, lambda t, _: keys_of_chains(t, wanted))
    others = sum(each not in (None, digest_key_id(key)) for each in keys)
    if keys and others == len(keys):
        raise usage_fault(
            f"{key_file} is not the key that persons are named by in these records: nobody can be "
            "found with it. Set audit.key_file to the one that the gateway used then"
        )
    digest = subject_digest(key, _ask_number())
    reads = _read(
        trail,
        lambda t, told: page_of(reads_of_subject(t, digest, wanted, told), part.page, part.size),
    )
    shown = reads[: part.size]
    if others:
        err.print(
            f"{others} of the {len(keys)} chains of this time name persons by another key: what "
            "they hold is found with that key alone, as audit.key_file."
        )
    is_nobody = not shown and part.page == 1
    if is_nobody:
        unknown = ", or with another key_file than the gateway's" if None in keys else ""
        err.print(
            "No records name this person in this time. Nor are any found by a number that was "
            f"mistyped{unknown}."
        )
    if format is Format.JSON:
        print_json(
            {
                "page": part.page,
                "more": len(reads) > part.size,
                "chains": len(keys),
                "chainsOfOtherKeys": others,
                "reads": [
                    {
                        "searched": each.searched,
                        "types": each.types,
                        "fields": each.fields,
                        "used": each.used,
                        **_json(each.found),
                    }
                    for each in shown
                ],
            }
        )
        return
    if is_nobody:
        return
    table = Table("time (UTC)", "caller", "of", "purpose", "what", "fields", "request", box=None)
    for each in shown:
        record = each.found.record
        table.add_row(
            time_text(record.at),
            record.caller.id,
            record.caller.department,
            record.purpose or "",
            _what(each),
            "\n".join((*each.fields, *(f"{name} (used)" for name in each.used))),
            record.request_id,
        )
    _print_page(table, len(shown), part.page, more=len(reads) > part.size)


@with_groups
def department(
    name: Annotated[str, typer.Argument(help="The department, as its subgraph is named.")],
    *,
    times: TimeOptions,
    part: PageOptions,
    trail: TrailOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Count the reads of a department's fields by caller and purpose, most first."""
    wanted = times.wanted(department=name, kinds=frozenset({RecordKind.RELEASE}))
    from federation.gateway.audit.search import reads_of_department  # noqa: PLC0415

    reads = _read(trail, lambda t, told: reads_of_department(t, wanted, told))
    ordered = sorted(reads.items(), key=lambda each: (-each[1].requests, each[0]))
    shown = ordered[(part.page - 1) * part.size : part.page * part.size]
    more = len(ordered) > part.page * part.size
    if not ordered:
        err.print(f"No record in this time names a field of {name}; is that its subgraph's name?")
    if format is Format.JSON:
        print_json(
            {"page": part.page, "more": more, "reads": [_reads_json(*each) for each in shown]}
        )
        return
    if not ordered:
        return
    table = Table("of", "caller", "purpose", box=None)
    for column in ("requests", "fields", "used", "masked", "denied", "objects"):
        table.add_column(column, justify="right")
    table.add_column("last (UTC)")
    for (office, caller, purpose), count in shown:
        fields = len(count.fields), len(count.used)
        numbers = (count.requests, *fields, count.masked, count.denied, count.objects)
        table.add_row(office, caller, purpose, *map(str, numbers), time_text(count.last))
    _print_page(
        table, len(shown), part.page, more=more, what=("caller and purpose", "callers and purposes")
    )


def _read(trail: TrailOptions, work: Callable[[Any, Told], T], *, is_printing: bool = False) -> T:
    settings = trail.settings()
    from federation.errors import FederationError  # noqa: PLC0415
    from federation.gateway.audit.progress import tell_nobody  # noqa: PLC0415
    from federation.gateway.audit.read import read_trail  # noqa: PLC0415

    # What goes to the same terminal meanwhile must not be mixed with it.
    shown = nullcontext(tell_nobody) if is_printing else err.at_work("reading the trail")
    try:
        with shown as told:
            return asyncio.run(read_trail(settings.audit.database, lambda t: work(t, told)))
    except FederationError as error:
        raise failure(error) from None


class _Unwritable(Exception):
    """What was found cannot be written; no fault of the trail, which is being read meanwhile."""


class _Output(ExitStack):
    """A file or stdout, opened when there is something to write.

    So a trail that cannot be read leaves the last export as it is.
    """

    def __init__(self, out: Path | None) -> None:
        super().__init__()
        self._out = out
        self._stream: BinaryIO | None = None

    def write(self, line: bytes) -> None:
        try:
            if self._stream is None:
                opened = sys.stdout.buffer if self._out is None else self._out.open("wb")
                self._stream = self.enter_context(opened)
            self._stream.write(line)
        except OSError as error:
            raise _Unwritable(error.strerror) from None


def _ask_number() -> str:
    number: str
    if sys.stdin.isatty():
        number = typer.prompt("Identity number", hide_input=True, err=True)
    else:
        number = sys.stdin.readline()
    if not number.strip():
        raise usage_fault("no identity number on stdin")
    return number


def _print_page(
    table: Table,
    count: int,
    page: int,
    *,
    more: bool,
    what: tuple[str, str] = ("record", "records"),
) -> None:
    if count:
        # Times and request ids are there to be copied; a file has all the width they want.
        for column in table.columns:
            column.overflow = "fold"
        for column in (table.columns[0], table.columns[-1]):
            column.no_wrap = True
            column.min_width = max(len(str(cell)) for cell in column.cells)
        console = Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)
        # Its longest words side by side, of which none may be broken.
        needed = console.measure(table, options=console.options.update_width(_NO_LIMIT)).minimum
        fits = needed <= console.width
        console.print(table if fits else _stacked(table))
    further = f"; further ones with --page {page + 1}" if more else ""
    place = f" on page {page}{further}" if page > 1 or more else ""
    err.print(f"{count or 'No'} {what[count != 1]}{place}.")


def _stacked(table: Table) -> Table:
    """The same where the terminal is too narrow: what stands between first and last in one cell."""
    first, *middle, last = table.columns
    narrow = Table(box=None)
    for column in (first, Column(), last):
        narrow.add_column(column.header, no_wrap=column.no_wrap, overflow="fold")
    cells = zip(*(tuple(column.cells) for column in middle), strict=True)
    for start, row, end in zip(first.cells, cells, last.cells, strict=True):
        told = zip(middle, row, strict=True)
        narrow.add_row(
            start, "\n".join(f"{each.header} {cell}" for each, cell in told if cell), end
        )
    return narrow


def _effects(record: AuditRecord) -> str:
    counts = record.counts
    return " ".join(
        f"{counts[each]} {each}" for each in ("allow", "mask", "deny") if each in counts
    )


def _what(read: SubjectRead) -> str:
    released = f"released: {', '.join(read.types)}" if read.types else ""
    sought = f"searched ({read.found.record.outcome.value})" if read.searched else ""
    return "; ".join(filter(None, (sought, released)))


def _json(found: FoundRecord) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.json.decode(found.body)
    return {"chain": found.chain, "sequence": found.sequence, "record": record}


def _reads_json(who: Who, count: Reads) -> dict[str, Any]:
    office, caller, purpose = who
    return {
        "department": office,
        "caller": caller,
        "purpose": purpose or None,
        "requests": count.requests,
        "fields": sorted(count.fields),
        "used": sorted(count.used),
        "masked": count.masked,
        "denied": count.denied,
        "objects": count.objects,
        "last": count.last,
    }

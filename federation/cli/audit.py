"""`datong audit verify`, `anchor`, `retain` and `index`: what can be proved of the audit trail."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from federation.audit.record import time_text
from federation.cli.audit_find import department, export, search, subject
from federation.cli.audit_options import (
    DatabaseOption,
    Format,
    FormatOption,
    KeyOption,
    existing_key,
    public_keys,
    trail_settings,
)
from federation.cli.options import ConfigOption
from federation.cli.report import counted, err, failure, print_json, usage_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from federation.audit import Anchor, ChainReport, Fault
    from federation.gateway.audit.read import TrailReport
    from federation.gateway.audit.retain import Retention

app = typer.Typer(help="Prove and search what the audit trail holds.", no_args_is_help=True)
app.command()(search)
app.command()(export)
app.command()(subject)
app.command()(department)

_DAYS = {"d": 1, "w": 7, "y": 365}
_MOST_DAYS = 36_500
_MOST_FAULTS = 20


@app.callback()
def _root() -> None:
    pass


@app.command()
def verify(
    *,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    key: KeyOption = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option("--anchor", metavar="FILE", help="File of `datong audit anchor`; repeatable."),
    ] = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Check every hash, link and signature; the status is 1 when a record is missing or changed.

    Signed heads in the database prove everything before them. That nothing was cut behind the last
    one, only an anchor proves that was kept elsewhere: up to it the trail is what it was.

    A chain is closed when its gateway stopped in order, or by the next one when it died. The
    register of chains is never closed.
    """
    settings = trail_settings(config, database)
    keys = public_keys(key, settings)
    anchors = [_read_anchor(file) for file in anchor or ()]
    from federation.errors import FederationError  # noqa: PLC0415
    from federation.gateway.audit.read import verify_trail  # noqa: PLC0415

    heads = tuple(head for each in anchors for head in each.signed_heads)
    try:
        with err.at_work("verifying") as told:
            report = asyncio.run(verify_trail(settings.audit.database, keys, heads, told))
    except FederationError as error:
        raise failure(error) from None
    if format is Format.JSON:
        print_json(_report_json(report))
    else:
        _print_report(report)
    if not report.is_whole:
        raise typer.Exit(1)


@app.command("anchor")
def anchor_command(
    *,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write it; else stdout.")
    ] = None,
) -> None:
    """Write the signed heads of all chains into a small file, to be kept or published elsewhere.

    Whoever has the file can prove later that nothing before it was changed or cut, by `datong audit
    verify --anchor FILE`. It holds no data; its SHA-256, which is printed, fits into a newspaper.
    """
    settings = trail_settings(config, database)
    from federation.audit import anchor_digest, anchor_text  # noqa: PLC0415
    from federation.errors import FederationError  # noqa: PLC0415
    from federation.gateway.audit.read import current_anchor, read_trail  # noqa: PLC0415

    now = int(time.time() * 1000)
    try:
        made = asyncio.run(
            read_trail(settings.audit.database, lambda found: current_anchor(found, now))
        )
    except FederationError as error:
        raise failure(error) from None
    text = anchor_text(made)
    if out is None:
        typer.echo(text, nl=False)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise failure(f"{out} cannot be written: {error.strerror}") from None
    err.print(f"{counted(len(made.heads), 'head')}; SHA-256 {anchor_digest(text)}")


@app.command()
def retain(
    *,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="PERIOD", help="Such as 400d, 26w or 3y."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    key: KeyOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Remove records that were kept long enough; what is left stays verifiable.

    Gateways may go on writing. The period is `audit.retain_days` unless given. The trail is
    verified first: nothing is removed, and the status is 1, when it is not whole. What goes is
    signed for by `audit.head_key_file`.
    """
    settings = trail_settings(config, database)
    days = _days(older_than) if older_than is not None else settings.audit.retain_days
    if days <= 0:
        raise usage_fault("how old? give --older-than PERIOD, or --config with audit.retain_days")
    key_file = existing_key(settings.audit.head_key_file, "audit.head_key_file")
    keys = public_keys(key, settings)
    from federation.errors import FederationError  # noqa: PLC0415
    from federation.gateway.audit.keys import head_key  # noqa: PLC0415
    from federation.gateway.audit.retain import find_old, remove_old  # noqa: PLC0415

    now = int(time.time() * 1000)
    before = now - days * 86_400_000
    try:
        signing, url = head_key(key_file), settings.audit.database
        with err.at_work("verifying") as told:
            found = asyncio.run(find_old(url, keys, before, told))
        if not found.report.is_whole:
            _ask_for_keys(found.report)
            raise failure(
                "the trail is not whole, so nothing was removed; see `datong audit verify`"
            )
        if not dry_run:
            with err.at_work("removing") as told:
                asyncio.run(remove_old(url, found, signing, now, told))
    except FederationError as error:
        raise failure(error) from None
    _print_retention(found, format, is_dry=dry_run)


@app.command()
def index(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare it with the records.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Remove first what there is.")] = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
) -> None:
    """Make or complete the index that search, subject, department and export look into.

    Gateways may go on writing, and wait for it no longer than some milliseconds. What was written
    since is found all the same, but read from end to end. With --check the status is 1 when the
    index says something else than the records.
    """
    if check and anew:
        raise usage_fault("give either --check or --anew")
    settings = trail_settings(config, database)
    from federation.errors import FederationError  # noqa: PLC0415
    from federation.gateway.audit.indexing import build_index, wrong_blocks  # noqa: PLC0415
    from federation.gateway.audit.read import read_trail  # noqa: PLC0415

    url = settings.audit.database
    try:
        if not check:
            with err.at_work("indexing") as told:
                count = asyncio.run(build_index(url, anew=anew, told=told))
            read = counted(count, "new record")
            err.print(f"{read} indexed; the index goes to the end of the trail.")
            return
        with err.at_work("comparing") as told:
            wrong = asyncio.run(read_trail(url, lambda found: list(wrong_blocks(found, told))))
    except FederationError as error:
        raise failure(error) from None
    for block in wrong:
        err.print(f"[red]{block.chain}, records {block.first} to {block.last}: indexed wrong[/red]")
    if wrong:
        raise failure(
            "the index says something else than the records: verify these (`datong audit verify`); "
            "if they are whole, make it `datong audit index --anew`"
        )
    err.print("The index says what the records say.")


def _days(period: str) -> int:
    found = re.fullmatch(r"(\d{1,5})([dwy])", period)
    if found is None:
        raise usage_fault(f"--older-than {period}: write a number and d, w or y, such as 400d")
    days = int(found[1]) * _DAYS[found[2]]
    if not 0 < days <= _MOST_DAYS:
        raise usage_fault(f"--older-than {period}: between a day and a hundred years is expected")
    return days


def _read_anchor(file: Path) -> Anchor:
    from federation.audit import MalformedAnchor, read_anchor  # noqa: PLC0415

    try:
        return read_anchor(file.read_bytes())
    except OSError as error:
        raise usage_fault(f"--anchor {file}: {error.strerror}") from None
    except MalformedAnchor as error:
        raise usage_fault(f"--anchor {file}: {error.message}") from None


def _print_report(report: TrailReport) -> None:
    table = Table("chain", "records", "proven", "closed", "faults", box=None)
    for chain in (report.register, *_shown(report)):
        faults = "\n".join(_told(chain.faults)) or "none"
        closed = "yes" if chain.closed else "no"
        if chain is report.register:
            closed = "never"  # It goes on with whatever gateway is started next.
        table.add_row(chain.chain, str(chain.entries), str(chain.proven), closed, faults)
    Console(highlight=False).print(table)
    gone = len(report.chains) - len(_shown(report))
    if gone:
        err.print(
            f"Removed as a whole by retention, as the register says: {counted(gone, 'chain')}."
        )
    opened = sum(not chain.closed for chain in report.chains)
    if opened:
        err.print(
            f"Chains that are open: {opened}. They are still written, or their writers died and no "
            "gateway was started since. Behind its last signed head the end of such a chain is not "
            "proven."
        )
    for fault in report.faults:
        err.print(f"[red]{fault}[/red]")
    _ask_for_keys(report)
    for digest in report.texts:
        err.print(f"[red]operation text {digest} does not have its digest[/red]")
    if report.anchored_at is not None:
        at = time_text(report.anchored_at)
        err.print(f"Proved by an anchor, up to {at} UTC: {counted(report.anchored, 'record')};")
        err.print(f"after it by signed heads in the database alone: {report.signed}.")
    if report.is_whole:
        lie = "lies" if report.unsigned == 1 else "lie"
        said = f"{counted(report.unsigned, 'record')} {lie} after the last signed head."
        err.print(f"The trail is [green]whole[/green]; {said}")
    else:
        said = f"not proven: {counted(report.unsigned, 'record')}."
        err.print(f"The trail is [red]not whole[/red]; {said}")


def _ask_for_keys(report: TrailReport) -> None:
    reports = (report.register, *report.chains)
    if any(fault.kind.value == "forged" for each in reports for fault in each.faults):
        err.print(
            "Forged is a head that none of these keys signed: if the gateway has, or had, another "
            "head key, give that too by --key."
        )


def _told(faults: Sequence[Fault]) -> list[str]:
    """The faults of one chain for people, who look no further than at the first ones."""
    lines = [f"entry {each.sequence}: {each.kind.value}" for each in faults[:_MOST_FAULTS]]
    more = len(faults) - len(lines)
    return [*lines, f"and {more} more (--format json)"] if more else lines


def _shown(report: TrailReport) -> list[ChainReport]:
    """Chains of which something is left, or missing."""
    return [each for each in report.chains if each.entries or each.faults or not each.pruned]


def _report_json(report: TrailReport) -> dict[str, Any]:
    return {
        "whole": report.is_whole,
        "anchored": report.anchored,
        "anchoredAt": report.anchored_at,
        "signed": report.signed,
        "unsigned": report.unsigned,
        "chains": [
            {
                "chain": each.chain,
                "entries": each.entries,
                "last": each.last,
                "pruned": each.pruned,
                "anchored": each.anchored,
                "proven": each.proven,
                "signedAt": each.signed_at,
                "closed": each.closed,
                "faults": [_fault_json(fault) for fault in each.faults],
            }
            for each in (report.register, *report.chains)
        ],
        "faults": [_fault_json(fault) for fault in report.faults],
        "operationTexts": list(report.texts),
    }


def _fault_json(fault: Any) -> dict[str, Any]:
    return {"chain": fault.chain, "sequence": fault.sequence, "kind": fault.kind.value}


def _print_retention(done: Retention, format: Format, *, is_dry: bool) -> None:  # noqa: A002
    before, total = done.before, sum(each.entries for each in done.prunings)
    if format is Format.JSON:
        chains = [
            {"chain": each.chain, "entries": each.entries, "upTo": each.up_to, "all": each.is_all}
            for each in done.prunings
        ]
        print_json({"before": before, "dryRun": is_dry, "entries": total, "chains": chains})
        return
    table = Table("chain", "records", "up to", "rest", box=None)
    for each in done.prunings:
        rest = "nothing" if each.is_all else "kept"
        table.add_row(each.chain, str(each.entries), str(each.up_to), rest)
    if done.prunings:
        Console(highlight=False).print(table)
    verb = "Would be removed" if is_dry else "Removed"
    err.print(f"{verb}: {counted(total, 'record')} older than {time_text(before)} UTC.")

"""`datong audit`: what can be proved of the audit trail."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from federation.cli.options import ConfigOption, read_settings
from federation.cli.report import err, failure, usage_fault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from federation.gateway.audit_read import TrailReport

app = typer.Typer(help="Prove what the audit trail holds.", no_args_is_help=True)


@app.callback()
def _root() -> None:
    pass


@app.command()
def verify(
    *,
    config: ConfigOption = None,
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL of the trail.")] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", help="File with a key that signed heads (PEM); repeatable."),
    ] = None,
) -> None:
    """Check every hash, link and signature; the status is 1 when a record is missing or changed.

    A chain is closed when its gateway stopped in order, or by the next one when it died. The
    register of chains is never closed.
    """
    settings = read_settings(config, audit={"database": database})
    if not settings.audit.database:
        raise usage_fault("no audit trail: give --database URL, or --config with audit.database")
    files = key or ([Path(settings.audit.head_key_file)] if settings.audit.head_key_file else [])
    from federation.audit import key_id  # noqa: PLC0415
    from federation.errors import FederationError  # noqa: PLC0415
    from federation.gateway.audit_read import verify_trail  # noqa: PLC0415

    keys = {key_id(public): public for public in map(_read_public_key, files)}
    if not keys:
        raise usage_fault("no key: give --key FILE, or --config with audit.head_key_file")
    try:
        report = asyncio.run(verify_trail(settings.audit.database, keys))
    except FederationError as error:
        raise failure(error) from None
    _print_report(report)
    if not report.is_whole:
        raise typer.Exit(1)


def _read_public_key(file: Path) -> Ed25519PublicKey:
    """A public key, or the public half of a private one."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        text = file.read_bytes()
        if b"PRIVATE" in text:
            private = serialization.load_pem_private_key(text, password=None)
            public = private.public_key()
        else:
            public = serialization.load_pem_public_key(text)
    except (OSError, ValueError, TypeError) as error:
        raise usage_fault(f"--key {file}: no key in PEM: {error}") from None
    if not isinstance(public, ed25519.Ed25519PublicKey):
        raise usage_fault(f"--key {file}: an Ed25519 key is needed")
    return public


def _print_report(report: TrailReport) -> None:
    table = Table("chain", "records", "proven", "closed", "faults", box=None)
    for chain in (report.register, *report.chains):
        faults = "\n".join(map(str, chain.faults)) or "none"
        closed = "yes" if chain.closed else "no"
        if chain is report.register:
            closed = "never"  # It goes on with whatever gateway is started next.
        table.add_row(chain.chain, str(chain.entries), str(chain.proven), closed, faults)
    Console(highlight=False).print(table)
    for fault in report.faults:
        err.print(f"[red]{fault}[/red]")
    for digest in report.texts:
        err.print(f"[red]operation text {digest} does not have its digest[/red]")
    open_entries = sum(chain.entries - chain.proven for chain in report.chains)
    whole = "[green]whole[/green]" if report.is_whole else "[red]not whole[/red]"
    err.print(f"The trail is {whole}; {open_entries} records lie after the last signed head.")

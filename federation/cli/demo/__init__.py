"""`datong demo`: eight departments, one gateway, five stories."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import typer

from federation.cli.report import usage_fault


class Size(StrEnum):
    """How much demo data there is."""

    FULL = "full"
    SMALL = "small"


app = typer.Typer(help="Run eight departments, one gateway and five stories.")


@app.callback(invoke_without_command=True)
def demo(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop everything after the table.")] = False,
    opa: Annotated[
        str, typer.Option(metavar="embedded|server|URL", help="Where policies are evaluated.")
    ] = "embedded",
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="PostgreSQL instead of SQLite files.")
    ] = None,
    port: Annotated[int, typer.Option(help="Of the gateway, or the next free one.")] = 14300,
    size: Annotated[Size, typer.Option(help="Of the demo data.")] = Size.FULL,
) -> None:
    """Run eight departments, one gateway and five stories; the status is 1 when one is wrong."""
    if context.invoked_subcommand is not None:
        return
    if opa not in ("embedded", "server") and not opa.startswith(("http://", "https://")):
        raise usage_fault(f"--opa {opa}: embedded, server, or a URL such as http://127.0.0.1:8181")
    if database is not None and not re.match(r"postgres(ql)?(\+\w+)?://", database):
        raise usage_fault("--database: a URL such as postgresql://user@host/database is expected")
    from federation.cli.demo.run import Options, run_demo  # noqa: PLC0415

    raise typer.Exit(run_demo(Options(once, opa, database, port, size.value)))


@app.command()
def token(
    caller: Annotated[str, typer.Argument(help="Id of a demo caller, such as bank-app.")],
) -> None:
    """Print a demo caller's token."""
    from federation.cli.demo.callers import CALLERS, purpose_of  # noqa: PLC0415
    from federation.cli.demo.keys import load_keys  # noqa: PLC0415
    from federation.cli.report import err  # noqa: PLC0415

    if caller not in CALLERS:
        raise usage_fault(f"no demo caller is called {caller}; there are {', '.join(CALLERS)}")
    typer.echo(load_keys().token(CALLERS[caller]))
    err.print(f"[dim]send it with Datong-Purpose: {purpose_of(caller)}[/dim]")


@app.command()
def consent() -> None:
    """Print the consent that a demo citizen gave to bank-app."""
    from federation.cli.demo.keys import load_keys  # noqa: PLC0415
    from federation.cli.demo.session import consent_for  # noqa: PLC0415
    from federation.cli.report import err  # noqa: PLC0415
    from subgraphs.world.demo import CONSENTING  # noqa: PLC0415

    typer.echo(consent_for(load_keys(), "bank-app"))
    err.print(f"[dim]of {CONSENTING.id_number}; bank-app sends it as Datong-Consent[/dim]")

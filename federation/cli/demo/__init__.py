"""`datong demo`: eight departments, one gateway, five stories."""

from __future__ import annotations

from typing import Annotated

import typer

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
    size: Annotated[str, typer.Option(help="Of the demo data: full or small.")] = "full",
) -> None:
    """Run eight departments, one gateway and five stories; the status is 1 when one is wrong."""
    if context.invoked_subcommand is not None:
        return
    from federation.cli.demo.run import Options, run_demo  # noqa: PLC0415

    raise typer.Exit(run_demo(Options(once, opa, database, port, size)))


@app.command()
def token(
    caller: Annotated[str, typer.Argument(help="Id of a demo caller, such as bank-app.")],
) -> None:
    """Print a demo caller's token."""
    from federation.cli.demo.callers import CALLERS, purpose_of  # noqa: PLC0415
    from federation.cli.demo.keys import load_keys  # noqa: PLC0415
    from federation.cli.report import err, usage_fault  # noqa: PLC0415

    if caller not in CALLERS:
        raise usage_fault(f"no demo caller is called {caller}; there are {', '.join(CALLERS)}")
    typer.echo(load_keys().token(CALLERS[caller]))
    err.print(f"[dim]send it with Datong-Purpose: {purpose_of(caller)}[/dim]")

"""`datong serve`: the gateway in the foreground."""

from __future__ import annotations

import functools
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from federation.cli.options import (
    ConfigOption,
    SubgraphOption,
    SubgraphsOption,
    SupergraphOption,
    read_settings,
)
from federation.cli.report import failure, progress, schema_failure, usage_fault

if TYPE_CHECKING:
    from federation.gateway.app import PageRoutes
    from federation.gateway.settings import Config


class AccessMode(StrEnum):
    """Who decides what a caller may read."""

    EMBEDDED = "embedded"
    OPA = "opa"
    OPEN = "open"


def serve(
    *,
    subgraph: SubgraphOption = None,
    subgraphs: SubgraphsOption = None,
    supergraph: SupergraphOption = None,
    config: ConfigOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one [4000].")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer [1].")] = None,
    access: Annotated[
        AccessMode | None,
        typer.Option(help="embedded: policies in this process; opa: a server; open: no policy."),
    ] = None,
    opa_url: Annotated[str | None, typer.Option(help="OPA server, for --access opa.")] = None,
    jwks: Annotated[
        str | None, typer.Option(help="File or URL of the keys that caller tokens are signed with.")
    ] = None,
    demo_session: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve one GraphQL endpoint over all subgraphs, with policy before the query."""
    settings = read_settings(
        config,
        subgraph,
        subgraphs,
        supergraph,
        server={"host": host, "port": port, "workers": workers},
        access={"engine": access.value if access else None, "opa_url": opa_url},
        identity={"jwks": jwks},
    )
    if settings.access.engine != "open" and not settings.identity.jwks:
        raise usage_fault(
            "no keys to know callers by: give --jwks FILE|URL (identity.jwks), "
            "or start with --access open, which lets everybody read everything"
        )
    if settings.access.engine != "open" and not settings.audit.database:
        raise usage_fault(
            "no audit trail, and no answer may leave without one: set audit.database, "
            "for example DATONG_AUDIT_DATABASE=sqlite:///audit.sqlite"
        )
    # What takes time to import is imported after the command line has proved good.
    from federation.errors import FederationError, SchemaError  # noqa: PLC0415
    from federation.gateway import serving  # noqa: PLC0415
    from federation.gateway.start import load_supergraph, shared_by_workers  # noqa: PLC0415

    try:
        listener = serving.listen(settings.server.host, settings.server.port)
        with listener, shared_by_workers(settings) as (shared, handed):
            schema = load_supergraph(shared, progress, listener)
            _warn(settings)
            pages = _pages(settings, demo_session)
            announce = functools.partial(
                typer.echo, f"GraphQL at {serving.address_of(listener)}/graphql", err=True
            )
            served = serving.run(shared, schema, listener, pages, handed, announce)
    except SchemaError as error:
        raise schema_failure(error) from None
    except FederationError as error:
        raise failure(error) from None
    except serving.PortTaken as error:
        raise failure(f"{error}. Choose another with --port.") from None
    if not served:
        raise typer.Exit(1)


def _warn(settings: Config) -> None:
    # Without rich, which a gateway would keep in memory for a line.
    if settings.access.engine == "open":
        colour = None if os.environ.get("NO_COLOR") else typer.colors.RED
        warning = typer.style("ACCESS IS OPEN:", fg=colour, bold=True)
        typer.echo(
            f"{warning} no caller is checked, no policy is asked; "
            "everybody who reaches this port reads everything.",
            err=True,
        )


def _pages(settings: Config, demo_session: Path | None) -> PageRoutes | None:
    from federation.console import console_routes  # noqa: PLC0415

    if demo_session is not None and settings.server.host not in {"127.0.0.1", "::1"}:
        raise usage_fault("--demo-session hands out tokens: it works on a loopback address only")
    return functools.partial(console_routes, demo_session) if settings.http.console else None

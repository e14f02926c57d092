"""`datong compose`: subgraphs to a supergraph, or to everything that keeps them from being one."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from federation.cli.options import ConfigOption, SubgraphOption, SubgraphsOption, read_settings
from federation.cli.report import (
    diagnostic_to_json,
    failure,
    print_diagnostics,
    print_json,
    progress,
    schema_failure,
    usage_fault,
)

if TYPE_CHECKING:
    from federation.errors import Diagnostic


class Hints(StrEnum):
    """Which hints are shown: those of a level and above."""

    NONE = "none"
    WARN = "warn"
    INFO = "info"
    DEBUG = "debug"


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


def compose_command(
    *,
    subgraph: SubgraphOption = None,
    subgraphs: SubgraphsOption = None,
    config: ConfigOption = None,
    api: Annotated[bool, typer.Option("--api", help="Print the API schema instead.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the SDL to a file instead.")
    ] = None,
    format: Annotated[Format, typer.Option(help="json: SDL and findings as one object.")] = (  # noqa: A002
        Format.TEXT
    ),
    hints: Annotated[
        Hints, typer.Option(help="Least level of the hints shown; errors always are.")
    ] = Hints.INFO,
) -> None:
    """Compose subgraphs and print the supergraph SDL on stdout.

    Findings go to stderr. The status is 0 when the subgraphs compose, hints or not; 1 when an error
    keeps them from it, or a schema cannot be read; 2 when the command line is wrong. With --format
    json, stdout holds one object: sdl (null without one), diagnostics, and error where no SDL could
    be had.
    """
    from federation.errors import SchemaError  # noqa: PLC0415
    from federation.gateway.sources import (  # noqa: PLC0415
        compose_sources,
        fetch_missing,
        list_sources,
    )
    from federation.gateway.start import make_signer  # noqa: PLC0415
    from federation.gateway.transports.tls import client_tls  # noqa: PLC0415
    from federation.supergraph import print_api_schema, print_supergraph  # noqa: PLC0415

    settings = read_settings(config, subgraph, subgraphs)
    try:
        sources = list_sources(settings.schema)
        if not sources:
            raise usage_fault("no subgraphs: give --subgraph NAME=URL or --subgraphs FILE")
        sign = make_signer(settings).sign_for_gateway
        limit = settings.server.start_limit_seconds
        composition = compose_sources(
            asyncio.run(
                fetch_missing(sources, sign, limit, progress, client_tls(settings.subgraphs))
            )
        )
    except SchemaError as error:
        if format is Format.JSON:
            fault = {"code": error.code, "message": error.message}
            print_json({"sdl": None, "diagnostics": [], "error": fault})
        raise schema_failure(error) from None
    shown = tuple(each for each in composition.diagnostics if _is_shown(each, hints))
    supergraph = composition.supergraph
    sdl = None
    if supergraph is not None:
        sdl = print_api_schema(supergraph) if api else print_supergraph(supergraph)
    if format is Format.JSON:
        print_json({"sdl": sdl, "diagnostics": list(map(diagnostic_to_json, shown))})
    else:
        print_diagnostics(shown)
        if sdl is not None and output is None:
            typer.echo(sdl)
    if sdl is None:
        raise typer.Exit(1)
    if output is not None:
        try:
            output.write_text(sdl, encoding="utf-8")
        except OSError as error:
            raise failure(f"{output}: cannot be written: {error.strerror}") from None
        progress(f"written to {output}")


def _is_shown(found: Diagnostic, least: Hints) -> bool:
    from federation.composition.hint_levels import HintLevel, hint_level  # noqa: PLC0415

    level = hint_level(found)
    if level is None or least is Hints.NONE:
        return level is None
    return level >= HintLevel[least.name]

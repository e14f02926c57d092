"""`datong schema`: the schema that clients see, whole or as one caller sees it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from federation.cli.access_question import (
    ConsentOption,
    PurposeOption,
    check_purpose_by,
    read_asker,
)
from federation.cli.option_groups import with_groups
from federation.cli.policy_options import (
    Format,
    FormatOption,
    ReleaseOptions,
    policy_failure,
    read_in_force,
)
from federation.cli.report import failure, print_json, progress, schema_failure, usage_fault

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from federation.access import Asker
    from federation.gateway.deciding import InForce
    from federation.gateway.settings import Config
    from federation.gateway.state import State

app = typer.Typer(help="The schema that clients see.", no_args_is_help=True)


@app.callback()
def _root() -> None:
    pass


@app.command("print")
@with_groups
def print_command(
    *,
    caller: Annotated[
        str | None,
        typer.Option(
            "--caller",
            metavar="NAME|FILE|JSON",
            help="Only what this caller can get: a caller of the demo, or claims of a token.",
        ),
    ] = None,
    purpose: PurposeOption = None,
    consent: ConsentOption = None,
    given: ReleaseOptions,
    format: FormatOption = Format.TEXT,  # noqa: A002
) -> None:
    """Print the schema as SDL, or as an introspection result (--format json)."""
    from graphql import introspection_from_schema, print_schema  # noqa: PLC0415

    from federation.errors import SchemaError, Unavailable  # noqa: PLC0415
    from federation.gateway.engines import PolicyFault  # noqa: PLC0415
    from federation.gateway.start import load_supergraph  # noqa: PLC0415
    from federation.gateway.state import build_state  # noqa: PLC0415

    if caller is None and (purpose is not None or consent):
        raise usage_fault("--purpose and --consent are a caller's: say whose by --caller")
    asked = None if caller is None else read_asker(caller, purpose, consent)
    settings = given.settings()
    try:
        state = build_state(load_supergraph(settings, progress))
        schema = state.schema
        if asked is not None:
            asker, facts = asked
            in_force = read_in_force(settings)
            check_purpose_by(in_force, purpose, facts)
            schema = asyncio.run(_view(settings, state, asker, in_force))
    except SchemaError as error:
        raise schema_failure(error) from None
    except PolicyFault as fault:
        raise policy_failure(fault) from None
    except Unavailable as error:
        raise failure(error) from None
    if format is Format.JSON:
        print_json(introspection_from_schema(schema))
    else:
        typer.echo(print_schema(schema))


async def _view(settings: Config, state: State, asker: Asker, in_force: InForce) -> GraphQLSchema:
    from federation.gateway.deciding import open_engine  # noqa: PLC0415
    from federation.gateway.own_schema import OwnSchemas  # noqa: PLC0415

    async with open_engine(settings.access, state.catalogue, in_force) as deciding:
        return await OwnSchemas(deciding.view, 1, 0).of(asker, state)

"""`datong plan`: which subgraphs an operation asks, for what, in which order."""

from __future__ import annotations

import typer

from federation.cli.operation_input import NameOption, OperationArgument, read_operation
from federation.cli.options import (
    ConfigOption,
    SubgraphOption,
    SubgraphsOption,
    SupergraphOption,
    read_settings,
)
from federation.cli.report import failure, progress, schema_failure


def plan_command(
    operation: OperationArgument,
    *,
    subgraph: SubgraphOption = None,
    subgraphs: SubgraphsOption = None,
    supergraph: SupergraphOption = None,
    config: ConfigOption = None,
    name: NameOption = None,
) -> None:
    """Print the plan of an operation, as it is before any policy."""
    settings = read_settings(config, subgraph, subgraphs, supergraph)
    text = read_operation(operation)
    from federation.errors import FederationError, SchemaError  # noqa: PLC0415
    from federation.gateway.limits import build_limits  # noqa: PLC0415
    from federation.gateway.start import load_supergraph  # noqa: PLC0415
    from federation.operation import parse_operation  # noqa: PLC0415
    from federation.planning import plan, print_plan  # noqa: PLC0415
    from federation.query_graph import build_query_graph  # noqa: PLC0415
    from federation.supergraph import build_api_schema  # noqa: PLC0415

    try:
        schema = load_supergraph(settings, progress)
        parsed = parse_operation(
            text, build_api_schema(schema), name, build_limits(settings.limits)
        )
        typer.echo(print_plan(plan(parsed.operation, build_query_graph(schema))))
    except SchemaError as error:
        raise schema_failure(error) from None
    except FederationError as error:
        raise failure(error) from None

"""`datong plan`: which subgraphs an operation asks, for what, in which order."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from federation.cli.operation_input import (
    LabelOption,
    NameOption,
    OperationArgument,
    graph_under,
    read_operation,
)
from federation.cli.option_groups import with_groups
from federation.cli.options import SchemaOptions
from federation.cli.report import failure, progress, schema_failure, usage_fault


class PlanFormat(StrEnum):
    """How a plan is printed."""

    TEXT = "text"
    TREE = "tree"
    JSON = "json"


@with_groups
def plan_command(
    operation: OperationArgument,
    *,
    given: SchemaOptions,
    name: NameOption = None,
    override_label: LabelOption = None,
    tree: Annotated[
        bool,
        typer.Option("--tree", help="Rounds, requests, costs, and why each value is read there."),
    ] = False,
    output: Annotated[
        PlanFormat,
        typer.Option("--format", help="text, tree, or json in the notation of Apollo's tools."),
    ] = PlanFormat.TEXT,
) -> None:
    """Print the plan of an operation, as it is before any policy."""
    if tree and output is PlanFormat.JSON:
        raise usage_fault("--tree and --format json are two forms; keep one")
    settings = given.settings()
    text = read_operation(operation)
    from federation.errors import FederationError, SchemaError  # noqa: PLC0415
    from federation.gateway.limits import build_limits  # noqa: PLC0415
    from federation.gateway.start import load_supergraph  # noqa: PLC0415
    from federation.operation import parse_operation  # noqa: PLC0415
    from federation.planning import (  # noqa: PLC0415
        explain_choices,
        plan,
        plan_to_json,
        print_plan,
        print_plan_tree,
    )
    from federation.query_graph import LabelledGraphs  # noqa: PLC0415
    from federation.supergraph import build_api_schema  # noqa: PLC0415

    try:
        schema = load_supergraph(settings, progress)
        graph = graph_under(override_label, LabelledGraphs(schema))
        limits = build_limits(settings.limits)
        api = build_api_schema(schema)
        parsed = parse_operation(text, api, name, limits, is_incremental=True).operation
        made = plan(parsed, graph)
        if output is PlanFormat.JSON:
            typer.echo(json.dumps(plan_to_json(made), ensure_ascii=False, indent=2))
        elif tree or output is PlanFormat.TREE:
            typer.echo(print_plan_tree(made, explain_choices(parsed, graph)))
        else:
            typer.echo(print_plan(made))
    except SchemaError as error:
        raise schema_failure(error) from None
    except FederationError as error:
        raise failure(error) from None

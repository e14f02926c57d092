"""`datong explain`: every intermediate value of both pipelines, as text."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from federation.cli.operation_input import (
    LabelOption,
    NameOption,
    VariablesOption,
    read_object,
    read_operation,
)
from federation.cli.option_groups import with_groups
from federation.cli.options import SchemaOptions
from federation.cli.report import failure, progress, schema_failure, usage_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from federation.cli.stages import Stages


class Stage(StrEnum):
    """The stages, in the order in which they run."""

    SUBGRAPHS = "subgraphs"
    COMPOSITION = "composition"
    SUPERGRAPH = "supergraph"
    API = "api"
    QUERY_GRAPH = "query-graph"
    QUERY_GRAPH_DOT = "query-graph-dot"
    OPERATION = "operation"
    QUESTION = "question"
    DECISION = "decision"
    RESTRICTION = "restriction"
    CANDIDATES = "candidates"
    CANDIDATES_DOT = "candidates-dot"
    PLAN = "plan"
    PLAN_DOT = "plan-dot"
    FETCHES = "fetches"
    RESPONSE = "response"


_OF_SUBGRAPHS = frozenset({Stage.SUBGRAPHS, Stage.COMPOSITION})
_WITHOUT_OPERATION = _OF_SUBGRAPHS | {
    Stage.SUPERGRAPH,
    Stage.API,
    Stage.QUERY_GRAPH,
    Stage.QUERY_GRAPH_DOT,
}
_BEFORE_ACCESS = _WITHOUT_OPERATION | {Stage.OPERATION}


@with_groups
def explain(
    operation: Annotated[
        Path | None, typer.Argument(metavar="OPERATION", help="File; - reads stdin.")
    ] = None,
    *,
    stage: Annotated[Stage, typer.Option(help="Whose result is printed.")] = Stage.PLAN,
    given: SchemaOptions,
    name: NameOption = None,
    variables: VariablesOption = None,
    override_label: LabelOption = None,
    caller: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE|JSON",
            help="A caller of the demo, or claims of a token; without, access is open.",
        ),
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="Purpose code.")] = None,
    consent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="JSON|@FILE",
            help="Verified facts of a consent: subject, fields, optionally id, purpose, expires;"
            " repeatable.",
        ),
    ] = None,
) -> None:
    """Print what one stage makes of a schema or an operation.

    Values of variables are needed for question, decision and response, and by every later stage
    for a caller: what a caller may read can depend on them. The status is 1 when the stage fails.
    """
    settings = given.settings()
    if operation is None and stage not in _WITHOUT_OPERATION:
        raise usage_fault(f"stage {stage.value} needs an OPERATION")
    text = read_operation(operation) if operation is not None else ""
    values = read_object(variables, "--variables")
    if caller is None and (purpose is not None or consent):
        raise usage_fault("--purpose and --consent are a caller's: say whose by --caller")
    from federation.cli.access_question import read_claims  # noqa: PLC0415
    from federation.cli.consent_input import read_consent  # noqa: PLC0415
    from federation.cli.stages import Question, Stages  # noqa: PLC0415
    from federation.errors import FederationError, SchemaError  # noqa: PLC0415

    claims = read_claims(caller) if caller is not None else None
    consents = tuple(read_consent(each, purpose) for each in consent or ())
    labels = tuple(override_label or ())
    stages = Stages(
        settings, Question(text, name, values, claims, purpose, consents, labels), progress
    )
    try:
        if stage in _OF_SUBGRAPHS and not stages.sources:
            raise usage_fault(f"stage {stage.value} needs --subgraph or --subgraphs")
        if stage not in _BEFORE_ACCESS:
            _check_purpose(stages, claims, purpose)
        typer.echo(_print(stages, stage))
    except SchemaError as error:
        raise schema_failure(error) from None
    except FederationError as error:
        raise failure(error) from None
    if stage is Stage.COMPOSITION and stages.composition.errors:
        raise typer.Exit(1)


def _check_purpose(stages: Stages, claims: Mapping[str, Any] | None, purpose: str | None) -> None:
    from federation.cli.access_question import check_purpose_by  # noqa: PLC0415
    from federation.gateway.identity import read_facts  # noqa: PLC0415

    if claims is not None and purpose is not None:
        check_purpose_by(stages.in_force, purpose, read_facts({"sub": "caller", **claims}))


def _print(stages: Stages, stage: Stage) -> str:
    made = {
        Stage.SUBGRAPHS: stages.print_subgraphs,
        Stage.COMPOSITION: stages.print_composition,
        Stage.SUPERGRAPH: stages.print_supergraph,
        Stage.API: stages.print_api,
        Stage.QUERY_GRAPH: stages.print_query_graph,
        Stage.QUERY_GRAPH_DOT: stages.print_query_graph_dot,
        Stage.OPERATION: stages.print_operation,
        Stage.QUESTION: stages.print_question,
        Stage.DECISION: stages.print_decision,
        Stage.RESTRICTION: stages.print_restriction,
        Stage.CANDIDATES: stages.print_candidates,
        Stage.CANDIDATES_DOT: stages.print_candidates_dot,
        Stage.PLAN: stages.print_plan,
        Stage.PLAN_DOT: stages.print_plan_dot,
        Stage.FETCHES: stages.print_fetches,
        Stage.RESPONSE: stages.print_response,
    }
    return made[stage]()

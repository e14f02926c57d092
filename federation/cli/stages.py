"""The stages of both pipelines run one by one, each result as its canonical text."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import msgspec
from graphql import parse, print_ast

from federation.access import (
    AccessIndex,
    AccessRequest,
    Asker,
    ConsentFact,
    Decision,
    Disclosure,
    Mode,
    Restriction,
    RowQuestion,
    ask,
    restrict,
    row_filters_json,
)
from federation.cli.graph_text import print_query_graph, print_query_graph_dot
from federation.cli.operation_input import graph_under
from federation.cli.policy_options import read_in_force
from federation.composition import Composition
from federation.errors import PlanningError
from federation.gateway.access_log import AccessLog
from federation.gateway.deciding import InForce, open_engine
from federation.gateway.identity import ANONYMOUS, read_caller
from federation.gateway.limits import build_limits
from federation.gateway.messages import Request, Response
from federation.gateway.row_rights import RowRights
from federation.gateway.running import start_gateway
from federation.gateway.settings import Config, Overrides
from federation.gateway.sources import (
    CompositionFailed,
    Progress,
    SubgraphSource,
    compose_sources,
    fetch_missing,
    list_sources,
)
from federation.gateway.start import load_supergraph, make_signer
from federation.gateway.state import State, build_state
from federation.gateway.transports.tls import client_tls
from federation.operation import Operation, ParsedOperation, coerce_variables, parse_operation
from federation.planning import (
    OperationPlan,
    explain_choices,
    plan,
    print_choices,
    print_choices_dot,
    print_plan,
    print_plan_dot,
)
from federation.query_graph import QueryGraph
from federation.subgraph import load_subgraph
from federation.supergraph import Supergraph, print_api_schema, print_supergraph


@dataclass(frozen=True, slots=True)
class Question:
    """An operation with everything that a request would bring along.

    Attributes:
        claims: Those of a caller's token, believed as they stand; None means open access.
        consents: Believed as they stand, too.
        labels: Of progressive overrides, switched on.
    """

    text: str
    name: str | None
    variables: Mapping[str, Any]
    claims: Mapping[str, Any] | None
    purpose: str | None
    consents: tuple[ConsentFact, ...] = ()
    labels: tuple[str, ...] = ()


class Stages:
    """Every stage's result, made when it is asked for."""

    def __init__(self, settings: Config, question: Question, progress: Progress) -> None:
        self._settings = settings
        self._question = question
        self._progress = progress

    @cached_property
    def sources(self) -> tuple[SubgraphSource, ...]:
        """The subgraphs with their SDL; none where a ready supergraph is given."""
        sign = make_signer(self._settings).sign_for_gateway
        limit = self._settings.server.start_limit_seconds
        sources = list_sources(self._settings.schema)
        return asyncio.run(
            fetch_missing(
                sources, sign, limit, self._progress, client_tls(self._settings.subgraphs)
            )
        )

    @cached_property
    def composition(self) -> Composition:
        """Of the subgraphs; for a ready supergraph there is none to be made."""
        return compose_sources(self.sources)

    @cached_property
    def supergraph(self) -> Supergraph:
        """Composed, or as given."""
        if not self.sources:
            return load_supergraph(self._settings, self._progress)
        if self.composition.supergraph is None:
            raise CompositionFailed(self.composition.diagnostics)
        return self.composition.supergraph

    @cached_property
    def state(self) -> State:
        """Everything derived from the supergraph."""
        return build_state(self.supergraph)

    @cached_property
    def graph(self) -> QueryGraph:
        """The query graph under the labels that are switched on."""
        return graph_under(list(self._question.labels), self.state.graphs)

    @cached_property
    def parsed(self) -> ParsedOperation:
        """The operation in normal form."""
        limits = build_limits(self._settings.limits)
        question = self._question
        return parse_operation(
            question.text, self.state.schema, question.name, limits, is_incremental=True
        )

    @cached_property
    def variables(self) -> dict[str, Any]:
        """Coerced values."""
        return coerce_variables(self.parsed.variables, self.state.schema, self._question.variables)

    @cached_property
    def asker(self) -> Asker:
        """Who is said to ask."""
        claims = self._question.claims
        caller = ANONYMOUS if claims is None else read_caller({"sub": "caller", **claims})
        return Asker(caller, self._question.purpose, self._question.consents, int(time.time()))

    @cached_property
    def access_request(self) -> AccessRequest:
        """The question to the policy engine."""
        return ask(self.parsed.operation, self.variables, self.asker, self.state.index)

    @cached_property
    def in_force(self) -> InForce:
        """Policies and grants, and what of these is revoked; read once for all that asks."""
        return read_in_force(self._engine_settings)

    @cached_property
    def decision(self) -> Decision:
        """The engine's answer."""
        # Made before: earlier stages have event loops of their own.
        return asyncio.run(self._decide(self.access_request, self.state, self.in_force))

    async def _decide(self, request: AccessRequest, state: State, in_force: InForce) -> Decision:
        access = self._engine_settings.access
        async with open_engine(access, state.catalogue, in_force) as deciding:
            rows = RowQuestion(request, state.index)
            return await RowRights().decide(deciding.engine, request, rows)

    @property
    def _engine_settings(self) -> Config:
        if self._question.claims is not None:
            return self._settings
        access = msgspec.structs.replace(self._settings.access, engine="open")
        return msgspec.structs.replace(self._settings, access=access)

    @cached_property
    def restriction(self) -> Restriction:
        """What remains of the operation, without rows that not even the gateway can test."""
        found = self._restricted(self.state.index)
        if found.operation.row_tests:
            try:
                plan(found.operation, self.graph)
            except PlanningError:
                return self._restricted(replace(self.state.index, tests_rows=False))
        return found

    def _restricted(self, index: AccessIndex) -> Restriction:
        access = self._settings.access
        return restrict(
            self.parsed.operation,
            self.variables,
            self.decision,
            index,
            Mode(access.mode),
            Disclosure(access.disclosure),
        )

    @cached_property
    def remaining(self) -> Operation:
        """What is planned: all of the operation where access is open.

        Open access restricts nothing, so that no values of variables are needed to know it.
        """
        if self._question.claims is None:
            return self.parsed.operation
        return self.restriction.operation

    @cached_property
    def plan(self) -> OperationPlan:
        """How what remains is fetched."""
        return plan(self.remaining, self.graph)

    def print_subgraphs(self) -> str:
        """One paragraph for each subgraph: where it is and what it defines."""
        lines = []
        for source in self.sources:
            loaded = load_subgraph(source.name, source.url, source.sdl or "", source.file)
            version = ".".join(map(str, loaded.version))
            lines.append(f"{loaded.name} (federation {version}) {loaded.url}")
            lines += [
                f"  {each.kind.name.lower()} {name}: {' '.join(each.fields)}".rstrip(": ")
                for name, each in loaded.types.items()
            ]
        return "\n".join(lines)

    def print_composition(self) -> str:
        """The findings, or that there are none."""
        return (
            "\n".join(
                f"{d.severity.value} {d.code} {', '.join(map(str, d.locations))}: {d.message}"
                for d in self.composition.diagnostics
            )
            or "no findings"
        )

    def print_supergraph(self) -> str:
        """Supergraph SDL."""
        return print_supergraph(self.supergraph)

    def print_api(self) -> str:
        """What clients see."""
        return print_api_schema(self.supergraph)

    def print_query_graph(self) -> str:
        """Nodes with their fields and with where their keys lead, one a line."""
        return print_query_graph(self.graph)

    def print_query_graph_dot(self) -> str:
        """The same for Graphviz."""
        return print_query_graph_dot(self.graph)

    def print_operation(self) -> str:
        """The normal form."""
        return print_ast(parse(str(self.parsed.operation)))

    def print_question(self) -> str:
        """The policy engine's input."""
        return _json(self.access_request.to_json())

    def print_decision(self) -> str:
        """Every verdict, one a line, then whose rows may be seen besides, and the row filters."""
        verdicts = sorted(self.decision.verdicts.items())
        effects = [
            f"{each.effect.value} {each.mask}" if each.mask else each.effect.value
            for _, each in verdicts
        ]
        width = max(map(len, effects), default=0)
        lines = [
            f"{effect:{width}}  {use:6} {coordinate}  {', '.join(verdict.reasons)} [{verdict.rule}]"
            for effect, ((coordinate, use), verdict) in zip(effects, verdicts, strict=True)
        ]
        lines += [
            f"rows of {name}: allow"
            if right.is_given
            else f"rows of {name}: deny, {right.coordinate} {', '.join(right.verdict.reasons)}"
            for name, right in sorted(self.decision.row_rights.items())
        ]
        filters = row_filters_json(
            {name: each for name, each in self.decision.row_filters.items() if each is not None}
        )
        return "\n".join((*lines, f"row filters {_json(filters)}"))

    def print_restriction(self) -> str:
        """What remains, what is masked, what was taken out."""
        lines = [print_ast(parse(str(self.remaining)))]
        if self._question.claims is None:
            return lines[0]
        made = self.restriction
        lines += [f"mask {'.'.join(place)}: {mask}" for place, mask in sorted(made.masks.items())]
        lines += [f"refused {'.'.join(r.path)}: {r.error.message}" for r in made.refusals]
        lines += [f"dropped rows of {name}: all" for name in sorted(made.unseen_rows)]
        return "\n".join(lines)

    def print_candidates(self) -> str:
        """Every way to read each value, its cost, and the one taken."""
        return print_choices(explain_choices(self.remaining, self.graph))

    def print_candidates_dot(self) -> str:
        """The same for Graphviz."""
        return print_choices_dot(explain_choices(self.remaining, self.graph))

    def print_plan_dot(self) -> str:
        """The plan's fetches for Graphviz."""
        return print_plan_dot(self.plan)

    def print_plan(self) -> str:
        """The plan."""
        return print_plan(self.plan)

    def print_fetches(self) -> str:
        """The operation texts as they are sent, by subgraph."""
        return "\n".join(f"{each.id} {each.subgraph}: {each.text}" for each in self.plan.fetches)

    def print_response(self) -> str:
        """The answer, fetched for real."""
        return asyncio.run(self._answer(self.supergraph))

    async def _answer(self, supergraph: Supergraph) -> str:
        async def identify(_: object) -> Asker:
            return self.asker

        question = self._question
        request = Request("explain", question.text, question.variables, question.name)
        graph_under(list(question.labels), self.state.graphs)
        shares = {label: 100.0 * (label in question.labels) for label in self.state.graphs.labels}
        config = msgspec.structs.replace(self._engine_settings, overrides=Overrides(shares))
        async with start_gateway(config, supergraph, AccessLog(), identify=identify) as running:
            response = await running.gateway.answer(request)
        assert isinstance(response, Response), "this client does not accept event streams"
        return _json(json.loads(response.body))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)

"""Compiled plans answer as interpreted ones do: equal bytes, errors and requests, always."""

import asyncio
import dataclasses
import json
import os
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from random import Random
from typing import Any

import msgspec
import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from msgspec.structs import replace

from federation.access import (
    Asker,
    Caller,
    Decision,
    Effect,
    Verdict,
    allow_all,
    ask,
    bind_masks,
    bind_row_tests,
    restrict,
)
from federation.access.row_filter import Comparison, RowCondition
from federation.audit import EVERYTHING, find_names, plan_with_names
from federation.audit.names import Found
from federation.audit.typed_names import NameFinder
from federation.composition import compose
from federation.errors import PlanningError, SubgraphUnreachable
from federation.execution import (
    ByteReply,
    ExecutionRequest,
    ExecutionResult,
    SubgraphReply,
    SubgraphRequest,
    TypedPlan,
    compile_typed,
    execute,
)
from federation.gateway.state import State, build_state
from federation.operation import Operation, parse_operation
from federation.planning import OperationPlan, plan
from federation.subgraph import load_subgraph
from tests.support.found_names import texts_of
from tests.support.operations import OperationWriter
from tests.support.plans import UNLIMITED
from tests.support.random_graph import RandomGraph, RandomSubgraphs

SCHEMAS = int(os.environ.get("DATONG_RANDOM_SCHEMAS", "5"))
FIRST_SEED = int(os.environ.get("DATONG_RANDOM_FIRST_SEED", "0"))
FOUND = (20036, 20481)
"""Seeds that showed faults: a type that was not told, and a key with less in it than was asked."""
REACHING = range(15)
"""Seeds known to run every form of code, so that none is left out unseen."""
DROPPING = {0, 1, 8, 9, 14}
"""Those of them whose code takes out rows."""
OPERATIONS = 8
RATES = (0.0, 0.01, 0.05)
"""Share of values that are spoiled."""
VARIABLES = {"yes": True, "no": False}
# What no schema expects, and what some scalars take although it looks like another.
WRONG: tuple[Any, ...] = (
    None, "x", 1, 1.0, 1.5, True, 2**31, 10**30, [], {}, [None], {"__typename": "E0"}, "RED",
    {"__typename": 1}, {"__typename": ["E0"]}, [[1]], {"id": [{}]},
)  # fmt: skip


class Repeatable:
    """Answers truly, or spoils answers in a way that depends on nothing but the request."""

    def __init__(self, graph: RandomGraph, seed: int, rate: float) -> None:
        self._subgraphs = RandomSubgraphs(graph)
        self._seed = seed
        self._rate = rate
        self.requests: list[str] = []

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        asked = json.dumps([subgraph, request.text, request.variables])
        self.requests.append(asked)
        random = Random(f"{self._seed} {asked}")
        # The subgraphs of the graph take no spoiled representations; those are answered anyhow.
        try:
            reply = await self._subgraphs.send(subgraph, request)
        except Exception:  # noqa: BLE001 - whatever they cannot answer
            return SubgraphReply(None, ({"message": "cannot answer"},))
        if not self._rate or random.random() < 0.3:
            return reply
        if random.random() < 0.1:
            raise random.choice([SubgraphUnreachable(subgraph, "gone", 502), TimeoutError()])
        errors = list(reply.errors)
        return SubgraphReply(self._spoil(reply.data, [], errors, random), tuple(errors))

    def post(
        self, subgraph: str, body: bytes, _headers: Mapping[str, str], **_how: bool
    ) -> asyncio.Future[ByteReply]:
        return asyncio.ensure_future(self._post(subgraph, msgspec.json.decode(body)))

    async def _post(self, subgraph: str, sent: dict[str, Any]) -> ByteReply:
        reply = await self.send(subgraph, SubgraphRequest(sent["query"], sent["variables"]))
        answer = {"data": reply.data, "errors": list(reply.errors)}
        return ByteReply(200, msgspec.json.encode(answer))

    def _spoil(self, value: Any, path: list[Any], errors: list[Any], random: Random) -> Any:
        if path and random.random() < self._rate:
            if random.random() < 0.5:
                errors.append({"message": "broken", "path": path})
            # Executions merge into what they are given.
            return deepcopy(random.choice(WRONG))
        if isinstance(value, dict):
            return {
                key: self._spoil(each, [*path, key], errors, random)
                for key, each in value.items()
                if random.random() > self._rate / 4
            }
        if isinstance(value, list):
            return [self._spoil(each, [*path, at], errors, random) for at, each in enumerate(value)]
        return value


class Walker(NameFinder):
    """Finds names without code."""

    def find(
        self, roots: Mapping[str, Any], attribute: Callable[[str], str], *, repeats: bool
    ) -> Found:
        return self.reading(attribute).walk(roots, repeats=repeats)


def _without_nulls(value: Any) -> Any:
    """A tree without nulls: whoever reads it takes null and nothing for the same."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _told(result: ExecutionResult, transport: Repeatable) -> str:
    """All of a result but how long it took, order of keys and types of numbers included."""
    reports = [
        (each.id, each.outcome.value, each.requests, each.representations, each.errors)
        for each in result.reports
    ]
    errors = [error.to_json() for error in result.errors]
    text = result.data_text
    data = result.data if text is None else msgspec.json.decode(text)
    counts = [result.masked, result.filtered]
    return json.dumps([data, errors, reports, sorted(transport.requests), counts])


def _names(found: Found) -> object:
    return texts_of(found), found.unnamed


def _row_filters(graph: RandomGraph, random: Random) -> dict[str, RowCondition]:
    """On each second type, by a field that mostly not all subgraphs with the type hold."""
    filters: dict[str, RowCondition] = {}
    for name, entity in graph.entities.items():
        columns = [each for each in entity.fields.values() if each.type in {"Int", "String!"}]
        if columns and random.random() < 0.5:
            column = random.choice(columns).name
            value = random.choice(graph.rows[name])[column]
            filters[name] = Comparison(column, random.choice(["ne", "eq"]), value)
    return filters


def _restricted(
    operation: Operation, state: State, graph: RandomGraph, random: Random
) -> tuple[OperationPlan, Operation, ExecutionRequest]:
    """The operation without a tenth of its fields, another tenth masked, and with row filters."""
    question = ask(operation, VARIABLES, Asker(Caller("li", "person"), None, (), 0), state.index)
    verdicts = {}
    for asked, allowed in allow_all(question).verdicts.items():
        verdicts[asked] = allowed
        chance = random.random()
        if chance < 0.1:
            verdicts[asked] = Verdict(Effect.DENY)
        elif chance < 0.2 and asked[1] == "select":
            verdicts[asked] = Verdict(Effect.MASK, mask=random.choice(["null", "initial", "hash"]))
    decision = Decision(verdicts, _row_filters(graph, random), "1")
    restriction = restrict(operation, VARIABLES, decision, state.index)
    try:
        planned = plan(restriction.operation, state.graphs.plain)
    except PlanningError:
        # A column cannot be fetched: fields that return such rows are refused.
        index = dataclasses.replace(state.index, tests_rows=False)
        restriction = restrict(operation, VARIABLES, decision, index)
        planned = plan(restriction.operation, state.graphs.plain)
    request = ExecutionRequest(
        variables=VARIABLES,
        masks=bind_masks(restriction.masks, b"key"),
        refusals=restriction.refusals,
        row_tests=bind_row_tests(restriction),
    )
    return planned, restriction.operation, request


def _open(
    operation: Operation, state: State, _graph: RandomGraph, _random: Random
) -> tuple[OperationPlan, Operation, ExecutionRequest]:
    """All of the operation."""
    return plan(operation, state.graphs.plain), operation, ExecutionRequest(variables=VARIABLES)


def _codes(
    plan: OperationPlan, request: ExecutionRequest, schema: GraphQLSchema
) -> tuple[TypedPlan | None, TypedPlan | None]:
    """Code that shares nothing, and code that shares whatever can be shared."""
    typed = compile_typed(plan, request, schema)
    if typed is None:
        return None, None
    return typed, compile_typed(plan, request, schema, typed.sharing.candidates)


@pytest.mark.parametrize("seed", [*FOUND, *range(FIRST_SEED, FIRST_SEED + SCHEMAS)])
async def test_compiled_plan_answers_as_the_interpreted_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As among many objects.
    monkeypatch.setattr("federation.audit.typed_names._FEW", 1)
    random_graph = RandomGraph(seed)
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl) for name, sdl in random_graph.subgraphs.items()
    )
    assert composition.supergraph is not None
    state = build_state(composition.supergraph)
    schema, graph = state.schema, state.graphs.graph(frozenset())
    monolith = build_schema(random_graph.monolith)
    typed_plans = typed_answers = observed = coded = dropped = 0

    for number in range(OPERATIONS):
        text = OperationWriter(monolith, Random(seed * 1_000 + number)).query()
        if number % 2:
            # Only typed plans have conditions.
            text = re.sub(r"@\w+\(if: \$\w+\)|(?<=query Random)\(.*?\)", "", text)
        if validate(monolith, parse(text)):
            continue
        operation = parse_operation(text, schema, None, UNLIMITED).operation
        prepare = _restricted if number % 4 > 1 else _open
        planned, operation, request = prepare(operation, state, random_graph, Random(number))
        request = replace(request, keeps_tree=number % 2 == 0)
        typed, sharing = _codes(planned, request, schema)
        typed_plans += typed is not None

        for rate in RATES:
            told, trees = [], []
            for chosen in (None, typed, sharing):
                transport = Repeatable(random_graph, number, rate)
                result = await execute(planned, request, transport, schema, chosen)
                told.append(_told(result, transport))
                trees.append(_without_nulls(result.tree))
                typed_answers += result.text is not None
                dropped += result.text is not None and result.filtered > 0

            assert told[0] == told[1] == told[2], (text, rate)
            assert trees[0] == trees[1] == trees[2] or not request.keeps_tree, (text, rate)

        named = plan_with_names(operation, graph, state.identities)
        finder = NameFinder(named.names) if number % 3 else Walker(named.names)
        observing = replace(request, keeps_tree=True, observe=finder.find)
        typed = _codes(named.plan, observing, schema)[number % 8 > 0]
        transport = Repeatable(random_graph, number, 0)
        plain = await execute(named.plan, observing, transport, schema)
        result = await execute(named.plan, observing, transport, schema, typed)
        if result.observed is not None:
            coded += typed is not None and finder.reading(typed.attribute).code is not None
            observed += 1
            shown = plain.data if plain.errors or named.is_conditional else EVERYTHING
            found = find_names(plain.tree, shown, named.names)
            assert _names(result.observed) == _names(found), text

    assert typed_answers >= typed_plans
    if seed in REACHING:
        assert typed_plans
        assert observed
        assert coded or seed
        assert dropped or seed not in DROPPING

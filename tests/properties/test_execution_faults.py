"""Whatever subgraphs do wrong, a response holds the truth or null, and tells what is amiss."""

import os
from random import Random
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from federation.composition import compose
from federation.errors import SubgraphUnreachable
from federation.execution import (
    ExecutionRequest,
    Payload,
    SubgraphReply,
    SubgraphRequest,
    execute,
    execute_incrementally,
)
from federation.gateway.incremental.formats import current
from federation.operation import parse_operation
from federation.planning import plan
from federation.query_graph import build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from tests.support.incremental import merged
from tests.support.operations import (
    DIRECTIVES,
    DeferringWriter,
    OperationWriter,
    without_deferrals,
)
from tests.support.plans import UNLIMITED
from tests.support.random_graph import RandomGraph, RandomSubgraphs

SCHEMAS = int(os.environ.get("DATONG_RANDOM_SCHEMAS", "12"))
FIRST_SEED = int(os.environ.get("DATONG_RANDOM_FIRST_SEED", "0"))
OPERATIONS = 5
VARIABLES = {"yes": True, "no": False}


class Faulty:
    """Passes requests on and spoils some of the answers."""

    def __init__(self, graph: RandomGraph, random: Random) -> None:
        self._subgraphs = RandomSubgraphs(graph)
        self._random = random
        # A wrong key, or a wrong input of a computed field, is the other subgraph's to notice.
        self._inputs = {"id", "code", "at", "place"} | {
            name
            for entity in graph.entities.values()
            for spec in entity.fields.values()
            for name in spec.requires
        }

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        reply = await self._subgraphs.send(subgraph, request)
        match self._random.randrange(16):
            case 0:
                raise SubgraphUnreachable(subgraph, "gone", 502)
            case 1:
                raise TimeoutError
            case 2:
                return SubgraphReply(None, ({"message": "all is lost"},))
            case 3:
                return SubgraphReply(self._random.choice([None, [], "x", 1]))
            case 4:
                return SubgraphReply({key: {} for key in reply.data}, reply.errors)
            case 5 | 6 | 7:
                return reply
        errors = list(reply.errors)
        return SubgraphReply(self._spoil(reply.data, [], errors), tuple(errors))

    def _spoil(self, value: Any, path: list[Any], errors: list[Any]) -> Any:
        if path and self._random.random() < 0.04:
            errors.append({"message": "broken", "path": path})
            return None
        if value is None:
            return None
        if path and self._random.random() < 0.02 and not self._is_input(path):
            return {"?": 1} if not isinstance(value, dict) else [value]
        if isinstance(value, dict):
            return {key: self._spoil(each, [*path, key], errors) for key, each in value.items()}
        if isinstance(value, list):
            return [self._spoil(each, [*path, at], errors) for at, each in enumerate(value)]
        return value

    def _is_input(self, path: list[Any]) -> bool:
        return any(str(step).endswith(name) for step in path for name in self._inputs)


def _untrue(actual: Any, expected: Any, path: str = "", *, may_lack: bool = False) -> list[str]:
    """Where the one is neither the other nor null; keys and last items may be lacking."""
    if actual is None:
        return []
    if isinstance(actual, dict) and _fits(actual.keys(), set(expected or ()), may_lack=may_lack):
        return [
            where
            for key, value in actual.items()
            for where in _untrue(value, expected[key], f"{path}.{key}", may_lack=may_lack)
        ]
    if isinstance(actual, list) and _fits(len(actual), len(expected or ()), may_lack=may_lack):
        return [
            where
            for at, value in enumerate(actual)
            for where in _untrue(value, expected[at], f"{path}.{at}", may_lack=may_lack)
        ]
    if type(actual) is type(expected) and actual == expected:
        return []
    return [f"{path}: {actual!r} is not {expected!r}"]


def _fits(actual: Any, expected: Any, *, may_lack: bool) -> bool:
    return bool(actual <= expected if may_lack else actual == expected)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS))
async def test_faults_leave_the_truth_or_null_and_an_error(seed: int) -> None:
    random_graph = RandomGraph(seed)
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl) for name, sdl in random_graph.subgraphs.items()
    )
    assert composition.supergraph is not None
    schema = build_api_schema(composition.supergraph)
    graph = build_query_graph(composition.supergraph)
    monolith = build_schema(random_graph.monolith)

    for number in range(OPERATIONS):
        random = Random(seed * 1_000 + number)
        text = OperationWriter(monolith, random).query()
        if validate(monolith, parse(text)):
            continue
        operation = parse_operation(text, schema, None, UNLIMITED).operation
        truth = random_graph.answer(text, VARIABLES)["data"]

        result = await execute(
            plan(operation, graph),
            ExecutionRequest(variables=VARIABLES),
            Faulty(random_graph, random),
            schema,
        )

        assert _untrue(result.data, truth) == [], text
        assert result.errors or result.data == truth, text


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS // 2))
async def test_faults_leave_the_truth_or_less_in_every_part(seed: int) -> None:
    random_graph = RandomGraph(seed)
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl) for name, sdl in random_graph.subgraphs.items()
    )
    assert composition.supergraph is not None
    schema = build_api_schema(composition.supergraph)
    graph = build_query_graph(composition.supergraph)
    monolith = build_schema(random_graph.monolith + DIRECTIVES)

    for number in range(OPERATIONS):
        random = Random(seed * 1_000 + number)
        text = DeferringWriter(monolith, random).query()
        if validate(monolith, parse(text)):
            continue
        operation = parse_operation(text, schema, None, UNLIMITED, is_incremental=True).operation
        truth = random_graph.answer(without_deferrals(text), VARIABLES)["data"]
        payloads: list[Payload] = []

        async def release(payload: Payload, into: list[Payload] = payloads) -> None:
            into.append(payload)

        faulty = Faulty(random_graph, random)
        request = ExecutionRequest(variables=VARIABLES)
        await execute_incrementally(plan(operation, graph), request, faulty, schema, release)

        data = merged([current(payload) for payload in payloads])
        assert _untrue(data, truth, may_lack=True) == [], text
        ends = [each for payload in payloads for each in payload.completed]
        assert all(bool(each.errors) == each.is_failure for each in ends), text
        errors = [error for payload in payloads for error in payload.all_errors()]
        assert errors or data == truth, text

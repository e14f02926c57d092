"""Compiled plans answer as interpreted ones do: equal bytes, errors and requests, always."""

import json
import os
import re
from random import Random
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from federation.composition import compose
from federation.errors import SubgraphUnreachable
from federation.execution import (
    ExecutionRequest,
    ExecutionResult,
    SubgraphReply,
    SubgraphRequest,
    compile_plan,
    execute,
)
from federation.operation import parse_operation
from federation.planning import plan
from federation.query_graph import build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from tests.support.operations import OperationWriter
from tests.support.plans import UNLIMITED
from tests.support.random_graph import RandomGraph, RandomSubgraphs

SCHEMAS = int(os.environ.get("DATONG_RANDOM_SCHEMAS", "15"))
FIRST_SEED = int(os.environ.get("DATONG_RANDOM_FIRST_SEED", "0"))
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

    def _spoil(self, value: Any, path: list[Any], errors: list[Any], random: Random) -> Any:
        if path and random.random() < self._rate:
            if random.random() < 0.5:
                errors.append({"message": "broken", "path": path})
            return random.choice(WRONG)
        if isinstance(value, dict):
            return {
                key: self._spoil(each, [*path, key], errors, random)
                for key, each in value.items()
                if random.random() > self._rate / 4
            }
        if isinstance(value, list):
            return [self._spoil(each, [*path, at], errors, random) for at, each in enumerate(value)]
        return value


def _told(result: ExecutionResult, transport: Repeatable) -> str:
    """All of a result but how long it took, order of keys and types of numbers included."""
    reports = [
        (each.id, each.outcome.value, each.requests, each.representations, each.errors)
        for each in result.reports
    ]
    errors = [error.to_json() for error in result.errors]
    return json.dumps([result.data, errors, reports, sorted(transport.requests)])


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS))
async def test_compiled_plan_answers_as_the_interpreted_one(seed: int) -> None:
    random_graph = RandomGraph(seed)
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl) for name, sdl in random_graph.subgraphs.items()
    )
    assert composition.supergraph is not None
    schema = build_api_schema(composition.supergraph)
    graph = build_query_graph(composition.supergraph)
    monolith = build_schema(random_graph.monolith)
    compiled_plans = 0

    for number in range(OPERATIONS):
        text = OperationWriter(monolith, Random(seed * 1_000 + number)).query()
        # Plans with conditions are not compiled.
        text = re.sub(r"@\w+\(if: \$\w+\)|(?<=query Random)\(.*?\)", "", text)
        if validate(monolith, parse(text)):
            continue
        operation = parse_operation(text, schema, None, UNLIMITED).operation
        planned = plan(operation, graph)
        code = compile_plan(planned, schema)
        compiled_plans += code is not None
        request = ExecutionRequest(variables=VARIABLES)

        for rate in RATES:
            told = []
            for chosen in (None, code):
                transport = Repeatable(random_graph, number, rate)
                result = await execute(planned, request, transport, schema, chosen)
                told.append(_told(result, transport))

            assert told[0] == told[1], (text, rate)

    assert compiled_plans

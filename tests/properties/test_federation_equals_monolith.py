"""Federation equals the monolith: random schemas split at random, random operations over them."""

import json
import os
from random import Random

import pytest
from graphql import build_schema, parse, validate

from federation.composition import compose
from federation.execution import ExecutionRequest, execute
from federation.operation import Limits, parse_operation
from federation.planning import plan
from federation.query_graph import build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from tests.support.operations import OperationWriter
from tests.support.random_graph import RandomGraph, RandomSubgraphs

SCHEMAS = int(os.environ.get("DATONG_RANDOM_SCHEMAS", "20"))
FIRST_SEED = int(os.environ.get("DATONG_RANDOM_FIRST_SEED", "0"))
FOUND = (5852,)
"""Seeds that once showed a fault: calls of one entity with inputs under different conditions."""
OPERATIONS = 5
WIDE = Limits(max_root_fields=1_000, max_aliases=1_000, max_fields=100_000, max_tokens=100_000)
VARIABLES = {"yes": True, "no": False}


@pytest.mark.parametrize("seed", [*FOUND, *range(FIRST_SEED, FIRST_SEED + SCHEMAS)])
async def test_random_federation_answers_like_its_monolith(seed: int) -> None:
    random_graph = RandomGraph(seed)
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl) for name, sdl in random_graph.subgraphs.items()
    )
    assert composition.supergraph is not None, composition.errors
    schema = build_api_schema(composition.supergraph)
    graph = build_query_graph(composition.supergraph)
    monolith = build_schema(random_graph.monolith)
    subgraphs = RandomSubgraphs(random_graph)

    for number in range(OPERATIONS):
        text = OperationWriter(monolith, Random(seed * 1_000 + number)).query()
        if validate(monolith, parse(text)):
            continue
        operation = parse_operation(text, schema, None, WIDE).operation
        operation_plan = plan(operation, graph)
        assert operation_plan == plan(operation, graph), text
        for fetch in operation_plan.fetches:
            for sent in (fetch.text, *fetch.parts):
                assert not validate(subgraphs.schemas[fetch.subgraph], parse(sent)), sent

        used = {each.name: VARIABLES[each.name] for each in operation.variables}
        result = await execute(operation_plan, ExecutionRequest(variables=used), subgraphs, schema)

        assert not result.errors, text
        # As text, since the order of keys is part of the response.
        expected = random_graph.answer(text, VARIABLES)["data"]
        assert json.dumps(result.data) == json.dumps(expected), text

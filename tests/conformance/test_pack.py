"""The shared conformance pack, in process, over real HTTP subgraphs, strictly judged."""

import importlib
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from federation.composition import compose
from federation.errors import InvalidOperation
from federation.execution import ExecutionRequest, execute
from federation.gateway.transports.http import HttpTransport
from federation.operation import Limits, coerce_variables, parse_operation
from federation.planning import plan
from federation.query_graph import QueryGraph, build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema, print_supergraph, read_supergraph

PACK = Path(__file__).parents[2].parent / "shared" / "conformance"
if not PACK.is_dir():
    pytest.skip("no shared/conformance beside the checkout", allow_module_level=True)
sys.path.insert(0, str(PACK))
# The pack's modules are scripts beside each other: found by name, and without types.
run: Any = importlib.import_module("run")

SUITES = run.load_suites()
MODES = ("as written", "service sdl", "punish", "read back")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address under which all subgraphs of all suites answer."""
    with run.serving(SUITES) as url:
        yield url


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", list(run.cases(SUITES)), ids=lambda case: case.id)
async def test_answers_as_the_pack_expects(case: Any, mode: str, base: str) -> None:
    suite = SUITES[case.suite]
    suite.reset()
    suite.punish = mode == "punish"
    schema, graph = _composed(suite.id, mode)
    urls = {each["name"]: each["url"] for each in run.subgraphs_of(suite, base)}

    async with HttpTransport(urls) as transport:
        answer = await _answer(case.query, schema, graph, transport)

    assert not run.verdict(case.expected, answer, strict=True)


@cache
def _composed(suite_id: str, mode: str) -> tuple[GraphQLSchema, QueryGraph]:
    documents = run.subgraphs_of(SUITES[suite_id], "http://pack", mode == "service sdl")
    composition = compose(
        load_subgraph(each["name"], each["url"], each["sdl"]) for each in documents
    )
    supergraph = composition.supergraph
    assert supergraph is not None, composition.errors
    if mode == "read back":
        supergraph = read_supergraph(print_supergraph(supergraph))
    return build_api_schema(supergraph), build_query_graph(supergraph)


async def _answer(
    query: str, schema: GraphQLSchema, graph: QueryGraph, transport: HttpTransport
) -> dict[str, Any]:
    try:
        parsed = parse_operation(query, schema, None, Limits())
    except InvalidOperation as refused:
        return {"errors": [{"message": str(refused)}]}
    request = ExecutionRequest(variables=coerce_variables(parsed.variables, schema, {}))
    result = await execute(plan(parsed.operation, graph), request, transport, schema)
    return {"data": result.data, "errors": [error.to_json() for error in result.errors]}

"""Supergraphs that @apollo/composition and @theguild/federation-composition made, read by us."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from graphql import lexicographic_sort_schema, print_schema

from federation.errors import InvalidOperation
from federation.execution import ExecutionRequest, execute
from federation.gateway.transports.http import HttpTransport
from federation.operation import Limits, coerce_variables, parse_operation
from federation.planning import plan
from federation.query_graph import build_query_graph
from federation.supergraph import build_api_schema, read_supergraph
from federation.supergraph.model import Supergraph
from tests.peers.pack import SUITES, TESTS, composed, documents, run
from tests.peers.peers import COMPOSERS, Composer, Document, Peers
from tests.support.cases import Case, composing_cases

pytestmark = pytest.mark.timeout(300)

_NARROWED = "a field that is a union here and one of its members there gets the narrower type"
OTHER_API: dict[tuple[Composer, str], str] = {
    ("guild", "union-intersection"): _NARROWED,
    ("guild", "descriptions/most_frequent"): "takes the first description, not the most frequent",
    ("guild", "directives/executable"): "keeps executable directives that only one subgraph has",
    ("guild", "inputs/intersected"): "keeps an argument's default that only one subgraph has",
}
"""API schemas that differ, with the reason: what the other composer does."""

OTHER_ANSWERS: dict[tuple[Composer, str], str] = {
    ("guild", "union-intersection-3"): _NARROWED,
    ("guild", "union-intersection-7"): _NARROWED,
    ("guild", "union-intersection-10"): _NARROWED,
}
"""Tests of the pack whose query is not valid in the other composer's API schema."""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address under which all subgraphs of all suites answer."""
    with run.serving(SUITES) as url:
        yield url


@pytest.mark.parametrize("by", COMPOSERS)
@pytest.mark.parametrize("suite_id", SUITES)
def test_the_api_schema_of_a_suite_is_ours(suite_id: str, by: Composer, peers: Peers) -> None:
    theirs = _supergraph(suite_id, "http://pack", by, peers)

    is_ours = _api_text(theirs) == _api_text(composed(documents(suite_id)))

    assert is_ours is ((by, suite_id) not in OTHER_API)


@pytest.mark.parametrize("by", COMPOSERS)
@pytest.mark.parametrize("case", composing_cases(), ids=lambda case: case.id)
def test_the_api_schema_of_a_case_is_ours(case: Case, by: Composer, peers: Peers) -> None:
    subgraphs: list[Document] = [
        {"name": each.name, "url": each.url, "sdl": each.sdl} for each in case.subgraphs()
    ]
    theirs = peers.compose(subgraphs, by).supergraph
    if theirs is None:
        pytest.skip("does not compose there: see test_second_opinion")

    is_ours = _api_text(read_supergraph(theirs)) == _api_text(composed(subgraphs))

    assert is_ours is ((by, case.id) not in OTHER_API)


@pytest.mark.parametrize("by", COMPOSERS)
@pytest.mark.parametrize("case", TESTS, ids=lambda case: case.id)
async def test_the_pack_is_answered_from_it(
    case: Any, by: Composer, base: str, peers: Peers
) -> None:
    suite = SUITES[case.suite]
    suite.reset()
    supergraph = _supergraph(suite.id, base, by, peers)
    urls = {each["name"]: each["url"] for each in documents(suite.id, base)}

    async with HttpTransport(urls) as transport:
        answer = await _answer(case.query, supergraph, transport)

    is_passed = not run.verdict(case.expected, answer, strict=True)
    assert is_passed is ((by, case.id) not in OTHER_ANSWERS), answer


@cache
def _supergraph(suite_id: str, base: str, by: Composer, peers: Peers) -> Supergraph:
    text = peers.compose(documents(suite_id, base), by).supergraph
    assert text is not None, "every suite composes"
    return read_supergraph(text)


def _api_text(supergraph: Supergraph) -> str:
    return print_schema(lexicographic_sort_schema(build_api_schema(supergraph)))


async def _answer(query: str, supergraph: Supergraph, transport: HttpTransport) -> dict[str, Any]:
    schema = build_api_schema(supergraph)
    try:
        parsed = parse_operation(query, schema, None, Limits())
    except InvalidOperation as refused:
        return {"errors": [{"message": str(refused)}]}
    request = ExecutionRequest(variables=coerce_variables(parsed.variables, schema, {}))
    made = plan(parsed.operation, build_query_graph(supergraph))
    result = await execute(made, request, transport, schema)
    return {"data": result.data, "errors": [error.to_json() for error in result.errors]}

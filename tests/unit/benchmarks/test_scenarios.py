"""The benchmarks' graphs: they compose, and their subgraphs answer."""

import json

import pytest

from benchmarks.gateways.load import Request, fault_of
from benchmarks.gateways.scenarios import (
    PUBLIC,
    PUBLIC_QUERY,
    REGISTERS,
    Scenario,
    composed,
    governed,
)
from benchmarks.gateways.subgraphs import Answers, Counts
from federation.operation import Limits, parse_operation
from federation.planning import plan
from federation.query_graph import build_query_graph
from federation.supergraph import build_api_schema


@pytest.mark.parametrize("scenario", [PUBLIC, REGISTERS, governed()], ids=lambda each: each.name)
def test_a_scenario_composes(scenario: Scenario) -> None:
    supergraph = composed(scenario)

    assert {graph.name for graph in supergraph.graphs} == set(scenario.sdl)


def test_the_public_query_has_the_plan_that_its_table_speaks_of() -> None:
    supergraph = composed(PUBLIC)
    schema = build_api_schema(supergraph)
    operation = parse_operation(PUBLIC_QUERY, schema, None, Limits()).operation

    assert len(plan(operation, build_query_graph(supergraph)).fetches) == 6


@pytest.mark.parametrize(
    ("path", "query", "variables", "data"),
    [
        (
            "inventory",
            "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product"
            " { inStock shippingEstimate } } }",
            {"r": [{"__typename": "Product", "upc": "1", "price": 899, "weight": 100}]},
            {"_entities": [{"inStock": True, "shippingEstimate": 50}]},
        ),
        (
            "reviews",
            "query ($r: [_Any!]!) { _entities(representations: $r) { ... on User"
            " { reviews { id product { upc } author { username } } } } }",
            {"r": [{"__typename": "User", "id": "3"}]},
            {
                "_entities": [
                    {
                        "reviews": [
                            {"id": at, "product": {"upc": "1"}, "author": {"username": "adali"}}
                            for at in "12"
                        ]
                    }
                ]
            },
        ),
        (
            "places",
            "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Home { street } } }",
            {"r": [{"__typename": "Home", "code": "h7"}]},
            {"_entities": [{"street": "Street h7"}]},
        ),
        (
            "people",
            'mutation { rename(id: "4", name: "x") { id name } }',
            None,
            {"rename": {"id": "4", "name": "x"}},
        ),
    ],
)
def test_a_subgraph_answers(path: str, query: str, variables: object, data: object) -> None:
    answers = Answers((PUBLIC, REGISTERS))
    body = json.dumps({"query": query, "variables": variables}).encode()

    response = answers.answer(f"/{path}".encode(), body)

    assert json.loads(response.partition(b"\r\n\r\n")[2]) == {"data": data}
    assert answers.counts.told()["requests"] == 1


def test_a_request_that_comes_after_an_answer_is_of_a_later_round() -> None:
    counts = Counts()

    first, beside = counts.round(), counts.round()
    counts.answered(first)
    after = counts.round()
    counts.answered(beside)
    counts.answered(after)

    assert (first, beside, after, counts.told()["rounds"]) == (1, 1, 2, 2)


def test_no_two_requests_of_new_texts_are_alike() -> None:
    request = Request(lambda at: f"{{ n{at}: name }}")

    assert request.sent(1) != request.sent(2)


@pytest.mark.parametrize(
    ("status", "body", "is_right"),
    [
        (200, b'{"data": {"x": 1}}', True),
        (200, b'{"data": {"x": 1}, "errors": []}', False),
        (200, b'{"errors": [], "data": {}}', False),
        (500, b'{"data": {"x": 1}}', False),
        (200, b"", False),
    ],
)
def test_an_answer_with_errors_does_not_count(status: int, body: bytes, *, is_right: bool) -> None:
    assert (fault_of(status, body) == "") == is_right

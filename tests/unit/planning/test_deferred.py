"""What is deferred is fetched apart, and never twice."""

import pytest

from federation.operation import parse_operation
from federation.planning import OperationPlan, plan, plan_to_json, print_plan
from federation.query_graph import build_query_graph
from federation.supergraph import build_api_schema
from tests.support.planned import WIDE, composed

CITY = composed(
    {
        "people": """
            type Query { me: Person  you: Person  all: [Person!]!  town: String  slow: String }
            type Person @key(fields: "id") { id: ID!  name: String  home: Home }
            type Home @key(fields: "code") { code: ID! }
        """,
        "tax": """
            type Person @key(fields: "id") { id: ID!  income: Int  rate: String }
            type Home @key(fields: "code") { code: ID!  duty: Int }
        """,
    }
)
SCHEMA, GRAPH = build_api_schema(CITY), build_query_graph(CITY)


def deferring(text: str) -> OperationPlan:
    parsed = parse_operation(text, SCHEMA, None, WIDE, is_incremental=True)
    return plan(parsed.operation, GRAPH)


def told(made: OperationPlan) -> list[tuple[str, list[list[int]]]]:
    """Each fetch's subgraph and the numbers of the deferrals that it is for."""
    return [
        (each.subgraph, [[one.deferral.number for one in way] for way in each.deferrals])
        for each in made.fetches
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Only the deferred part needs the second request.
        ("{ me { name ... @defer { income } } }", [("people", []), ("tax", [[1]])]),
        # One entity, one subgraph, two requests: the first must not wait for the second.
        (
            "{ me { rate ... @defer { income } } }",
            [("people", []), ("tax", []), ("tax", [[1]])],
        ),
        # Of an entity also where the same subgraph is asked for both.
        ("{ me { name ... @defer { home { code } } } }", [("people", []), ("people", [[1]])]),
        # What is there already is not asked again.
        ("{ me { name ... @defer { id name } } }", [("people", [])]),
        ("{ me { name home { code } ... @defer { home { code } } } }", [("people", [])]),
        ("{ me { income ... @defer { income } } }", [("people", []), ("tax", [])]),
        ("{ me { name } ... @defer { me { name home { code } } } }", [("people", [])]),
        # Root fields are told apart.
        ("{ town ... @defer { slow } }", [("people", []), ("people", [[1]])]),
        # Within one another, and side by side.
        (
            "{ me { ... @defer { income ... @defer { home { duty } } } } }",
            [("people", []), ("people", [[1, 2]]), ("tax", [[1]]), ("tax", [[1, 2]])],
        ),
        (
            "{ town ... @defer { you { name } } ... @defer { you { home { code } } } }",
            [("people", []), ("people", [[1], [2]])],
        ),
        # Items that come later are a part of their own.
        ("{ all @stream(initialCount: 1) { name income } }", [("people", []), ("tax", [[1]])]),
        ("{ all @stream(if: false) { income } }", [("people", []), ("tax", [])]),
    ],
)
def test_requests_are_for_the_parts_that_need_them(
    text: str, expected: list[tuple[str, list[list[int]]]]
) -> None:
    assert told(deferring(text)) == expected


def test_without_deferral_the_plan_is_that_of_the_plain_operation() -> None:
    text = "{ me { rate ... @defer { income } } all @stream { income } }"
    plain = "{ me { rate income } all { income } }"

    made = plan(parse_operation(text, SCHEMA, None, WIDE).operation, GRAPH)

    assert made == plan(parse_operation(plain, SCHEMA, None, WIDE).operation, GRAPH)


def test_the_plan_is_printed_with_what_each_part_waits_for() -> None:
    made = deferring('{ me { name ... @defer(label: "tax", if: true) { income } } }')

    assert [line.strip() for line in print_plan(made).splitlines()] == [
        "QueryPlan {",
        "Defer {",
        "Primary {",
        'Fetch(service: "people", id: 0) {',
        "me {",
        "name",
        "id",
        "}",
        "}",
        "}, [",
        'Deferred(depends: [0], path: "me", label: "tax") {',
        'Flatten(path: "me") {',
        'Fetch(service: "tax") {',
        "{",
        '__typename: "Person"',
        "id",
        "} =>",
        "{",
        "... on Person {",
        "income",
        "}",
        "}",
        "}",
        "}",
        "},",
        "]",
        "}",
        "}",
    ]


def test_the_plan_as_json_has_a_defer_node() -> None:
    made = deferring('{ me { name ... @defer(label: "tax") { income } } }')

    node = plan_to_json(made)["node"]

    assert node["kind"] == "Defer"
    assert node["primary"]["node"]["serviceName"] == "people"
    [deferred] = node["deferred"]
    assert (deferred["depends"], deferred["queryPath"], deferred["label"]) == (
        [{"id": "0"}],
        ["me"],
        "tax",
    )
    assert deferred["node"]["node"]["serviceName"] == "tax"

"""What explains a plan says how each value could be read and which way was taken."""

from federation.composition import SubgraphDocument, compose_documents
from federation.operation import Limits, Operation, parse_operation
from federation.planning import (
    Candidate,
    Choice,
    Fetch,
    OperationPlan,
    explain_choices,
    plan,
    print_choices,
    print_choices_dot,
    print_plan_dot,
    print_plan_tree,
)
from federation.query_graph import QueryGraph, build_query_graph
from federation.supergraph import build_api_schema

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
    ' import: ["@key", "@shareable"])\n'
)
PEOPLE = 'type Query { people: [Person] @shareable } type Person @key(fields: "id") { id: ID! }'
TAX = (
    "type Query { people: [Person] @shareable }"
    ' type Person @key(fields: "id") { id: ID! income: Int }'
)


def _planned(text: str) -> tuple[Operation, QueryGraph]:
    documents = [
        SubgraphDocument(name, f"http://{name}.example", LINK + sdl)
        for name, sdl in (("people", PEOPLE), ("tax", TAX))
    ]
    supergraph = compose_documents(documents).supergraph
    assert supergraph is not None
    operation = parse_operation(text, build_api_schema(supergraph), None, Limits()).operation
    return operation, build_query_graph(supergraph)


def test_every_value_has_exactly_one_way_taken() -> None:
    choices = explain_choices(*_planned("{ people { id income } }"))

    assert [choice.path for choice in choices] == [("people", "@", "id"), ("people", "@", "income")]
    assert all(sum(each.is_chosen for each in choice.candidates) == 1 for choice in choices)


def test_way_shared_with_another_value_is_taken_although_its_name_sorts_later() -> None:
    choices = explain_choices(*_planned("{ people { id income } }"))

    taken = [each.way for choice in choices for each in choice.candidates if each.is_chosen]
    assert taken == ["tax", "tax"]
    assert [each.way for each in choices[0].candidates] == ["people", "tax"]


def test_choices_print_each_way_with_its_cost() -> None:
    text = print_choices(explain_choices(*_planned("{ people { income } }")))

    assert text == (
        "people.@.income\n"
        "  * tax  (1 round: 1:tax)\n"
        '    people > tax by "id"  (2 rounds: 1:people 2:tax)'
    )


def test_choices_are_drawn_with_the_ways_not_taken_dashed() -> None:
    text = print_choices_dot(explain_choices(*_planned("{ people { income } }")))

    assert text == (
        "digraph candidates {\n  rankdir=LR\n  node [fontname=monospace]\n"
        '  "1:people" [shape=box, style=dashed]\n'
        '  "1:tax" [shape=box]\n'
        '  "2:tax" [shape=box, style=dashed]\n'
        '  v0 [label="people.@.income"]\n'
        '  "1:tax" -> v0 [label="tax"]\n'
        '  "2:tax" -> v0 [label="people > tax by \\"id\\"", style=dashed]\n'
        "}\n"
    )


def test_plan_graph_names_fetches_and_what_they_wait_for() -> None:
    operation, graph = _planned("{ people { id } }")

    assert print_plan_dot(plan(operation, graph)) == (
        "digraph plan {\n  rankdir=LR\n  node [shape=box, fontname=monospace]\n"
        '  0 [label="1: people\\nroot"]\n}\n'
    )


def _tree(text: str) -> str:
    operation, graph = _planned(text)
    return print_plan_tree(plan(operation, graph), explain_choices(operation, graph))


def test_tree_says_why_each_value_is_read_where_it_is_and_what_the_other_ways_cost() -> None:
    assert _tree("{ people { income } }") == (
        "1 round, 1 request\n"
        "└─ round 1\n"
        "   └─ 0: query to tax for the root\n"
        "      ├─ people.@.income: there first, after 1 round\n"
        '      └─   not people > tax by "id" (2 rounds, 2 requests more)\n'
    )


def test_tree_tells_requests_that_are_made_anyway_from_equal_ways() -> None:
    shared, equal = _tree("{ people { id income } }"), _tree("{ people { id } }")

    assert "people.@.id: by requests that are made anyway" in shared
    assert "not people (1 round, 1 request more)" in shared
    assert "people.@.id: as good as any other way; the shortest, or first by name" in equal


def test_tree_of_a_plan_that_asks_nobody_has_no_rounds() -> None:
    assert _tree("{ __typename }") == "0 rounds, 0 requests\n"


def test_fewest_requests_of_its_own_decide_where_all_ways_cost_some() -> None:
    near = Candidate("a", 2, ("1:r", "2:a"), is_chosen=True, last="2:a")
    far = Candidate("b", 2, ("1:r", "1:s", "2:b"), is_chosen=False, last="2:b")
    made = OperationPlan("query", "Query", (Fetch(0, "a", "query", "{ x }"),), ())

    text = print_plan_tree(made, (Choice(("x",), (near, far)),))

    assert "x: with the fewest requests of its own (2)" in text

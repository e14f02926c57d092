"""Ways that are no value's cheapest by itself, but the cheapest for the operation as a whole.

Each was found by comparing plans with another planner's.
"""

import pytest

from federation.composition import SubgraphDocument, compose_documents
from federation.operation import Limits, parse_operation
from federation.planning import OperationPlan, plan
from federation.query_graph import build_query_graph
from federation.supergraph import build_api_schema

LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
    ' import: ["@external", "@interfaceObject", "@key", "@requires", "@shareable"])\n'
)


def _plan(query: str, **sdls: str) -> OperationPlan:
    documents = [SubgraphDocument(name, "", LINK + sdl) for name, sdl in sdls.items()]
    composition = compose_documents(documents)
    assert composition.supergraph is not None, composition.errors
    schema = build_api_schema(composition.supergraph)
    operation = parse_operation(query, schema, None, Limits()).operation
    return plan(operation, build_query_graph(composition.supergraph))


def _fetched(made: OperationPlan) -> list[str]:
    return [fetch.subgraph for fetch in made.fetches]


def test_field_of_one_root_is_read_with_an_entity_fetch_that_is_made_anyway() -> None:
    made = _plan(
        "{ people { id city name } }",
        register='type Query { people: [Person] @shareable } type Person @key(fields: "no") '
        "{ no: ID! @shareable name: String @shareable }",
        tax='type Query { people: [Person] @shareable } type Person @key(fields: "id") '
        "{ id: ID! @shareable }",
        world='type Query { w: Int } type Person @key(fields: "no") @key(fields: "id") '
        "{ no: ID! @shareable id: ID! @shareable city: String name: String @shareable }",
    )

    assert _fetched(made) == ["tax", "world"]


def test_value_is_reached_through_its_parent_where_its_own_keys_lead_by_a_detour() -> None:
    made = _plan(
        "{ cities { mayor { salary } } }",
        hub='type Query { h: Int } type Person @key(fields: "no") @key(fields: "id") '
        "{ no: ID! @shareable id: ID! @shareable }",
        map='type Query { cities: [City] } type City @key(fields: "code") '
        "{ code: ID! @shareable mayor: Person @shareable } "
        'type Person @key(fields: "no") { no: ID! @shareable }',
        pay='type Query { p: Int } type City @key(fields: "code") '
        "{ code: ID! @shareable mayor: Person @shareable } "
        'type Person @key(fields: "id") { id: ID! @shareable salary: Int }',
    )

    assert _fetched(made) == ["map", "pay"]


def test_requirement_is_gathered_from_the_subgraph_that_is_asked_anyway() -> None:
    made = _plan(
        "{ people { name rate } }",
        a='type Query { a: Int } type Person @key(fields: "no") '
        "{ no: ID! @shareable income: Int @shareable }",
        b='type Query { b: Int } type Person @key(fields: "no id") '
        "{ no: ID! @shareable id: ID! @shareable income: Int @shareable name: String }",
        register='type Query { people: [Person] } type Person @key(fields: "no") '
        "{ no: ID! @shareable id: ID! @shareable }",
        tax='type Query { t: Int } type Person @key(fields: "no") '
        '{ no: ID! @shareable income: Int @external rate: Int @requires(fields: "income") }',
    )

    assert _fetched(made) == ["register", "b", "tax"]


def test_keys_are_gathered_from_the_root_that_is_asked_anyway() -> None:
    made = _plan(
        "{ people { salary } notes }",
        hub='type Query { h: Int } type Person @key(fields: "no") @key(fields: "id") '
        "{ no: ID! @shareable id: ID! @shareable }",
        one='type Query { people: [Person] @shareable } type Person @key(fields: "no") '
        "{ no: ID! @shareable }",
        other="type Query { people: [Person] @shareable notes: String } "
        'type Person @key(fields: "no") { no: ID! @shareable }',
        pay='type Query { p: Int } type Person @key(fields: "id") '
        "{ id: ID! @shareable salary: Int }",
    )

    assert _fetched(made) == ["other", "hub", "pay"]


@pytest.mark.parametrize("condition", ["$yes", "false"])
def test_presence_of_interface_objects_is_known_without_their_type(condition: str) -> None:
    made = _plan(
        f"query Q($yes: Boolean = true) {{ nodes {{ id @include(if: {condition}) }}"
        " k @include(if: $yes) }",
        adder='type Query { nodes: [Node] } type Node @key(fields: "id") @interfaceObject '
        "{ id: ID! extra: Int }",
        keeper='type Query { k: Int } interface Node @key(fields: "id") { id: ID! } '
        'type Book implements Node @key(fields: "id") { id: ID! }',
    )

    assert sorted(_fetched(made)) == ["adder", "keeper"]
    assert not any(fetch.entities for fetch in made.fetches)


def test_subgraph_is_entered_by_a_chain_of_keys_that_is_shorter_than_one_key_gained_late() -> None:
    made = _plan(
        "{ people { friend { size { height } } } }",
        hub='type Query { h: Int } type Person @key(fields: "no") @key(fields: "id") '
        "{ no: ID! @shareable id: ID! @shareable }",
        late='type Query { l: Int } type Person @key(fields: "id") '
        "{ id: ID! @shareable friend: Person @shareable }",
        register='type Query { people: [Person] } type Person @key(fields: "no") '
        "{ no: ID! @shareable friend: Person @shareable size: Size @shareable } "
        "type Size @shareable { weight: Int }",
        world='type Query { w: Int } type Person @key(fields: "id") '
        "{ id: ID! @shareable size: Size @shareable } type Size @shareable { height: Int }",
    )

    assert _fetched(made) == ["register", "hub", "world"]


def test_rest_of_a_key_is_gathered_where_the_requirement_is_fetched_anyway() -> None:
    made = _plan(
        "{ people { rate } list { id } }",
        # The whole key at once, but a request more: the second list is in "near".
        all='type Query { people: [Person] @shareable } type Person @key(fields: "id no") '
        "{ id: ID! @shareable no: ID! @shareable }",
        far='type Query { f: Int } type Person @key(fields: "id no") '
        "{ id: ID! @shareable no: ID! @shareable income: Int @external "
        'rate: Int @requires(fields: "income") }',
        near="type Query { people: [Person] @shareable list: [Person] } "
        'type Person @key(fields: "id") { id: ID! @shareable }',
        pay='type Query { p: Int } type Person @key(fields: "id") '
        "{ id: ID! @shareable no: ID! @shareable income: Int }",
    )

    assert _fetched(made) == ["near", "pay", "far"]


def test_what_no_outcome_of_the_conditions_selects_is_not_planned() -> None:
    sdls = {
        "a": 'type Query { people: [Person] } type Person @key(fields: "id") { id: ID! }',
        "b": 'type Query { b: Int } type Person @key(fields: "id") { id: ID! name: String }',
    }

    never = "people @include(if: $x) { id ... @skip(if: $x) { name } }"
    made = _plan(f"query ($x: Boolean!) {{ {never} }}", **sdls)

    assert _fetched(made) == ["a"]
    assert [field.key for field in made.output[0].fields] == ["id"]

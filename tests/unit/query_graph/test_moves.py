"""The moves of the query graph: what each subgraph resolves, and how it is entered."""

import pytest

from federation.field_set import read_field_set
from federation.query_graph import Node, QueryGraph, build_query_graph
from tests.support.planned import composed, graph_of


@pytest.fixture(scope="module")
def graph() -> QueryGraph:
    return graph_of(
        {
            "a": """
                type Query { best: Book @provides(fields: "maker { name }")  node: Node }
                interface Node { id: ID!  size: Int }
                type Book implements Node
                @key(fields: "id") @key(fields: "isbn", resolvable: false) {
                    id: ID!  isbn: ID! @shareable  size: Int  maker: Maker @external
                }
                type Film implements Node @key(fields: "id") {
                    id: ID!  size: Int @requires(fields: "reels")  reels: Int @external
                }
                type Maker @key(fields: "id") { id: ID!  name: String @external }
            """,
            "b": """
                type Book @key(fields: "isbn") { isbn: ID! @shareable  maker: Maker @shareable }
                type Film @key(fields: "id") { id: ID!  reels: Int }
                type Maker @key(fields: "id") { id: ID!  name: String @shareable }
            """,
        }
    )


def test_only_resolvable_keys_are_ways_in(graph: QueryGraph) -> None:
    assert [key.text for key in graph.types["a"]["Book"].keys] == ["id"]


def test_external_fields_are_resolved_where_they_are_not_external(graph: QueryGraph) -> None:
    assert graph.resolvers["Maker", "name"] == ("b",)
    assert graph.field_move(Node("a", "Maker"), "name") is None


def test_what_is_provided_above_can_be_read_below(graph: QueryGraph) -> None:
    best = graph.field_move(Node("a", "Query"), "best")
    assert best is not None

    book = graph.target(Node("a", "Query"), best)
    maker = graph.field_move(book, "maker")

    assert book.provided == read_field_set("maker { name }")
    assert maker is not None
    assert graph.field_move(graph.target(book, maker), "name") is not None


def test_a_field_is_shared_by_an_interface_only_if_no_type_requires_for_it(
    graph: QueryGraph,
) -> None:
    node = Node("a", "Node")

    assert graph.shared_field_move(node, "id") is not None
    assert graph.shared_field_move(node, "size") is None


def test_a_down_cast_keeps_what_is_provided_for_that_type(graph: QueryGraph) -> None:
    provided = read_field_set("... on Book { isbn } ... on Film { reels } ... on Node { id } size")

    cast = graph.down_cast(Node("a", "Node", provided), "Book")

    assert cast == Node("a", "Book", read_field_set("isbn id size"))


def test_a_type_is_entered_as_itself_or_as_its_interface_object() -> None:
    graph = graph_of(
        {
            "real": """
                type Query { node: Node }
                interface Node @key(fields: "id") { id: ID! }
                type Book implements Node @key(fields: "id") { id: ID! }
            """,
            "added": 'type Node @key(fields: "id") @interfaceObject { id: ID!  note: String }',
        }
    )

    assert [each.name for each in graph.entity_targets("Book", "real")] == ["Book"]
    assert [each.name for each in graph.entity_targets("Book", "added")] == ["Node"]
    assert graph.types["added"]["Node"].possible_types == {"Book"}
    assert graph.resolvers["Book", "note"] == ("added",)


def test_a_field_that_was_taken_over_is_resolved_by_the_new_owner_alone() -> None:
    graph = graph_of(
        {
            "new": 'type T @key(fields: "id") { id: ID!  x: Int @override(from: "old") }',
            "old": 'type Query { t: T } type T @key(fields: "id") { id: ID!  x: Int }',
        }
    )

    assert graph.resolvers["T", "x"] == ("new",)
    assert "x" not in graph.types["old"]["T"].fields


@pytest.mark.parametrize(("active", "owner"), [(frozenset[str](), "old"), ({"half"}, "new")])
def test_a_labelled_override_moves_the_field_when_its_label_is_active(
    active: frozenset[str], owner: str
) -> None:
    supergraph = composed(
        {
            "new": 'type T @key(fields: "id")'
            ' { id: ID!  x: Int @override(from: "old", label: "half") }',
            "old": 'type Query { t: T } type T @key(fields: "id") { id: ID!  x: Int }',
        }
    )

    graph = build_query_graph(supergraph, active_labels=frozenset(active))

    assert graph.resolvers["T", "x"] == (owner,)

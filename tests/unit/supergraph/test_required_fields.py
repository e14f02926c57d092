"""Supergraphs whose composer forgot that a required field is external."""

from federation.query_graph import build_query_graph
from federation.query_graph.model import Node
from federation.supergraph import read_supergraph

HEAD = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
{ query: Query }
enum join__Graph {
  A @join__graph(name: "a", url: "http://a")
  B @join__graph(name: "b", url: "http://b")
}
type Query @join__type(graph: A) { products: [Product] }
"""


def test_a_required_field_without_joins_cannot_be_read_where_it_is_required() -> None:
    supergraph = read_supergraph(
        HEAD
        + """
type Product @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID!
  weight: Int
  cost: Int @join__field(graph: B, requires: "weight")
}
"""
    )

    graph = build_query_graph(supergraph)

    assert graph.field_move(Node("a", "Product"), "weight") is not None
    assert graph.field_move(Node("b", "Product"), "weight") is None


def test_a_required_key_field_can_be_read_where_it_is_required() -> None:
    supergraph = read_supergraph(
        HEAD
        + """
type Product @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID!
  cost: Int @join__field(graph: B, requires: "id")
}
"""
    )

    graph = build_query_graph(supergraph)

    assert graph.field_move(Node("b", "Product"), "id") is not None

"""Reading supergraph SDL of other composers and older versions."""

import pytest

from federation.errors import InvalidSupergraph
from federation.supergraph import print_supergraph, read_supergraph
from federation.supergraph.model import (
    EnumType,
    InterfaceType,
    JoinField,
    ObjectType,
    UnionType,
)

HEAD = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) %s
{ query: Query }
enum join__Graph {
  ONE @join__graph(name: "first-one", url: "http://one")
  TWO_ @join__graph(name: "two", url: "")
}
scalar join__FieldSet
"""

JOIN_1 = """
schema @core(feature: "https://specs.apollo.dev/core/v0.1")
  @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }
directive @core(feature: String!) repeatable on SCHEMA
enum join__Graph {
  ACCOUNTS @join__graph(name: "accounts" url: "http://accounts")
  REVIEWS @join__graph(name: "reviews" url: "http://reviews")
}
type Query {
  me: User @join__field(graph: ACCOUNTS)
}
type User @join__owner(graph: ACCOUNTS) @join__type(graph: ACCOUNTS, key: "id")
  @join__type(graph: REVIEWS, key: "id") {
  id: ID! @join__field(graph: ACCOUNTS)
  name: String @join__field(graph: ACCOUNTS)
  address: Address @join__field(graph: ACCOUNTS)
  reviews: [Int] @join__field(graph: REVIEWS, requires: "name")
}
type Address { street: String }
"""


def test_subgraphs_have_their_published_names() -> None:
    text = HEAD % "" + "type Query @join__type(graph: ONE) @join__type(graph: TWO_) { a: Int }"

    supergraph = read_supergraph(text)

    assert [graph.name for graph in supergraph.graphs] == ["first-one", "two"]
    assert [join.graph for join in supergraph.types["Query"].joins] == ["first-one", "two"]
    assert supergraph.graph("first-one").url == "http://one"


def test_renamed_directives_have_their_own_names() -> None:
    link = '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "hidden", for: SECURITY)'
    text = (
        HEAD % link
        + "directive @hidden on FIELD_DEFINITION "
        + "type Query @join__type(graph: ONE) { a: Int @hidden b: Int }"
    )

    query = read_supergraph(text).types["Query"]

    assert isinstance(query, ObjectType)
    assert [each.name for each in query.fields["a"].directives] == ["inaccessible"]


def test_a_join_specification_with_a_prefix_of_its_own_is_read() -> None:
    text = HEAD % "" + "type Query @join__type(graph: ONE) { a: Int @join__field(graph: ONE) }"
    renamed = text.replace("join__", "j__").replace('/join/v0.3"', '/join/v0.3", as: "j"')

    assert read_supergraph(renamed) == read_supergraph(text)


def test_join_1_key_fields_live_wherever_the_key_does() -> None:
    supergraph = read_supergraph(JOIN_1)

    user = supergraph.types["User"]
    assert isinstance(user, ObjectType)
    assert [join.graph for join in user.fields["id"].joins] == ["accounts", "reviews"]
    assert [join.graph for join in user.fields["name"].joins] == ["accounts"]
    assert user.fields["reviews"].joins == (JoinField("reviews", requires="name"),)
    assert [join.graph for join in supergraph.types["Address"].joins] == ["accounts", "reviews"]
    assert [join.graph for join in supergraph.types["Query"].joins] == ["accounts", "reviews"]


def test_join_1_is_printed_in_the_newest_version() -> None:
    supergraph = read_supergraph(JOIN_1)

    assert read_supergraph(print_supergraph(supergraph)) == supergraph


def test_members_and_values_without_joins_belong_to_all_subgraphs_of_the_type() -> None:
    text = (
        HEAD.replace("v0.3", "v0.2") % ""
        + """
    type Query implements I @join__type(graph: ONE) @join__type(graph: TWO_) { a: U b: E }
    union U @join__type(graph: ONE) @join__type(graph: TWO_) = Query
    enum E @join__type(graph: ONE) { V }
    interface I @join__type(graph: ONE) { a: U }
    """
    )

    supergraph = read_supergraph(text)

    query, union, enum = (supergraph.types[name] for name in ("Query", "U", "E"))
    assert isinstance(query, ObjectType)
    assert query.implements == (("first-one", "I"), ("two", "I"))
    assert isinstance(union, UnionType)
    assert union.members == (("first-one", "Query"), ("two", "Query"))
    assert isinstance(enum, EnumType)
    assert enum.values[0].graphs == ("first-one",)


def test_the_label_that_other_composers_repeat_on_the_loser_is_dropped() -> None:
    text = (
        HEAD % ""
        + """
    type Query @join__type(graph: ONE) @join__type(graph: TWO_) {
      a: Int @join__field(graph: ONE, override: "two", overrideLabel: "percent(5)")
        @join__field(graph: TWO_, overrideLabel: "percent(5)")
    }
    """
    )

    supergraph = read_supergraph(text)

    query = supergraph.types["Query"]
    assert isinstance(query, ObjectType)
    assert [join.override_label for join in query.fields["a"].joins] == ["percent(5)", None]
    printed = print_supergraph(supergraph)
    assert printed.count('overrideLabel: "percent(5)"') == 2
    assert read_supergraph(printed) == supergraph


def test_an_interface_object_is_an_interface() -> None:
    text = (
        HEAD % ""
        + """
    type Query @join__type(graph: ONE) { a: I }
    interface I @join__type(graph: ONE, key: "id")
      @join__type(graph: TWO_, key: "{ id }", isInterfaceObject: true) { id: ID! }
    """
    )

    interface = read_supergraph(text).types["I"]

    assert isinstance(interface, InterfaceType)
    assert [join.is_interface_object for join in interface.joins] == [False, True]
    assert [join.key for join in interface.joins] == ["id", "id"]


@pytest.mark.parametrize(
    "text",
    [
        "type Query {",
        "type Query { a: Int }",
        'schema @link(url: "https://specs.apollo.dev/join/v0.3") { query: Query }',
        HEAD % "" + "type Query @join__type(graph: THREE) { a: Int }",
        HEAD % "" + 'type Query @join__type(graph: ONE, key: "{") { a: Int }',
    ],
)
def test_what_is_no_supergraph_is_refused(text: str) -> None:
    with pytest.raises(InvalidSupergraph):
        read_supergraph(text)

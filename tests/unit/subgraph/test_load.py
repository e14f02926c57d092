"""Loading one subgraph's SDL."""

import pytest

from federation.errors import InvalidSubgraph
from federation.subgraph import Subgraph, load_subgraph
from federation.subgraph.model import Kind, has_directive

FEDERATION = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [%s])\n'

SERVICE_SDL = """
schema @link(url: "https://specs.apollo.dev/link/v1.0") { query: Query }
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import])
  repeatable on SCHEMA
directive @key(fields: federation__FieldSet!, resolvable: Boolean = true)
  repeatable on OBJECT | INTERFACE
type Query { me: User _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }
type User @key(fields: "id") { id: ID! }
enum link__Purpose { SECURITY EXECUTION }
scalar link__Import
scalar federation__FieldSet
scalar _Any
type _Service { sdl: String }
union _Entity = User
"""


def load(sdl: str, *imports: str) -> Subgraph:
    head = FEDERATION % ", ".join(f'"{name}"' for name in imports) if imports else ""
    return load_subgraph("users", "http://users", head + sdl)


def codes(sdl: str) -> list[str]:
    with pytest.raises(InvalidSubgraph) as caught:
        load_subgraph("users", "", sdl)
    return [each.code for each in caught.value.diagnostics]


def test_a_service_answer_loads_like_the_sdl_it_came_from() -> None:
    written = load('type Query { me: User } type User @key(fields: "id") { id: ID! }', "@key")

    answered = load_subgraph("users", "http://users", SERVICE_SDL)

    assert answered.types.keys() == written.types.keys() == {"Query", "User"}
    assert answered.types["Query"].fields.keys() == {"me"}
    assert answered.directive_definitions == ()


def test_a_query_type_with_machinery_only_is_no_query_type() -> None:
    sdl = "type Query { _service: _Service! } type _Service { sdl: String } type A { b: Int }"

    assert load(sdl).types.keys() == {"A"}


def test_renamed_directives_have_their_own_names() -> None:
    sdl = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed",
      import: [{name: "@key", as: "@identifiedBy"}])
    type User @identifiedBy(fields: " id ") { id: ID! secret: Int @fed__inaccessible }
    """

    user = load(sdl).types["User"]

    assert [key.text("fields") for key in user.keys] == ["id"]
    assert has_directive(user.fields["secret"], "inaccessible")


def test_a_directive_that_only_looks_like_a_federation_one_is_not_one() -> None:
    sdl = "directive @shareable on FIELD_DEFINITION type Query { a: Int @shareable }"

    field = load(sdl, "@key").types["Query"].fields["a"]

    assert not has_directive(field, "shareable")


def test_renamed_roots_are_called_query_and_mutation_everywhere() -> None:
    subgraph = load("""
    schema { query: Root mutation: Changes }
    type Root { self: Root }
    type Changes { change: Root! }
    """)

    assert subgraph.types.keys() == {"Query", "Mutation"}
    assert subgraph.types["Mutation"].fields["change"].type == "Query!"
    assert subgraph.roots == {"query": "Root", "mutation": "Changes"}


def test_extensions_are_united_with_their_base_wherever_it_stands() -> None:
    user = load('extend type User { b: Int } type User @key(fields: "a") { a: ID! }', "@key").types[
        "User"
    ]

    assert user.fields.keys() == {"a", "b"}
    assert not user.is_extension
    assert len(user.locations) == 2


def test_an_extension_without_a_base_is_an_extension() -> None:
    union = load("extend union Media = Book type Book { a: Int }").types["Media"]

    assert union.is_extension
    assert union.kind is Kind.UNION


def test_shareable_on_a_definition_leaves_the_fields_of_its_extension_alone() -> None:
    point = load("type Point @shareable { x: Int } extend type Point { y: Int }", "@shareable")

    fields = point.types["Point"].fields

    assert has_directive(fields["x"], "shareable")
    assert not has_directive(fields["y"], "shareable")


def test_external_on_a_type_makes_all_its_fields_external() -> None:
    sdl = "type Point @external { x: Int } extend type Point { y: Int }"

    fields = load(sdl, "@external").types["Point"].fields

    assert all(has_directive(field, "external") for field in fields.values())


@pytest.mark.parametrize("head", ["extend type User", "type User @extends"])
def test_an_external_key_of_an_extension_is_resolved_here(head: str) -> None:
    user = load(
        f'{head} @key(fields: "id") {{ id: ID! @external }}', "@key", "@external", "@extends"
    )

    assert not has_directive(user.types["User"].fields["id"], "external")


def test_an_external_key_of_a_plain_type_stays_external() -> None:
    user = load('type User @key(fields: "id") { id: ID! @external }', "@key", "@external")

    assert has_directive(user.types["User"].fields["id"], "external")


def test_federation_1_drops_unused_external_fields_and_keeps_provided_ones() -> None:
    subgraph = load("""
    type Query { me: User @provides(fields: "name") }
    extend type User @key(fields: "id") {
      id: ID! @external
      name: String @external
      forgotten: Int @external
    }
    """)

    user = subgraph.types["User"]

    assert not subgraph.is_federation_2
    assert user.fields.keys() == {"id", "name"}
    assert has_directive(user.fields["name"], "external")


def test_federation_1_drops_requirements_that_name_nothing_external() -> None:
    sdl = 'type A @key(fields: "id") { id: ID! a: Int b: Int @requires(fields: "a") }'

    assert not has_directive(load(sdl).types["A"].fields["b"], "requires")


def test_federation_1_keys_may_be_lists_of_texts() -> None:
    sdl = """
    directive @key(fields: [String!]!) on OBJECT
    type A @key(fields: ["a", "b"]) { a: Int b: Int }
    """

    assert [key.text("fields") for key in load(sdl).types["A"].keys] == ["a b"]


def test_places_are_those_of_names() -> None:
    sdl = 'type Query {\n  """Text."""\n  me: Int\n}'

    place = load(sdl).types["Query"].fields["me"].location

    assert (place.subgraph, place.line, place.column) == ("users", 3, 3)


def test_every_fault_of_a_document_is_reported() -> None:
    assert codes("type Query { a: Missing b: Gone }") == ["INVALID_GRAPHQL"] * 2


def test_an_object_without_its_interface_field_is_refused() -> None:
    assert codes("interface I { a: Int } type Query implements I { b: Int }") == ["INVALID_GRAPHQL"]


def test_a_document_that_does_not_parse_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidSubgraph) as caught:
        load_subgraph("users", "", "type Query {", "users.graphql")

    (found,) = caught.value.diagnostics
    assert found.code == "INVALID_GRAPHQL"
    assert found.locations[0].file == "users.graphql"
    assert found.locations[0].line == 1

"""Parsing, validation, choice of the operation, and the normal form."""

import gc

import pytest
from graphql import Token, build_schema

from federation.errors import InvalidOperation
from federation.operation import EMPTY, Limits, ParsedOperation, parse_operation

SCHEMA = build_schema(
    """
    interface Node { id: ID! }
    interface Aged { age: Int }
    interface Named { name: String }
    type User implements Node & Aged & Named { id: ID! age: Int name: String friend: User }
    type Tree implements Node & Aged { id: ID! age: Int }
    type Town implements Node & Named { id: ID! name: String }
    type Rock { weight: Int }
    union Any = User | Tree | Town | Rock
    type Query {
      me: User node: Node any: Any rock: Rock
      search(text: String, first: Int, tags: [String]): [User]
    }
    type Mutation { rename(name: String!): User }
    """
)


def _parse(text: str, name: str | None = None) -> ParsedOperation:
    return parse_operation(text, SCHEMA, name, Limits())


def _normal(text: str) -> str:
    return str(_parse(text).operation)


def _errors(text: str, name: str | None = None) -> list[tuple[object, tuple[tuple[int, int], ...]]]:
    with pytest.raises(InvalidOperation) as caught:
        _parse(text, name)
    return [(error.extensions["code"], error.locations) for error in caught.value.errors]


def test_syntax_error_names_its_place() -> None:
    assert _errors("{ me {") == [("GRAPHQL_PARSE_FAILED", ((1, 7),))]


def test_empty_selection_set_does_not_parse() -> None:
    assert _errors("{ me { } }") == [("GRAPHQL_PARSE_FAILED", ((1, 8),))]


def test_half_a_surrogate_pair_is_a_parse_error() -> None:
    assert _errors('{ search(text: "\ud800") { id } }') == [("GRAPHQL_PARSE_FAILED", ())]


def test_every_validation_error_is_reported_with_its_place() -> None:
    assert _errors("{ a\n me { b } }") == [
        ("GRAPHQL_VALIDATION_FAILED", ((1, 3),)),
        ("GRAPHQL_VALIDATION_FAILED", ((2, 7),)),
    ]


def test_validation_messages_suggest_no_other_name() -> None:
    with pytest.raises(InvalidOperation) as caught:
        _parse("{ me { nam } }")

    assert "name" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("query A { rock { weight } } query B { rock { weight } }", None),
        ("query A { rock { weight } }", "B"),
    ],
)
def test_operation_that_cannot_be_chosen_is_refused(text: str, name: str | None) -> None:
    assert _errors(text, name) == [("OPERATION_RESOLUTION_FAILED", ())]


def test_document_without_an_operation_is_refused() -> None:
    with pytest.raises(InvalidOperation):
        _parse("fragment F on User { id }")


def test_operation_is_chosen_by_name() -> None:
    text = 'query A { rock { weight } } mutation B { rename(name: "x") { id } }'

    assert _parse(text, "B").operation.kind == "mutation"
    assert _parse(text, "A").operation.root_type == "Query"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        # fragments that the parent fully implements disappear
        (
            "{ me { ... on Node { id } ...F } } fragment F on User { name }",
            "query { me { id name } }",
        ),
        ("{ me { ... on Any { __typename } } }", "query { me { __typename } }"),
        # narrowing ones stay, unreachable ones go
        ("{ node { ... on User { name } } }", "query { node { ... on User { name } } }"),
        ("{ node { id ... on Any { ... on Rock { weight } } } }", "query { node { id } }"),
        # nested fragments become one
        (
            "{ any { ... on Node { ... on User { name } } } }",
            "query { any { ... on User { name } } }",
        ),
        (
            "{ any { ... on User { ... on Node { id } name } } }",
            "query { any { ... on User { id name } } }",
        ),
        # one interface within another is said by object types
        (
            "{ any { ... on Aged { ... on Named { name } } } }",
            "query { any { ... on User { name } } }",
        ),
        # equal fields unite, their selections too
        (
            "{ me { id friend { id } friend { name } id } }",
            "query { me { id friend { id name } } }",
        ),
        (
            "{ any { ... on User { id } ... on Tree { id } ... on User { name } } }",
            "query { any { ... on User { id name } ... on Tree { id } } }",
        ),
        # but never so that keys change places
        (
            "{ node { ... on User { name } id ... on User { age } } }",
            "query { node { ... on User { name } id ... on User { age } } }",
        ),
        # literal conditions are decided
        ("{ me { id @skip(if: false) name @include(if: false) } }", "query { me { id } }"),
        ("{ me { id } rock @skip(if: true) { weight } }", "query { me { id } }"),
        # nothing left of an object that is still asked for
        ("{ me { name @skip(if: true) } }", "query { me { __empty: __typename } }"),
        # aliases that say nothing go, arguments are sorted
        (
            '{ me: me { id: id } s: search(text: "a", first: 1) { id } }',
            'query { me { id } s: search(first: 1, text: "a") { id } }',
        ),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert _normal(text) == normal


def test_condition_of_a_fragment_stands_on_its_fields() -> None:
    text = "query ($a: Boolean!) { me { ... @include(if: $a) { id name } } }"

    normal = "query($a: Boolean!) { me { id @include(if: $a) name @include(if: $a) } }"
    assert _normal(text) == normal


def test_two_conditions_of_one_kind_print_as_valid_graphql() -> None:
    text = (
        "query ($a: Boolean!, $b: Boolean!) { me { id ... @skip(if: $a) { name @skip(if: $b) } } }"
    )

    assert _parse(_normal(text)).operation == _parse(text).operation


def test_conditions_that_exclude_each_other_remove_the_field() -> None:
    text = "query ($a: Boolean!) { me { id name @include(if: $a) @skip(if: $a) } }"

    assert _normal(text) == "query { me { id } }"


def test_one_key_under_different_conditions_stays_apart() -> None:
    text = "query ($a: Boolean!) { me { id } me @include(if: $a) { name } }"

    assert _normal(text) == "query($a: Boolean!) { me { id } me @include(if: $a) { name } }"


def test_variables_used_only_in_removed_parts_are_declared_but_not_in_the_operation() -> None:
    parsed = _parse(
        "query ($b: Int, $a: String) { me { id } search(first: $b) @skip(if: true) { id }"
        " s: search(text: $a) { id } }"
    )

    assert [each.name for each in parsed.operation.variables] == ["a"]
    assert [each.name for each in parsed.variables] == ["b", "a"]


def test_equal_operations_are_equal_values_however_they_are_written() -> None:
    one = _parse("{ me { ...F } } fragment F on Node { id }")
    other = _parse("query { me { id } }")

    assert one.operation == other.operation
    assert hash(one.operation) == hash(other.operation)
    assert one.text_hash != other.text_hash


def test_everything_taken_from_the_root_leaves_no_selection() -> None:
    assert _parse("{ me @skip(if: true) { id } }").operation.selections == ()


def test_marker_of_emptiness_is_a_type_name() -> None:
    assert EMPTY.name == "__typename"


def test_signature_holds_names_and_no_values() -> None:
    text = (
        'query Q($n: Int = 7) { a990101: search(text: "990101199001011234", first: $n, tags: ["x"])'
        ' { name } b: search(text: """block 5""", first: 12) { id } }'
    )

    assert _parse(text).signature == (
        'query Q($n: Int = 0) { search(first: $n, tags: [""], text: "") { name }'
        ' search(first: 0, text: "") { id } }'
    )


def test_text_hash_is_sha256_of_the_text() -> None:
    assert _parse("{ me { id } }").text_hash == (
        "c53d78fa4c9c65a93967d42316fcd207fd611c7cac40a103820a866c3e5dd8f5"
    )


def test_tokens_are_freed_without_the_garbage_collector() -> None:
    def tokens() -> int:
        return sum(isinstance(each, Token) for each in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = tokens()
        _parse("{ me { id name age } }")
        assert tokens() == before
    finally:
        gc.enable()

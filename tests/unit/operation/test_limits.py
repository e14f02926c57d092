"""Limits are held before validation, and cheaply."""

import pytest
from graphql import build_schema

from federation.errors import InvalidOperation, OperationTooLarge
from federation.operation import Limits, check_variable_limits, parse_operation

SCHEMA = build_schema(
    "directive @x repeatable on FIELD "
    "input In { tags: [String] } "
    "type Query { a(first: Int, tags: [String], in: In): Query b: Int }"
)


def _exceeded(text: str, **limits: int) -> object:
    with pytest.raises(OperationTooLarge) as caught:
        parse_operation(text, SCHEMA, None, Limits(**limits))  # type: ignore[arg-type]
    return caught.value.extensions["limit"]


@pytest.mark.parametrize(
    ("text", "limit", "allowed"),
    [
        ("{ a { a { b } } }", "max_depth", 2),
        ("{ a { ...F } } fragment F on Query { a { b } }", "max_depth", 2),
        ("{ x: b y: b }", "max_aliases", 1),
        ("{ ...F a { ...F } } fragment F on Query { x: b }", "max_aliases", 1),
        ("{ b a { b } }", "max_root_fields", 1),
        ("{ b ...F } fragment F on Query { a { b } }", "max_root_fields", 1),
        ("{ b @x @x }", "max_directives", 1),
        ("{ a { b b b } }", "max_fields", 3),
        ("{ b b b }", "max_tokens", 4),
        ("{ b     }", "max_characters", 8),
        ('{ a(tags: ["1", "2"]) { b } }', "max_list_items", 1),
        ('{ a(in: {tags: ["1", "2"]}) { b } }', "max_list_items", 1),
        ('query ($t: [String] = ["1", "2"]) { a(tags: $t) { b } }', "max_list_items", 1),
        ("{ a(first: 11) { b } }", "max_page_size", 10),
        ("{ a(first: 99999999999999999999999) { b } }", "max_page_size", 10),
    ],
)
def test_limit_holds_and_one_more_passes(text: str, limit: str, allowed: int) -> None:
    assert _exceeded(text, **{limit: allowed}) == limit
    if len(text) > 10 and "9999" not in text:
        parse_operation(text, SCHEMA, None, Limits(**{limit: allowed + 3}))  # type: ignore[arg-type]


def test_fragments_that_multiply_are_measured_without_being_written_out() -> None:
    levels = "".join(f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }} " for i in range(60))

    assert _exceeded(f"{{ ...F0 }} {levels} fragment F60 on Query {{ b }}") in {
        "max_fields",
        "max_root_fields",
    }


def test_chain_of_a_thousand_fragments_is_refused() -> None:
    chain = "".join(f"fragment F{i} on Query {{ ...F{i + 1} }} " for i in range(1000))

    assert _exceeded(f"{{ ...F0 }} {chain} fragment F1000 on Query {{ b }}") == "max_depth"


def test_cyclic_fragments_are_a_validation_error() -> None:
    text = "{ ...F } fragment F on Query { a { ...G } } fragment G on Query { a { ...F } }"

    with pytest.raises(InvalidOperation):
        parse_operation(text, SCHEMA, None, Limits())


def test_introspection_is_not_measured_by_depth() -> None:
    text = "{ __schema { types { fields { type { ofType { name } } } } } }"

    assert parse_operation(text, SCHEMA, None, Limits(max_depth=1)).operation.kind == "query"


@pytest.mark.parametrize(
    ("variables", "limit"),
    [({"n": 11}, "max_page_size"), ({"t": {"tags": ["a", "b", "c"]}}, "max_list_items")],
)
def test_values_of_variables_are_held_to_the_limits(
    variables: dict[str, object], limit: str
) -> None:
    limits = Limits(max_page_size=10, max_list_items=2)
    text = "query ($n: Int, $t: In) { a { a(first: $n, in: $t) { b } } }"
    parsed = parse_operation(text, SCHEMA, None, limits)

    with pytest.raises(OperationTooLarge) as caught:
        check_variable_limits(parsed, variables, limits)

    assert caught.value.extensions["limit"] == limit
    check_variable_limits(parsed, {"n": 10, "t": {"tags": ["a", "b"]}}, limits)

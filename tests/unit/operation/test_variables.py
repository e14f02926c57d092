"""Variables are coerced by the specification; introspection is answered from the API schema."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, get_variable_values, parse
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import InvalidOperation
from federation.operation import (
    Limits,
    VariableDefinition,
    check_variable_limits,
    coerce_variables,
    introspect,
    parse_operation,
)
from tests.support.operations import DIRECTIVES

SCHEMA = build_schema(
    """
    enum Sex { MALE FEMALE }
    input Filter { sex: Sex age: Int = 18 code: ID! }
    scalar Money
    type Query { f(n: Int, m: Money, filter: Filter, list: [Int!], x: Float): Int }
    """
)
DEFERRING = build_schema("type Query { f: Int  g: [Int] }" + DIRECTIVES)
TEXT = """
query ($n: Int = 3, $m: Money, $filter: Filter, $list: [Int!]) {
  f(n: $n, m: $m, filter: $filter, list: $list)
}
"""


def _coerce(raw: dict[str, Any]) -> dict[str, Any]:
    parsed = parse_operation(TEXT, SCHEMA, None, Limits())
    return coerce_variables(parsed.variables, SCHEMA, raw)


def test_defaults_are_applied_and_absent_stays_absent() -> None:
    assert _coerce({}) == {"n": 3}
    assert _coerce({"n": None}) == {"n": None}


def test_values_are_coerced_by_type() -> None:
    raw = {"filter": {"sex": "MALE", "code": 7}, "list": 1, "m": {"any": ["json"]}, "other": 1}

    assert _coerce(raw) == {
        "n": 3,
        "filter": {"sex": "MALE", "age": 18, "code": "7"},
        "list": [1],
        "m": {"any": ["json"]},
    }


_ENDS = {"": None, "!": None, " = null": "null"}
_TYPES = ("ID", "String", "Boolean", "Int", "Float", "Sex", "Money", "[Int!]")
_VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31) - 1, 2**31)
    | st.sampled_from(("", "1", "MALE", 1.0, 0.5, 2**31, -(2**31), 2**40, [1], ["1"], {"a": 1}))
)


@given(
    st.lists(st.tuples(st.sampled_from(_TYPES), st.sampled_from(tuple(_ENDS))), max_size=4),
    st.dictionaries(st.sampled_from("abcd"), _VALUES),
)
def test_what_is_coerced_at_a_glance_is_what_graphql_core_makes_of_it(
    types: list[tuple[str, str]], raw: dict[str, Any]
) -> None:
    declared = [f"${name}: {named}{end}" for name, (named, end) in zip("abcd", types, strict=False)]
    head = f"({', '.join(declared)})" if declared else ""
    document = parse(f"query {head} {{ __typename }}")
    definitions = tuple(
        VariableDefinition(
            name, named + end.removesuffix(" = null"), "null" if "null" in end else None
        )
        for name, (named, end) in zip("abcd", types, strict=False)
    )
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    expected = get_variable_values(SCHEMA, operation.variable_definitions or (), raw)

    if isinstance(expected, list):
        with pytest.raises(InvalidOperation) as refused:
            coerce_variables(definitions, SCHEMA, raw)
        assert len(refused.value.errors) == len(expected)
    else:
        coerced = coerce_variables(definitions, SCHEMA, raw)
        # True and 1 are equal and not the same.
        assert repr(coerced) == repr(dict(expected.coerced))


@pytest.mark.parametrize(
    "raw",
    [
        {"n": "1"},
        {"n": 2**31},
        {"filter": {}},
        {"filter": {"code": "1", "unknown": 1}},
        {"filter": {"code": "1", "sex": "OTHER"}},
        {"list": [1, None]},
    ],
)
def test_value_that_does_not_fit_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(InvalidOperation) as caught:
        _coerce(raw)

    assert [error.extensions["code"] for error in caught.value.errors] == ["BAD_USER_INPUT"]


def test_every_faulty_variable_is_reported() -> None:
    with pytest.raises(InvalidOperation) as caught:
        _coerce({"n": "1", "list": "x"})

    assert len(caught.value.errors) == 2


def test_required_variable_of_a_removed_field_is_still_required() -> None:
    text = "query ($n: Int!) { f(n: $n) @skip(if: true) __typename }"
    parsed = parse_operation(text, SCHEMA, None, Limits())

    with pytest.raises(InvalidOperation):
        coerce_variables(parsed.variables, SCHEMA, {})


@pytest.mark.parametrize(
    "text",
    [
        "query ($on: Boolean = true) { f @include(if: $on) }",
        "query ($on: Boolean = true) { ... @skip(if: $on) { f } }",
        "query ($on: Boolean = true) { ... @defer(if: $on) { f } }",
        "query ($on: Int = 1) { g @stream(initialCount: $on) }",
    ],
)
def test_null_that_suits_the_variable_and_not_its_directive_is_refused(text: str) -> None:
    parsed = parse_operation(text, DEFERRING, None, Limits(), is_incremental=True)
    variables = coerce_variables(parsed.variables, DEFERRING, {"on": None})

    with pytest.raises(InvalidOperation) as caught:
        check_variable_limits(parsed, variables, Limits())

    assert [error.extensions["code"] for error in caught.value.errors] == ["BAD_USER_INPUT"]
    absent = coerce_variables(parsed.variables, DEFERRING, {})
    check_variable_limits(parsed, absent, Limits())


def test_introspection_answers_what_it_is_asked() -> None:
    text = """
    query ($name: String!, $on: Boolean!) {
      f
      sex: __type(name: $name) { enumValues { name } }
      __schema @include(if: $on) { queryType { name } }
    }
    """
    operation = parse_operation(text, SCHEMA, None, Limits()).operation

    text = "__type(name: $name) { enumValues { name } }"
    answer = introspect([text], operation, SCHEMA, {"name": "Sex", "on": False})

    assert answer == {text: {"enumValues": [{"name": "MALE"}, {"name": "FEMALE"}]}}


def test_operation_without_introspection_has_no_introspection_values() -> None:
    operation = parse_operation("{ f }", SCHEMA, None, Limits()).operation

    assert introspect([], operation, SCHEMA, {}) == {}


def test_operation_without_variables_ignores_what_is_sent() -> None:
    parsed = parse_operation("{ f }", SCHEMA, None, Limits())

    assert coerce_variables(parsed.variables, SCHEMA, {"n": 1}) == {}

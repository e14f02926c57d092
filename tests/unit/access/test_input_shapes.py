"""Variables that look the same to a question: ``input_shapes``."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.access import input_shapes
from federation.access.inputs import InputFacts, Inputs, input_uses
from federation.selection import Argument

INPUTS = Inputs(
    arguments={
        ("Query", "rows", "where"): InputFacts("Where", frozenset()),
        ("Query", "rows", "sort"): InputFacts("Column", frozenset()),
    },
    fields={
        "Where": {
            "name": InputFacts("String", frozenset({("Row.name", "filter")})),
            "note": InputFacts("String", frozenset()),
            "by": InputFacts("Column", frozenset()),
            "all": InputFacts("Where", frozenset()),
        }
    },
    values={
        "Column": {
            "NAME": frozenset({("Row.name", "sort")}),
            "AGE": frozenset({("Row.age", "sort")}),
            "NONE": frozenset(),
        }
    },
)
TYPES = {"where": "Where", "sort": "Column"}
COLUMNS = st.sampled_from(["NAME", "AGE", "NONE"])
WHERE: st.SearchStrategy[Any] = st.recursive(
    st.none(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(["Li", "Wang", None]),
            "note": st.sampled_from(["x", None]),
            "by": COLUMNS | st.none(),
            "all": st.lists(inner, max_size=2) | inner,
        },
    ),
    max_leaves=4,
)
VARIABLES = st.fixed_dictionaries(
    {}, optional={"where": WHERE, "sort": COLUMNS | st.none() | st.lists(COLUMNS, max_size=2)}
)


def shapes(variables: dict[str, Any]) -> object:
    return input_shapes(("sort", "where"), TYPES, variables, INPUTS)


def uses(variables: dict[str, Any]) -> object:
    arguments = (Argument("where", "$where"), Argument("sort", "$sort"))
    return input_uses(("Query", "rows"), arguments, variables, INPUTS, tests_rows=True)


@given(VARIABLES, VARIABLES)
def test_equal_shapes_are_equal_uses(one: dict[str, Any], other: dict[str, Any]) -> None:
    if shapes(one) == shapes(other):
        assert uses(one) == uses(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"where": None}),
        ({"where": {}}, {"where": {"name": "Li"}}),
        ({"where": {"note": "x"}}, {"where": {"all": {"note": "x"}}}),
        ({"sort": "NAME"}, {"sort": "AGE"}),
        ({"sort": []}, {"sort": ["NAME"]}),
    ],
)
def test_what_makes_another_question_has_another_shape(one: Any, other: Any) -> None:
    assert shapes(one) != shapes(other)


def test_value_of_a_test_is_not_in_the_shape() -> None:
    assert shapes({"where": {"name": "Li"}}) == shapes({"where": {"name": "Wang"}})

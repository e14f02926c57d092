"""A condition means the same to the gateway, which drops rows, and to a department."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.access import fulfils, read_condition
from subgraphs.toolkit.conditions import holds, load_condition

TEXTS = st.sampled_from(["", "a", "ab", "b", "99"])
NUMBERS = st.sampled_from([-1, 0, 1, 2])
COMPARISONS = st.one_of(
    st.builds(
        lambda op, value: {"field": "text", "op": op, "value": value},
        st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge", "starts_with"]),
        TEXTS,
    ),
    st.builds(
        lambda op, value: {"field": "number", "op": op, "value": value},
        st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
        NUMBERS,
    ),
    st.builds(
        lambda values: {"field": "number", "op": "in", "value": values},
        st.lists(NUMBERS, max_size=3),
    ),
)
CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"and": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"or": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)


@given(CONDITIONS, st.none() | TEXTS, st.none() | NUMBERS)
def test_gateway_and_department_let_the_same_rows_pass(
    tree: dict[str, Any], text: str | None, number: int | None
) -> None:
    row = {"text": text, "number": number}

    here = fulfils(read_condition(tree), row)

    assert here == holds(load_condition(tree, lambda _, value: value), row)
    # What is null for a department is absent for a gateway that was told nothing.
    assert here == fulfils(read_condition(tree), {k: v for k, v in row.items() if v is not None})


@pytest.mark.parametrize("found", ["1", True, [1], {"a": 1}, None])
@pytest.mark.parametrize("op", ["eq", "ne", "lt", "ge"])
@pytest.mark.parametrize("negated", [False, True])
def test_values_of_another_kind_hide_the_row(found: object, op: str, *, negated: bool) -> None:
    tree: dict[str, Any] = {"field": "number", "op": op, "value": 1}

    assert not fulfils(read_condition({"not": tree} if negated else tree), {"number": found})


def test_whole_and_broken_numbers_are_of_one_kind() -> None:
    assert fulfils(read_condition({"field": "n", "op": "eq", "value": 1}), {"n": 1.0})

"""Merging types written as text."""

import pytest

from federation.composition.type_references import is_subtype, merge_input, merge_output

SUBTYPES = {"Node": frozenset({"Book", "Film"})}


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("Int", "Int"),
        ("Int!", "Int"),
        ("[Int!]!", "[Int]"),
        ("Book!", "Node"),
        ("[Book!]", "[Node]"),
    ],
)
def test_every_value_of_a_narrower_type_is_one_of_the_wider(narrow: str, wide: str) -> None:
    assert is_subtype(narrow, wide, SUBTYPES)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [("Int", "Int!"), ("Int", "[Int]"), ("[Int]", "Int"), ("Node", "Book"), ("Int", "Float")],
)
def test_no_type_holds_values_of_an_unrelated_one(narrow: str, wide: str) -> None:
    assert not is_subtype(narrow, wide, SUBTYPES)


def test_output_is_the_widest_and_input_the_narrowest() -> None:
    types = ["Book!", "Node", "Film"]

    assert merge_output(types, SUBTYPES) == "Node"
    assert merge_input(["Int", "Int!"], SUBTYPES) == "Int!"


def test_types_without_a_common_one_do_not_merge() -> None:
    assert merge_output(["[Int]!", "[Int!]"], SUBTYPES) is None
    assert merge_input(["ID", "Int"], SUBTYPES) is None

"""Money, dates and divisions."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.toolkit.divisions import prefix_of, sum_within
from subgraphs.toolkit.scalars import print_money, read_date, read_money


@given(st.integers(-(10**16), 10**16))
def test_money_survives_the_wire(fen: int) -> None:
    assert read_money(print_money(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"), [("12345.00", 1234500), ("0.5", 50), ("-0.05", -5), ("7", 700)]
)
def test_money_is_a_decimal_string_in_yuan(text: str, fen: int) -> None:
    assert read_money(text) == fen


@pytest.mark.parametrize("value", [5, 5.0, None, "", "1.234", "1e3", " 1", "1\n", "١", "1,000"])
def test_anything_else_is_no_money(value: object) -> None:
    with pytest.raises(ValueError, match="money"):
        read_money(value)


def test_date_is_a_calendar_date() -> None:
    assert read_date("2025-02-28") == datetime.date(2025, 2, 28)


@pytest.mark.parametrize("value", ["2025-02-30", "20250228", "2025-W09-5", "2025-02-28T00:00", 5])
def test_anything_else_is_no_date(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the message is the standard library's
        read_date(value)


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("990000", "99"),
        ("990100", "9901"),
        ("990102", "990102"),
        ("990110", "990110"),
        ("990102001", "990102001"),
        ("990102000", "990102000"),
    ],
)
def test_prefix_is_shared_by_contained_divisions(code: str, prefix: str) -> None:
    assert prefix_of(code) == prefix


def test_sum_takes_contained_divisions_only() -> None:
    parts = [("990102001", 1), ("990102002", 2), ("990103001", 4)]

    assert sum_within("990102", parts) == 3
    assert sum_within("990100", parts) == 7
    assert sum_within("990104", parts) == 0

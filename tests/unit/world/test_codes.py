"""Check digits: the standards' own examples, reckoned by hand, and properties."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subgraphs.toolkit.check_digits import (
    CREDIT_ALPHABET,
    is_credit_code,
    is_identity_number,
    organisation_check,
)
from subgraphs.world.codes import credit_code, identity_number

_DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2030, 12, 31))
_BODIES = st.text(alphabet=CREDIT_ALPHABET, min_size=8, max_size=8).filter(
    # A body whose check character falls outside the credit code's alphabet does not exist.
    lambda body: organisation_check(body) in CREDIT_ALPHABET
)


def test_identity_number_ends_as_in_the_first_example_of_the_standard() -> None:
    # 1*7+1*9+0*10+1*5+0*8+5*4+1*2+9*1+4*6+9*3+1*7+2*9+3*10+1*5+0*8+0*4+2*2 = 167;
    # 167 mod 11 = 2, which the standard's table turns into X.
    number = identity_number("110105", datetime.date(1949, 12, 31), 2)

    assert number == "11010519491231002X"


def test_identity_number_ends_as_in_the_second_example_of_the_standard() -> None:
    # 4*7+4*9+0*10+5*5+2*8+4*4+1*2+8*1+8*6+0*3+0*7+1*9+0*10+1*5+0*8+0*4+1*2 = 195;
    # 195 mod 11 = 8, which the standard's table turns into 4.
    number = identity_number("440524", datetime.date(1880, 1, 1), 1)

    assert number == "440524188001010014"


def test_credit_code_ends_as_reckoned_by_hand() -> None:
    # M000100Y: M(22)*3 + 1*5 + Y(34)*2 = 139; 139 mod 11 = 7; 11 - 7 = 4.
    # 91350100M000100Y4: 9*1 + 1*3 + 3*9 + 5*27 + 1*26 + M(21)*20 + 1*8 + Y(30)*30 + 4*28 = 1640;
    # 1640 mod 31 = 28; 31 - 28 = 3.
    code = credit_code("350100", "M000100Y")

    assert code == "91350100M000100Y43"


@given(_DAYS, st.integers(1, 999), st.integers(0, 17), st.integers(1, 9))
def test_no_changed_digit_of_an_identity_number_goes_unnoticed(
    day: datetime.date, sequence: int, position: int, shift: int
) -> None:
    number = identity_number("990101", day, sequence)
    old = "0123456789X".index(number[position])
    changed = number[:position] + str((old + shift) % 10) + number[position + 1 :]

    assert is_identity_number(number)
    assert changed == number or not is_identity_number(changed)


@given(_BODIES, st.integers(0, 17), st.integers(1, 30))
def test_no_changed_character_of_a_credit_code_goes_unnoticed(
    body: str, position: int, shift: int
) -> None:
    code = credit_code("990101", body)
    old = CREDIT_ALPHABET.index(code[position])
    new = CREDIT_ALPHABET[(old + shift) % len(CREDIT_ALPHABET)]

    assert is_credit_code(code)
    assert not is_credit_code(code[:position] + new + code[position + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11010519491231002x",
        "110105194912310021",
        "110105194913310026",
        "1101051949123100",
        "１" * 18,
    ],
)
def test_what_is_not_an_identity_number_is_refused(text: str) -> None:
    assert not is_identity_number(text)


@pytest.mark.parametrize(
    "text", ["", "91350100M000100Y42", "91350100I000100Y43", "91350100M000100Y4"]
)
def test_what_is_not_a_credit_code_is_refused(text: str) -> None:
    assert not is_credit_code(text)


@pytest.mark.parametrize(
    ("division", "sequence"), [("9901", 1), ("99010x", 1), ("990101", 0), ("990101", 1000)]
)
def test_identity_number_of_impossible_parts_is_not_made(division: str, sequence: int) -> None:
    with pytest.raises(ValueError, match="no identity number"):
        identity_number(division, datetime.date(2000, 1, 1), sequence)


def test_credit_code_with_a_letter_outside_the_alphabet_is_not_made() -> None:
    with pytest.raises(ValueError, match="no credit code"):
        credit_code("990101", "MA00000I")

"""Scalars that all departments share: dates, identity numbers, credit codes, divisions, money.

Python side: ``Money`` is whole fen (hundredths of a yuan) as int, on the wire a decimal string in
yuan such as "12345.00". The others are text on both sides, except ``Date`` which is a date.
"""

import datetime
import re
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from subgraphs.toolkit.describe import text
from subgraphs.toolkit.governance import Classified

IdNumber = NewType("IdNumber", str)
CreditCode = NewType("CreditCode", str)
RegionCode = NewType("RegionCode", str)
Money = NewType("Money", int)

_MONEY = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,2}))?\Z", re.ASCII)


def read_money(value: object) -> Money:
    """Fen of a decimal string in yuan.

    Raises:
        ValueError: Not a decimal string with at most two places.
    """
    match = _MONEY.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("money is a decimal string such as 12345.00")
    sign, yuan, fen = match.groups()
    amount = int(yuan) * 100 + int((fen or "").ljust(2, "0"))
    return Money(-amount if sign else amount)


def print_money(fen: int) -> str:
    """Decimal string in yuan with two places."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def read_date(value: object) -> datetime.date:
    """The date of an ISO 8601 calendar date.

    Raises:
        ValueError: Not of the form YYYY-MM-DD.
    """
    found = datetime.date.fromisoformat(read_text(value))
    # Python also reads other forms of the standard, such as week dates.
    if found.isoformat() != value:
        raise ValueError("a date is written YYYY-MM-DD")
    return found


def read_text(value: object) -> str:
    """The text of a text scalar, as it is.

    Raises:
        ValueError: Not a string, or with the zero character, which no database column holds.
    """
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("expected a string")
    return value


def _text_scalar(name: str, description: str, level: int) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        serialize=str,
        parse_value=read_text,
        directives=[Classified(level=level)],
    )


SCALARS: dict[object, ScalarDefinition] = {
    IdNumber: _text_scalar(
        "IdNumber",
        text("Identity number of a citizen, 18 characters (GB 11643).", "公民身份号码，18位。"),
        3,
    ),
    CreditCode: _text_scalar(
        "CreditCode",
        text("Unified social credit code, 18 characters (GB 32100).", "统一社会信用代码，18位。"),
        1,
    ),
    RegionCode: _text_scalar(
        "RegionCode",
        text(
            "Administrative division code of 6 or 9 digits; a prefix contains.",
            "行政区划代码，6位或9位，前缀表示包含关系。",
        ),
        1,
    ),
    Money: strawberry.scalar(
        name="Money",
        description=text('Amount in yuan, such as "12345.00".', "以元为单位的金额，如“12345.00”。"),
        serialize=print_money,
        parse_value=read_money,
        directives=[Classified(level=1)],
    ),
    datetime.date: strawberry.scalar(
        name="Date",
        description=text("Calendar date, YYYY-MM-DD.", "日期，格式为YYYY-MM-DD。"),
        serialize=datetime.date.isoformat,
        parse_value=read_date,
        directives=[Classified(level=1)],
    ),
}

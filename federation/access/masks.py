"""Typed masks: pure functions that turn a value into a less telling one of the same scalar.

A value that is not of its scalar's form becomes None rather than pass unmasked.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from federation.supergraph.model import named_type

Mask: TypeAlias = Callable[[Any], Any]

TEXT = frozenset({"String", "ID"})
NUMBERED = frozenset({"String", "ID", "IdNumber", "CreditCode"})
DATES = frozenset({"Date", "DateTime"})
AMOUNTS = frozenset({"Int", "Float", "Money", "Decimal"})

_DATE = re.compile(r"^(\d{4})-\d{2}-\d{2}(?P<time>T.*)?$")
_DECIMAL = re.compile(r"^(-?)(\d+)(?:\.(\d+))?$")


@dataclass(frozen=True, slots=True)
class MaskKind:
    """One mask of the registry.

    Attributes:
        scalars: Names of the scalars it keeps valid; None for any type.
        nullable_only: It answers null for each value, so a non-null field cannot take it, nor a
            list, whose length would still be told.
    """

    scalars: frozenset[str] | None
    nullable_only: bool = False


MASKS: Mapping[str, MaskKind] = {
    "last4": MaskKind(NUMBERED),
    "hash": MaskKind(NUMBERED),
    "year": MaskKind(DATES),
    "initial": MaskKind(TEXT),
    "first6": MaskKind(TEXT),
    "range": MaskKind(AMOUNTS),
    "null": MaskKind(None, nullable_only=True),
}


def suits(mask: str, type_text: str) -> bool:
    """Whether a mask keeps every value of a field of this type valid."""
    kind = MASKS.get(mask)
    if kind is None or (kind.nullable_only and ("[" in type_text or type_text.endswith("!"))):
        return False
    return kind.scalars is None or named_type(type_text) in kind.scalars


def bind_mask(mask: str, key: bytes) -> Mask:
    """The function of one mask, for one scalar; whatever is none of its form becomes null.

    Args:
        mask: A name of the registry.
        key: Secret of the purpose. Without one, hashes of identity numbers could be enumerated.
    """
    if mask == "null":
        return _null
    return _keyed_hash(key) if mask == "hash" else _FUNCTIONS[mask]


def bind_masks(masks: Mapping[tuple[str, str], str], key: bytes) -> dict[tuple[str, str], Mask]:
    """Functions for a restriction's masks, by type and field."""
    bound = {mask: bind_mask(mask, key) for mask in set(masks.values())}
    return {place: bound[mask] for place, mask in masks.items()}


def last4(value: Any) -> Any:
    """Stars but for the last four characters; only stars when there are no more than four."""
    if not isinstance(value, str):
        return None
    shown = value[-4:] if len(value) > 4 else ""
    return "*" * (len(value) - len(shown)) + shown


def initial(value: Any) -> Any:
    """The first character and two stars, so that the length stays unknown."""
    return f"{value[:1]}**" if isinstance(value, str) else None


def first6(value: Any) -> Any:
    """The first six characters, as of an address down to its county, and two stars."""
    return f"{value[:6] if len(value) > 6 else value[:1]}**" if isinstance(value, str) else None


def year(value: Any) -> Any:
    """The first day of a date's year."""
    match = _DATE.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    return f"{match[1]}-01-01" + ("T00:00:00Z" if match["time"] else "")


def range_floor(value: Any) -> Any:
    """An amount with all but its first digit zero: 12345.67 is 10000.00."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _DECIMAL.match(value if isinstance(value, str) else format(value, "f"))
    if match is None:
        return None
    sign, whole, decimals = match[1], match[2].lstrip("0"), match[3]
    floor = whole[:1] + "0" * (len(whole) - 1) if whole else "0"
    text = sign + floor if floor != "0" else floor
    if isinstance(value, str):
        return text + ("." + "0" * len(decimals) if decimals else "")
    return type(value)(text)


def _keyed_hash(key: bytes) -> Mask:
    """Sixteen hexadecimal digits that only equal values share, under one key."""
    # The key is hashed once.
    begun = hmac.new(key, digestmod=hashlib.sha256)

    def keyed_hash(value: Any) -> Any:
        if not isinstance(value, str | int):
            return None
        mac = begun.copy()
        mac.update(str(value).encode())
        return mac.hexdigest()[:16]

    return keyed_hash


_FUNCTIONS: Mapping[str, Mask] = {
    "last4": last4,
    "initial": initial,
    "first6": first6,
    "year": year,
    "range": range_floor,
}


def _null(_: Any) -> None:
    return None

"""Merging the types of fields and inputs, written as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Subtypes: TypeAlias = Mapping[str, frozenset[str]]
"""Interface or union name to its implementers or members."""


def is_subtype(narrow: str, wide: str, subtypes: Subtypes) -> bool:
    """Whether every value of type ``narrow`` is one of type ``wide``; a type is its own subtype."""
    if narrow == wide:
        return True
    if narrow.endswith("!"):
        return is_subtype(narrow[:-1], wide.removesuffix("!"), subtypes)
    if wide.endswith("!"):
        return False
    if narrow.startswith("[") and wide.startswith("["):
        return is_subtype(narrow[1:-1], wide[1:-1], subtypes)
    return narrow in subtypes.get(wide, ())


def merge_output(types: Sequence[str], subtypes: Subtypes) -> str | None:
    """The type among ``types`` that holds the values of all others; None when none does."""
    return next(
        (wide for wide in types if all(is_subtype(each, wide, subtypes) for each in types)), None
    )


def merge_input(types: Sequence[str], subtypes: Subtypes) -> str | None:
    """The type among ``types`` whose values all others accept; None when none is."""
    return next(
        (narrow for narrow in types if all(is_subtype(narrow, each, subtypes) for each in types)),
        None,
    )

"""Masks in generated code: the same steps as the interpreted ones, or ``Unexpected``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from federation.execution.compiled.source import Unexpected
from federation.execution.leaves import HIDDEN, INVALID
from federation.execution.model import Mask
from federation.execution.selected import Entry, TypeRef


def mask_with(entry: Entry) -> Callable[[Mask, Any], Any]:
    """A function from a request's mask and a sound value other than null to what is shown."""
    complete = entry.complete
    assert complete is not None, "masks are for leaves"

    def apply(mask: Mask, value: Any, type_ref: TypeRef = entry.type) -> Any:
        if type_ref.item is not None:
            inner = type_ref.item
            return [None if item is None else apply(mask, item, inner) for item in value]
        masked = mask(value)
        shown = None if masked is None else complete(masked)
        if shown is INVALID or shown is HIDDEN or (shown is None and type_ref.non_null):
            raise Unexpected
        return shown

    return apply


def leaves(value: Any, depth: int) -> int:
    """How many values there are to mask: those in lists one by one, and no nulls.

    Args:
        value: Of a field.
        depth: How many lists its type says there are.
    """
    if value is None:
        return 0
    return sum(leaves(each, depth - 1) for each in value) if depth else 1

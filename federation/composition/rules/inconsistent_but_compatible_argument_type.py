"""INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE: arguments of different types that fit."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import arguments, is_contextual
from federation.composition.sources import Sources
from federation.composition.type_references import merge_input
from federation.errors import Diagnostic, Severity


def inconsistent_but_compatible_argument_type(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: clients must give values of the narrower type, whichever subgraph gets them."""
    for each in arguments(schema):
        types = [value.type for _, value in each.values]
        # What some subgraph lacks is left out, or reported by another rule.
        if len(set(types)) < 2 or each.missing or is_contextual(each):
            continue
        merged = merge_input(types, schema.subtypes)
        if merged is not None:
            yield Diagnostic(
                "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE",
                f"{each.coordinate} is of type {merged}, since it is {each.type_variants()}",
                Severity.HINT,
                each.coordinate,
                each.locations,
                "Give the same type everywhere.",
            )

"""INCONSISTENT_ARGUMENT_PRESENCE: an argument is dropped that some subgraphs do not know."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    arguments,
    is_contextual,
)
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def inconsistent_argument_presence(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: such an argument is not in the API schema."""
    for each in arguments(schema):
        is_required = any(value.is_required for _, value in each.values)
        if each.missing and not is_required and not is_contextual(each):
            lacking = sorted(subgraph.name for subgraph, _ in each.missing)
            yield Diagnostic(
                "INCONSISTENT_ARGUMENT_PRESENCE",
                f"{each.coordinate} is left out, since it is unknown in {listed(lacking)}",
                Severity.HINT,
                each.coordinate,
                (*each.locations, *(location for _, location in each.missing)),
                "Add the argument in every subgraph that resolves the field.",
            )

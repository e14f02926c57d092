"""REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH: an argument is mandatory here and unknown there."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    arguments,
    is_contextual,
)
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic


def required_argument_missing_in_some_subgraph(schema: Sources) -> Iterator[Diagnostic]:
    """An argument that only some subgraphs know is dropped, so none of them may insist on it."""
    for each in arguments(schema):
        insisting = [subgraph.name for subgraph, value in each.values if value.is_required]
        if each.missing and insisting and not is_contextual(each):
            lacking = sorted(subgraph.name for subgraph, _ in each.missing)
            yield Diagnostic(
                "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
                f"{each.coordinate} is mandatory in {listed(insisting)}"
                f" but unknown in {listed(lacking)}",
                coordinate=each.coordinate,
                locations=(*each.locations, *(location for _, location in each.missing)),
                fix="Make the argument optional, or add it in every subgraph.",
            )

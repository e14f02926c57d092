"""REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH: a mandatory input field is unknown there."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    input_fields,
)
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic
from federation.subgraph.model import has_directive


def required_input_field_missing_in_some_subgraph(schema: Sources) -> Iterator[Diagnostic]:
    """An input field that only some subgraphs know is dropped, so none of them may insist on it."""
    for each in input_fields(schema):
        insisting = [subgraph.name for subgraph, value in each.values if value.is_required]
        is_hidden = any(has_directive(value, "inaccessible") for _, value in each.values)
        if each.missing and insisting and not is_hidden:
            lacking = sorted(subgraph.name for subgraph, _ in each.missing)
            yield Diagnostic(
                "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
                f"{each.coordinate} is mandatory in {listed(insisting)}"
                f" but unknown in {listed(lacking)}",
                coordinate=each.coordinate,
                locations=(*each.locations, *(location for _, location in each.missing)),
                fix="Make the input field optional, or add it in every subgraph.",
            )

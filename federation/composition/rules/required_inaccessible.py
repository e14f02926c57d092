"""REQUIRED_INACCESSIBLE: a mandatory input is inaccessible."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import directive_arguments
from federation.composition.merged import Merged
from federation.errors import Diagnostic
from federation.subgraph.model import has_directive
from federation.supergraph.api_schema import is_accessible


def required_inaccessible(merged: Merged) -> Iterator[Diagnostic]:
    """What clients must give, they must see."""
    for coordinate, value in merged.visible_inputs():
        if not is_accessible(value) and value.type.endswith("!") and value.default is None:
            yield Diagnostic(
                "REQUIRED_INACCESSIBLE",
                f"{coordinate} is mandatory but inaccessible",
                coordinate=coordinate,
                locations=merged.places(coordinate),
                fix="Give it a default value, make it optional, or show it.",
            )
    for each in directive_arguments(merged.sources):
        hidden = [value for _, value in each.values if has_directive(value, "inaccessible")]
        if hidden and any(value.is_required for _, value in each.values):
            yield Diagnostic(
                "REQUIRED_INACCESSIBLE",
                f"{each.coordinate} is mandatory but inaccessible",
                coordinate=each.coordinate,
                locations=each.locations,
                fix="Give it a default value, make it optional, or show it.",
            )

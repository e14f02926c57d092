"""INCONSISTENT_DESCRIPTION: an element is described differently."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.elements import elements
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def inconsistent_description(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the most frequent description is kept, among equals the first by subgraph name."""
    for each in elements(schema):
        said = {
            source.name: element.description
            for source, element in each.sources
            if element.description
        }
        if len(set(said.values())) > 1:
            yield Diagnostic(
                "INCONSISTENT_DESCRIPTION",
                f"{each.coordinate} is described differently by {listed(sorted(said))}",
                Severity.HINT,
                each.coordinate,
                each.locations,
                "Agree on one description, or give it in one subgraph only.",
            )

"""INCONSISTENT_ENTITY: an object has a key in some subgraphs only."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import Kind


def inconsistent_entity(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: subgraphs without a key can neither be entered nor left with the object."""
    for name, sources in schema.types.items():
        if schema.kind(name) is not Kind.OBJECT:
            continue
        lacking = [each for each in sources if not each.type.keys]
        if 0 < len(lacking) < len(sources):
            yield Diagnostic(
                "INCONSISTENT_ENTITY",
                f"{name} has a key in some subgraphs, but none in {names(lacking)}",
                Severity.HINT,
                Coordinate(name),
                places(sources),
                "Add the @key where the object can be identified.",
            )

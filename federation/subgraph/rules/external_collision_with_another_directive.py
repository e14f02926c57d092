"""EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE: an external field provides others."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import (
    Subgraph,
    find_directive,
    has_directive,
)


def external_collision_with_another_directive(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A field that is resolved elsewhere provides nothing here."""
    for definition in subgraph.types.values():
        for field in definition.fields.values():
            provides = find_directive(field, "provides")
            if provides is not None and has_directive(field, "external"):
                yield Diagnostic(
                    "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE",
                    f"[{subgraph.name}] {definition.name}.{field.name} is external and provides"
                    " fields",
                    coordinate=Coordinate(definition.name, field.name),
                    locations=(provides.location,),
                    fix="Remove @provides or @external.",
                )

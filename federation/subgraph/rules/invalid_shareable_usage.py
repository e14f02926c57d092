"""INVALID_SHAREABLE_USAGE: @shareable on an interface field."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, Subgraph, find_directive


def invalid_shareable_usage(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Interface fields are resolved by nobody, so there is nothing to share."""
    for definition in subgraph.types.values():
        for field in definition.fields.values() if definition.kind is Kind.INTERFACE else ():
            shareable = find_directive(field, "shareable")
            if shareable is not None:
                yield Diagnostic(
                    "INVALID_SHAREABLE_USAGE",
                    f"[{subgraph.name}] @shareable on the interface field"
                    f" {definition.name}.{field.name}",
                    coordinate=Coordinate(definition.name, field.name),
                    locations=(shareable.location,),
                    fix="Put @shareable on the fields of the implementing objects.",
                )

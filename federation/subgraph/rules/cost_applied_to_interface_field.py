"""COST_APPLIED_TO_INTERFACE_FIELD: @cost on an interface field."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import (
    Kind,
    Subgraph,
    find_directive,
)


def cost_applied_to_interface_field(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """What a field costs depends on who resolves it, so on objects."""
    for definition in subgraph.types.values():
        for field in definition.fields.values() if definition.kind is Kind.INTERFACE else ():
            cost = find_directive(field, "cost")
            if cost is not None:
                yield Diagnostic(
                    "COST_APPLIED_TO_INTERFACE_FIELD",
                    f"[{subgraph.name}] @cost on the interface field"
                    f" {definition.name}.{field.name}",
                    coordinate=Coordinate(definition.name, field.name),
                    locations=(cost.location,),
                    fix="Put @cost on the fields of the implementing objects.",
                )

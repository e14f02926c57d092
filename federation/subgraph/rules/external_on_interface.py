"""EXTERNAL_ON_INTERFACE: @external on an interface field."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, Subgraph, find_directive


def external_on_interface(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Interface fields are resolved by nobody, so none of them is external."""
    for definition in subgraph.types.values():
        for field in definition.fields.values() if definition.kind is Kind.INTERFACE else ():
            external = find_directive(field, "external")
            if external is not None:
                yield Diagnostic(
                    "EXTERNAL_ON_INTERFACE",
                    f"[{subgraph.name}] @external on the interface field"
                    f" {definition.name}.{field.name}",
                    coordinate=Coordinate(definition.name, field.name),
                    locations=(external.location,),
                    fix="Remove @external; mark fields of the implementing objects instead.",
                )

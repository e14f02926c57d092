"""OVERRIDE_ON_INTERFACE: @override on an interface field."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, Subgraph, find_directive


def override_on_interface(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Interface fields are resolved by nobody, so none can be taken over."""
    for definition in subgraph.types.values():
        for field in definition.fields.values() if definition.kind is Kind.INTERFACE else ():
            override = find_directive(field, "override")
            if override is not None:
                yield Diagnostic(
                    "OVERRIDE_ON_INTERFACE",
                    f"[{subgraph.name}] @override on the interface field"
                    f" {definition.name}.{field.name}",
                    coordinate=Coordinate(definition.name, field.name),
                    locations=(override.location,),
                    fix="Put @override on the fields of the implementing objects.",
                )

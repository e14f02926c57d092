"""EXTERNAL_UNUSED: an external field that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, Subgraph, find_directive
from federation.subgraph.usage import used_fields


def external_unused(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """An external field is there to be used: in a field set, or because an interface demands it."""
    if not subgraph.is_federation_2:
        return  # dropped on loading
    used = used_fields(subgraph.types)
    for definition in subgraph.types.values():
        if definition.kind is not Kind.OBJECT:
            continue
        for field in definition.fields.values():
            external = find_directive(field, "external")
            if external is not None and (definition.name, field.name) not in used:
                yield Diagnostic(
                    "EXTERNAL_UNUSED",
                    f"[{subgraph.name}] {definition.name}.{field.name} is external but neither"
                    " key, nor required or provided, nor demanded by an interface",
                    coordinate=Coordinate(definition.name, field.name),
                    locations=(field.location,),
                    fix="Remove the field from this subgraph, or use it in @requires or @provides.",
                )

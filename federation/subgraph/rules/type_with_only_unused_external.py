"""TYPE_WITH_ONLY_UNUSED_EXTERNAL: a federation 1 type of which no field is used here."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, Subgraph, has_directive
from federation.subgraph.usage import used_fields


def type_with_only_unused_external(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """In federation 1 external fields that nothing uses are dropped; a type keeps at least one."""
    if subgraph.is_federation_2:
        return
    used = used_fields(subgraph.types)
    for definition in subgraph.types.values():
        if definition.kind is not Kind.OBJECT or not definition.fields:
            continue
        if all(
            has_directive(each, "external") and (definition.name, each.name) not in used
            for each in definition.fields.values()
        ):
            yield Diagnostic(
                "TYPE_WITH_ONLY_UNUSED_EXTERNAL",
                f"[{subgraph.name}] {definition.name} has external fields only, and no @key,"
                " @requires or @provides names one of them",
                coordinate=Coordinate(definition.name),
                locations=definition.locations,
                fix="Give the type a @key or a field of its own, or remove the fields that return"
                " it.",
            )

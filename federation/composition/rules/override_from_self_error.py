"""OVERRIDE_FROM_SELF_ERROR: a subgraph takes a field over from itself."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import find_directive


def override_from_self_error(schema: Sources) -> Iterator[Diagnostic]:
    """A field is taken over from another subgraph."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            overriding = {
                each.subgraph.name: override
                for each in sources
                if (override := find_directive(each.field, "override")) is not None
            }
            for each in sources:
                override = overriding.get(each.subgraph.name)
                if override is None:
                    continue
                loser = override.text("from") or ""
                if loser == each.subgraph.name:
                    yield Diagnostic(
                        "OVERRIDE_FROM_SELF_ERROR",
                        f"[{each.subgraph.name}] {type_name}.{name} is taken over from the"
                        " subgraph itself",
                        coordinate=Coordinate(type_name, name),
                        locations=(override.location,),
                        fix="Name the subgraph that shall lose the field.",
                    )

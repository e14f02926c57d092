"""OVERRIDE_SOURCE_HAS_OVERRIDE: a field is taken over from a subgraph that takes it over, too."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import find_directive


def override_source_has_override(schema: Sources) -> Iterator[Diagnostic]:
    """At most one subgraph takes a field over."""
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
                if loser != each.subgraph.name and loser in overriding:
                    yield Diagnostic(
                        "OVERRIDE_SOURCE_HAS_OVERRIDE",
                        f"[{each.subgraph.name}] {type_name}.{name} is taken over from {loser},"
                        " which takes it over itself",
                        coordinate=Coordinate(type_name, name),
                        locations=(override.location,),
                        fix="Keep one of the overrides.",
                    )

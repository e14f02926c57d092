"""OVERRIDE_MIGRATION_IN_PROGRESS: a labelled override shares a field between two subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import find_directive


def override_migration_in_progress(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: which of the two resolves it is decided for each request."""
    known = {each.name for each in schema.subgraphs}
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            by_name = {each.subgraph.name: each for each in sources}
            for each in sources:
                override = find_directive(each.field, "override")
                origin = override.text("from") if override is not None else None
                if override is None or origin not in known - {each.subgraph.name}:
                    continue
                loser = by_name.get(origin)
                if loser is not None and override.text("label") is not None:
                    yield Diagnostic(
                        "OVERRIDE_MIGRATION_IN_PROGRESS",
                        f"{type_name}.{name} is moving from {origin} to {each.subgraph.name} by"
                        f' the label "{override.text("label")}"',
                        Severity.HINT,
                        Coordinate(type_name, name),
                        (override.location,),
                        "Raise the share step by step, then remove the label.",
                    )

"""OVERRIDE_DIRECTIVE_CAN_BE_REMOVED: an override takes nothing from anybody."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import find_directive


def override_directive_can_be_removed(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the other subgraph lacks the field, or only mentions it as external."""
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
                if loser is None or loser.is_external:
                    yield Diagnostic(
                        "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
                        f"[{each.subgraph.name}] {type_name}.{name} is overridden, but {origin}"
                        " does not resolve it",
                        Severity.HINT,
                        Coordinate(type_name, name),
                        (override.location,),
                        "Remove @override.",
                    )

"""OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE: @override meets a directive it does not go with."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, SourceLocation
from federation.subgraph.model import Directive, find_directive, has_directive


def override_collision_with_another_directive(schema: Sources) -> Iterator[Diagnostic]:
    """Who takes a field over resolves it; who loses it must not need anything for it.

    So the new definition is not external, the old one has neither ``@requires`` nor
    ``@provides``, and an interface object takes nothing over.
    """
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            by_name = {each.subgraph.name: each for each in sources}
            for each in sources:
                override = find_directive(each.field, "override")
                if override is None:
                    continue
                loser = by_name.get(override.text("from") or "")
                for directive, source, place in _collisions(each, override, loser):
                    yield Diagnostic(
                        "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
                        f"[{each.subgraph.name}] @override of {type_name}.{name} collides"
                        f" with @{directive} in {source.subgraph.name}",
                        coordinate=Coordinate(type_name, name),
                        locations=(override.location, place),
                        fix=f"Remove @override or @{directive}.",
                    )


def _collisions(
    winner: FieldSource, override: Directive, loser: FieldSource | None
) -> Iterator[tuple[str, FieldSource, SourceLocation]]:
    if loser is not None and has_directive(winner.field, "external"):
        yield "external", winner, winner.field.location
    if winner.type.is_interface_object:
        yield "interfaceObject", winner, next(iter(winner.type.locations), override.location)
    if loser is None or loser is winner:
        return
    # That the loser mentions it as external only makes the override needless.
    for directive in ("requires", "provides"):
        if has_directive(loser.field, directive):
            yield directive, loser, loser.field.location

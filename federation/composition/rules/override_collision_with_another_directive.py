"""OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE: @override beside @external, @requires or @provides."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import find_directive, has_directive

_COLLIDING = ("external", "requires", "provides")


def override_collision_with_another_directive(schema: Sources) -> Iterator[Diagnostic]:
    """An overridden field is a plain one, both where it is taken and where it is lost."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            by_name = {each.subgraph.name: each for each in sources}
            for each in sources:
                override = find_directive(each.field, "override")
                if override is None:
                    continue
                loser = by_name.get(override.text("from") or "")
                concerned: list[tuple[FieldSource, tuple[str, ...]]] = [(each, _COLLIDING)]
                if loser is not None and loser is not each:
                    # That the loser mentions it as external only makes the override needless.
                    concerned.append((loser, ("requires", "provides")))
                for source, colliding in concerned:
                    for directive in colliding:
                        if has_directive(source.field, directive):
                            yield Diagnostic(
                                "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
                                f"[{each.subgraph.name}] @override of {type_name}.{name} collides"
                                f" with @{directive} in {source.subgraph.name}",
                                coordinate=Coordinate(type_name, name),
                                locations=(override.location, source.field.location),
                                fix=f"Remove @override or @{directive}.",
                            )

"""TYPE_KIND_MISMATCH: a name is a type of one kind here and of another there."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import places, variants
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic


def type_kind_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """A type is of the same kind in every subgraph; an interface object counts as interface."""
    for name, sources in schema.types.items():
        kinds = [
            (
                each.subgraph.name,
                "interface" if each.type.is_interface_object else each.type.kind.value,
            )
            for each in sources
        ]
        if len({kind for _, kind in kinds}) > 1 and not any(
            each.type.is_interface_object for each in sources
        ):
            yield Diagnostic(
                "TYPE_KIND_MISMATCH",
                f"{name} is of different kinds: {variants(kinds)}",
                coordinate=Coordinate(name),
                locations=places(sources),
                fix="Rename the type in one of the subgraphs.",
            )

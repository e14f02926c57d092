"""IMPLEMENTED_BY_INACCESSIBLE: a visible interface field is inaccessible in an implementer."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.merged import Merged
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.supergraph.api_schema import is_accessible
from federation.supergraph.model import (
    InterfaceType,
)


def implemented_by_inaccessible(merged: Merged) -> Iterator[Diagnostic]:
    """What clients see in an interface, they see in all visible implementers."""
    for definition in merged.supergraph.composite_types():
        if not is_accessible(definition):
            continue
        for name in definition.interfaces:
            interface = merged.supergraph.types.get(name)
            if not isinstance(interface, InterfaceType) or not is_accessible(interface):
                continue
            for field in filter(is_accessible, interface.fields.values()):
                own = definition.fields.get(field.name)
                if own is not None and not is_accessible(own):
                    coordinate = Coordinate(definition.name, field.name)
                    yield Diagnostic(
                        "IMPLEMENTED_BY_INACCESSIBLE",
                        f"{coordinate} is inaccessible, but {name}.{field.name} is visible",
                        coordinate=coordinate,
                        locations=(
                            *merged.places(coordinate),
                            *merged.places(Coordinate(name, field.name)),
                        ),
                        fix="Hide the interface field as well, or show this one.",
                    )

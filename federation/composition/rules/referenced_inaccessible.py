"""REFERENCED_INACCESSIBLE: a visible element is of an inaccessible type."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.merged import Merged
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.supergraph.api_schema import is_accessible
from federation.supergraph.model import (
    named_type,
)


def referenced_inaccessible(merged: Merged) -> Iterator[Diagnostic]:
    """Clients see the types of all that they see."""
    for coordinate, type_text in _references(merged):
        type_name = named_type(type_text)
        if merged.is_hidden(type_name):
            yield Diagnostic(
                "REFERENCED_INACCESSIBLE",
                f"{coordinate} is of the inaccessible type {type_name}, but visible itself",
                coordinate=coordinate,
                locations=(*merged.places(coordinate), *merged.places(Coordinate(type_name))),
                fix=f"Mark {coordinate} as @inaccessible as well, or show {type_name}.",
            )


def _references(merged: Merged) -> Iterator[tuple[Coordinate, str]]:
    for definition in merged.supergraph.composite_types():
        for field in definition.fields.values():
            if is_accessible(definition) and is_accessible(field):
                yield Coordinate(definition.name, field.name), field.type
    for coordinate, value in merged.visible_inputs():
        if is_accessible(value):
            yield coordinate, value.type

"""ONLY_INACCESSIBLE_CHILDREN: a visible type has nothing visible in it."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.merged import Merged
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.supergraph.api_schema import is_accessible
from federation.supergraph.model import (
    EnumType,
    InputObjectType,
    InterfaceType,
    ObjectType,
    TypeDefinition,
    UnionType,
)


def only_inaccessible_children(merged: Merged) -> Iterator[Diagnostic]:
    """A type that clients see has a field, value or member that they see."""
    for definition in merged.supergraph.types.values():
        children = _children(definition, merged)
        if is_accessible(definition) and children is not None and not any(children):
            yield Diagnostic(
                "ONLY_INACCESSIBLE_CHILDREN",
                f"{definition.name} is visible, but everything in it is inaccessible",
                coordinate=Coordinate(definition.name),
                locations=merged.places(Coordinate(definition.name)),
                fix=f"Mark {definition.name} as @inaccessible as well, or show part of it.",
            )


def _children(definition: TypeDefinition, merged: Merged) -> list[bool] | None:
    if isinstance(definition, ObjectType | InterfaceType):
        return [is_accessible(each) for each in definition.fields.values()]
    if isinstance(definition, InputObjectType):
        return [is_accessible(each) for each in definition.fields.values()]
    if isinstance(definition, EnumType):
        return [is_accessible(each) for each in definition.values]
    if isinstance(definition, UnionType):
        return [not merged.is_hidden(each) for each in definition.member_types]
    return None

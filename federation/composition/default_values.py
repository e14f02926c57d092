"""What the default values of the merged schema are written with."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, ValueNode, parse_value

from federation.composition.merged import Merged
from federation.coordinate import Coordinate
from federation.supergraph.api_schema import is_accessible
from federation.supergraph.model import (
    EnumType,
    EnumValue,
    InputObjectType,
    InputValue,
    named_type,
)


def visible_defaults(merged: Merged) -> Iterator[tuple[Coordinate, InputValue, str]]:
    """Arguments and input fields that clients see, each with its default value."""
    for coordinate, value in merged.visible_inputs():
        if value.default is not None and is_accessible(value):
            yield coordinate, value, value.default


def parts(
    value: InputValue, default: str, merged: Merged
) -> Iterator[tuple[Coordinate, InputValue | EnumValue | None]]:
    """Input fields and enum values that a default names; None for those that are left out."""
    return _parts(parse_value(default), named_type(value.type), merged)


def _parts(
    node: ValueNode, type_name: str, merged: Merged
) -> Iterator[tuple[Coordinate, InputValue | EnumValue | None]]:
    definition = merged.supergraph.types.get(type_name)
    if isinstance(node, ListValueNode):
        for item in node.values:
            yield from _parts(item, type_name, merged)
    elif isinstance(node, ObjectValueNode) and isinstance(definition, InputObjectType):
        for entry in node.fields:
            name = entry.name.value
            field = definition.fields.get(name)
            yield Coordinate(type_name, name), field
            if field is not None:
                yield from _parts(entry.value, named_type(field.type), merged)
    elif isinstance(node, EnumValueNode) and isinstance(definition, EnumType):
        found = next((each for each in definition.values if each.name == node.value), None)
        yield Coordinate(type_name, node.value), found

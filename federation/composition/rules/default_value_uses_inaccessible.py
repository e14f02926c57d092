"""DEFAULT_VALUE_USES_INACCESSIBLE: a visible default value names something inaccessible."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, ValueNode, parse_value

from federation.composition.merged import Merged
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.supergraph.api_schema import is_accessible
from federation.supergraph.model import (
    EnumType,
    InputObjectType,
    named_type,
)


def default_value_uses_inaccessible(merged: Merged) -> Iterator[Diagnostic]:
    """The default values that clients see are written with what they see."""
    for coordinate, value in merged.visible_inputs():
        if value.default is None or not is_accessible(value):
            continue
        for hidden in _hidden(parse_value(value.default), named_type(value.type), merged):
            yield Diagnostic(
                "DEFAULT_VALUE_USES_INACCESSIBLE",
                f"the default value of {coordinate} uses {hidden}, which is inaccessible",
                coordinate=coordinate,
                locations=(*merged.places(coordinate), *merged.places(hidden)),
                fix=f"Choose another default value, or show {hidden}.",
            )


def _hidden(node: ValueNode, type_name: str, merged: Merged) -> Iterator[Coordinate]:
    definition = merged.supergraph.types.get(type_name)
    if isinstance(node, ListValueNode):
        for item in node.values:
            yield from _hidden(item, type_name, merged)
    elif isinstance(node, ObjectValueNode) and isinstance(definition, InputObjectType):
        for entry in node.fields:
            field = definition.fields.get(entry.name.value)
            if field is None:
                continue
            if not is_accessible(field):
                yield Coordinate(type_name, field.name)
            yield from _hidden(entry.value, named_type(field.type), merged)
    elif isinstance(node, EnumValueNode) and isinstance(definition, EnumType):
        for each in definition.values:
            if each.name == node.value and not is_accessible(each):
                yield Coordinate(type_name, each.name)

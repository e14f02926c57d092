"""Whether a literal is a value of a type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    print_ast,
)

from federation.subgraph.model import Kind, Type

_BUILT_IN: Final[Mapping[str, tuple[type[ValueNode], ...]]] = {
    "Boolean": (BooleanValueNode,),
    "Float": (FloatValueNode, IntValueNode),
    "ID": (IntValueNode, StringValueNode),
    "Int": (IntValueNode,),
    "String": (StringValueNode,),
}


def misfits(node: ValueNode, type_text: str, types: Mapping[str, Type]) -> Iterator[str]:
    """Why a literal is no value of a type, part by part.

    Source:
        GraphQL specification, "Values of Correct Type".
    """
    if isinstance(node, VariableNode):
        yield f"${node.name.value} is a variable"
    elif type_text.endswith("!"):
        if isinstance(node, NullValueNode):
            yield f"null is no {type_text}"
        else:
            yield from misfits(node, type_text[:-1], types)
    elif isinstance(node, NullValueNode):
        return
    elif type_text.startswith("["):
        # One value stands for a list of it.
        items = node.values if isinstance(node, ListValueNode) else (node,)
        for item in items:
            yield from misfits(item, type_text[1:-1], types)
    else:
        yield from _named(node, type_text, types)


def _named(node: ValueNode, name: str, types: Mapping[str, Type]) -> Iterator[str]:
    definition = types.get(name)
    if definition is not None and definition.kind is Kind.INPUT_OBJECT:
        yield from _object(node, definition, types)
        return
    if definition is not None and definition.kind is Kind.ENUM:
        is_fit = isinstance(node, EnumValueNode) and node.value in definition.values
    else:
        is_fit = isinstance(node, _BUILT_IN.get(name, ValueNode)) and _is_constant(node)
    if not is_fit:
        yield f"{print_ast(node)} is no {name}"


def _is_constant(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return all(map(_is_constant, node.values))
    if isinstance(node, ObjectValueNode):
        return all(_is_constant(each.value) for each in node.fields)
    return not isinstance(node, VariableNode)


def _object(node: ValueNode, definition: Type, types: Mapping[str, Type]) -> Iterator[str]:
    if not isinstance(node, ObjectValueNode):
        yield f"{print_ast(node)} is no {definition.name}"
        return
    given = {each.name.value: each.value for each in node.fields}
    for name, value in given.items():
        field = definition.input_fields.get(name)
        if field is None:
            yield f"{definition.name} has no field {name}"
        else:
            yield from misfits(value, field.type, types)
    for field in definition.input_fields.values():
        if field.is_required and field.name not in given:
            yield f"{definition.name} needs a value for its field {field.name}"

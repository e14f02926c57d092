"""Values in an operation: whether they suit their types, and which variables stand in them."""

from __future__ import annotations

from typing import NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
    is_type_sub_type_of,
    validate_input_literal,
)


class Unsure(Exception):
    """Something may not be valid: graphql-core must decide, and find the words."""


class Usage(NamedTuple):
    """A variable where a value of some type is expected.

    Attributes:
        has_default: The place has a default value of its own.
    """

    name: str
    type: GraphQLInputType
    has_default: bool


def default_of(definition: GraphQLArgument | GraphQLInputField) -> bool:
    """Whether an argument or input field has a default value."""
    return definition.default is not None or definition.default_value is not Undefined


def read_value(
    node: ValueNode, expected: GraphQLInputType, has_default: bool, usages: list[Usage]
) -> None:
    """Check a value against its type; the variables in it are added to ``usages``.

    Raises:
        Unsure: It may not suit.
    """
    if isinstance(node, VariableNode):
        usages.append(Usage(node.name.value, expected, has_default))
        return
    type_ = expected.of_type if is_non_null_type(expected) else expected
    if isinstance(node, NullValueNode):
        if type_ is not expected:
            raise Unsure
    elif is_list_type(type_):
        # A single value stands for a list of one.
        for item in node.values if isinstance(node, ListValueNode) else (node,):
            read_value(item, type_.of_type, False, usages)
    elif is_input_object_type(type_):
        _read_object(node, type_, usages)
    # Scalars may take lists and objects in ways of their own, with variables in them.
    elif isinstance(node, ListValueNode | ObjectValueNode):
        raise Unsure
    else:
        validate_input_literal(node, type_, _refuse, hide_suggestions=True)


def _read_object(node: ValueNode, type_: GraphQLInputObjectType, usages: list[Usage]) -> None:
    if not isinstance(node, ObjectValueNode) or type_.is_one_of:
        raise Unsure
    given: set[str] = set()
    for field in node.fields:
        name = field.name.value
        definition = type_.fields.get(name)
        if definition is None or name in given:
            raise Unsure
        given.add(name)
        read_value(field.value, definition.type, default_of(definition), usages)
    for name, definition in type_.fields.items():
        if name not in given and is_required_input_field(definition):
            raise Unsure


def _refuse(_error: GraphQLError, _path: list[str | int]) -> None:
    raise Unsure


def check_usage(
    schema: GraphQLSchema,
    usage: Usage,
    declared: GraphQLInputType,
    default: ValueNode | None,
) -> None:
    """Whether a variable may stand where it stands.

    Raises:
        Unsure: It may not.

    Source:
        GraphQL specification, "All Variable Usages Are Allowed".
    """
    expected = usage.type
    if is_non_null_type(expected) and not is_non_null_type(declared):
        if not usage.has_default and (default is None or isinstance(default, NullValueNode)):
            raise Unsure
        expected = expected.of_type
    if not is_type_sub_type_of(schema, declared, expected):
        raise Unsure

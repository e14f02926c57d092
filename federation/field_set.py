"""Field sets: the selection text that ``@key``, ``@requires`` and ``@provides`` take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from graphql import (
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    TypeNode,
    ValueNode,
    VariableNode,
    parse,
    print_ast,
)

from federation.selection import (
    Argument,
    Field,
    InlineFragment,
    Selection,
    SelectionSet,
    print_selection,
)


@lru_cache(maxsize=8192)
def read_field_set(text: str) -> SelectionSet:
    """The selections that a field set text names, with or without outer braces.

    Raises:
        ValueError: The text is not a selection set of fields and inline fragments.
    """
    stripped = text.strip()
    document = stripped if stripped.startswith("{") else f"{{{text}}}"
    try:
        definition = parse(document, no_location=True).definitions[0]
    except GraphQLSyntaxError as error:
        raise ValueError(f"not a field set: {text!r}: {error.message}") from None
    if not isinstance(definition, OperationDefinitionNode):
        raise ValueError(f"not a field set: {text!r}")  # noqa: TRY004 - a bad text, not a bad type
    return _read(definition.selection_set, text)


def print_field_set(selections: SelectionSet) -> str:
    """The canonical text of a field set, without outer braces."""
    return " ".join(map(print_selection, selections))


def _read(node: SelectionSetNode, text: str) -> SelectionSet:
    selections: list[Selection] = []
    for selection in node.selections:
        if isinstance(selection, FieldNode):
            selections.append(
                Field(
                    name=selection.name.value,
                    alias=selection.alias.value if selection.alias else None,
                    arguments=read_arguments(selection),
                    selections=_read(selection.selection_set, text)
                    if selection.selection_set
                    else (),
                )
            )
        elif isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            selections.append(
                InlineFragment(
                    type_condition=condition.name.value if condition else None,
                    selections=_read(selection.selection_set, text),
                )
            )
        else:
            raise ValueError(f"a field set may not spread named fragments: {text!r}")  # noqa: TRY004 - a bad text, not a bad type
    return tuple(selections)


def read_arguments(field: FieldNode) -> tuple[Argument, ...]:
    """Arguments of a parsed field as values, sorted by name."""
    if not field.arguments:
        return ()
    return tuple(
        sorted(
            (
                Argument(
                    node.name.value, print_literal(node.value), tuple(_variables_in(node.value))
                )
                for node in field.arguments
            ),
            key=lambda argument: argument.name,
        )
    )


def print_literal(node: ValueNode) -> str:
    """One canonical line for a literal; block strings become plain strings."""
    # graphql-core breaks long lists and objects and keeps block strings, while operation texts are
    # one line by contract; and it takes its time for what is no more than a word.
    match node:
        case VariableNode():
            return f"${node.name.value}"
        case IntValueNode() | FloatValueNode() | EnumValueNode():
            return node.value
        case ListValueNode():
            return f"[{', '.join(map(print_literal, node.values))}]"
        case ObjectValueNode():
            fields = (f"{field.name.value}: {print_literal(field.value)}" for field in node.fields)
            return f"{{{', '.join(fields)}}}"
        case StringValueNode() if node.block:
            return print_ast(StringValueNode(value=node.value))
    return print_ast(node)


def print_type(node: TypeNode) -> str:
    """The text of a type: ``[Citizen!]!``."""
    match node:
        case NonNullTypeNode():
            return f"{print_type(node.type)}!"
        case ListTypeNode():
            return f"[{print_type(node.type)}]"
        case NamedTypeNode():
            return node.name.value
    return print_ast(node)


def _variables_in(node: ValueNode) -> Iterator[str]:
    """Names of the variables in a value, in order of appearance."""
    if isinstance(node, VariableNode):
        yield node.name.value
    elif isinstance(node, ListValueNode):
        for item in node.values:
            yield from _variables_in(item)
    elif isinstance(node, ObjectValueNode):
        for field in node.fields:
            yield from _variables_in(field.value)

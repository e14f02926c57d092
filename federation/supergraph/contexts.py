"""``contextArguments`` of the join spec: arguments filled from an enclosing object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import ListValueNode, ObjectValueNode, StringValueNode, parse_value

from federation.field_set import read_field_set
from federation.selection import SelectionSet
from federation.supergraph.model import JoinField, Supergraph


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """One argument of a field, as the subgraph that resolves it declares it.

    Attributes:
        name: Of the argument.
        type: Of the argument, as text.
        context: As the supergraph calls it; several types can set it.
        selections: What is read from the nearest enclosing object that sets it; one leaf for each
            type of that object.
    """

    name: str
    type: str
    context: str
    selections: SelectionSet


def read_context_arguments(join: JoinField) -> tuple[ContextArgument, ...]:
    """The contextual arguments of a field in one subgraph, in the order of the text."""
    return tuple(_read(join.context_arguments)) if join.context_arguments is not None else ()


def _read(text: str) -> Iterator[ContextArgument]:
    literal = parse_value(text, no_location=True)
    for item in literal.values if isinstance(literal, ListValueNode) else ():
        assert isinstance(item, ObjectValueNode), "contextArguments is a list of objects"
        given = {
            field.name.value: field.value.value
            for field in item.fields
            if isinstance(field.value, StringValueNode)
        }
        yield ContextArgument(
            name=given["name"],
            type=given["type"],
            context=given["context"],
            selections=read_field_set(given["selection"]),
        )


def context_holders(supergraph: Supergraph) -> Mapping[str, tuple[str, ...]]:
    """Names of the composite types that set each context, by the context's name."""
    found: dict[str, list[str]] = {}
    for definition in supergraph.types.values():
        for directive in definition.directives:
            name = directive.argument("name") if directive.name.endswith("context") else None
            if name is not None:
                found.setdefault(name.strip('"'), []).append(definition.name)
    return {context: tuple(names) for context, names in found.items()}

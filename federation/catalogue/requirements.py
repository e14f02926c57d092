"""Which fields a field is computed from: the inputs of ``@requires`` and ``@fromContext``.

Taken over every subgraph that could resolve the field, because which one will is decided only when
an operation is planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from graphql import ListValueNode, ObjectValueNode, StringValueNode, parse_value

from federation.field_set import read_field_set
from federation.selection import Field, SelectionSet
from federation.supergraph.model import (
    FieldDefinition,
    InterfaceType,
    ObjectType,
    Supergraph,
    UnionType,
    named_type,
)

TypeField: TypeAlias = tuple[str, str]
"""Name of an object type and of one of its fields."""


def concrete_types(supergraph: Supergraph) -> dict[str, tuple[str, ...]]:
    """Object types that a value of each object, interface or union type can have, sorted."""
    implementers: dict[str, list[str]] = {}
    for definition in supergraph.types.values():
        if isinstance(definition, ObjectType):
            for interface in definition.interfaces:
                implementers.setdefault(interface, []).append(definition.name)
    concrete: dict[str, tuple[str, ...]] = {}
    for name, definition in supergraph.types.items():
        if isinstance(definition, ObjectType):
            concrete[name] = (name,)
        elif isinstance(definition, InterfaceType):
            concrete[name] = tuple(sorted(implementers.get(name, ())))
        elif isinstance(definition, UnionType):
            concrete[name] = tuple(sorted(definition.member_types))
    return concrete


def direct_requirements(supergraph: Supergraph) -> Mapping[TypeField, frozenset[TypeField]]:
    """The inputs of each object field that has any, not closed under itself."""
    walker = _Walker(supergraph)
    found: dict[TypeField, frozenset[TypeField]] = {}
    for definition in supergraph.composite_types():
        for field in definition.fields.values():
            for concrete in walker.concrete.get(definition.name, ()):
                inputs = frozenset(walker.inputs(concrete, field))
                if inputs:
                    key = (concrete, field.name)
                    found[key] = found.get(key, frozenset()) | inputs
    return found


class _Walker:
    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph
        self.concrete = concrete_types(supergraph)

    def inputs(self, type_name: str, field: FieldDefinition) -> Iterator[TypeField]:
        for join in field.joins:
            if join.requires is not None:
                yield from self.walk(type_name, read_field_set(join.requires))
            if join.context_arguments is not None:
                yield from self.context(join.context_arguments)

    def walk(self, type_name: str, selections: SelectionSet) -> Iterator[TypeField]:
        for selection in selections:
            if not isinstance(selection, Field):
                yield from self.walk(selection.type_condition or type_name, selection.selections)
                continue
            for concrete in self.concrete.get(type_name, ()):
                definition = self.supergraph.types[concrete]
                assert isinstance(definition, ObjectType), "a concrete type is an object type"
                field = definition.fields.get(selection.name)
                if field is not None:
                    yield concrete, selection.name
                    yield from self.walk(named_type(field.type), selection.selections)

    def context(self, text: str) -> Iterator[TypeField]:
        literal = parse_value(text, no_location=True)
        for item in literal.values if isinstance(literal, ListValueNode) else ():
            assert isinstance(item, ObjectValueNode), "contextArguments is a list of objects"
            given = {
                field.name.value: field.value.value
                for field in item.fields
                if isinstance(field.value, StringValueNode)
            }
            for holder in self.holders(given.get("context", "")):
                yield from self.walk(holder, read_field_set(given.get("selection", "")))

    def holders(self, context: str) -> Iterator[str]:
        for definition in self.supergraph.types.values():
            for directive in definition.directives:
                name = directive.argument("name") if directive.name.endswith("context") else None
                if name is not None and name.strip('"') == context:
                    yield definition.name

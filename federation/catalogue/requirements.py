"""Which fields a field is computed from: the inputs of ``@requires`` and ``@fromContext``.

Taken over every subgraph that could resolve the field, because which one will is decided only when
an operation is planned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from federation.field_set import read_field_set
from federation.selection import Field, SelectionSet
from federation.supergraph.contexts import (
    ContextArgument,
    context_holders,
    read_context_arguments,
)
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
        self.holders = context_holders(supergraph)

    def inputs(self, type_name: str, field: FieldDefinition) -> Iterator[TypeField]:
        for join in field.joins:
            if join.requires is not None:
                yield from self.walk(type_name, read_field_set(join.requires))
            for argument in read_context_arguments(join):
                yield from self.context(argument)

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

    def context(self, argument: ContextArgument) -> Iterator[TypeField]:
        for holder in self.holders.get(argument.context, ()):
            yield from self.walk(holder, argument.selections)

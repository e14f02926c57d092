"""All subgraphs side by side: for every type the definitions that composition merges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from federation.subgraph.model import Field, InputValue, Kind, Subgraph, Type, has_directive
from federation.subgraph.usage import FieldName, key_fields, provided_fields, used_fields

_Made = TypeVar("_Made")

ROOTS = frozenset({"Query", "Mutation", "Subscription"})
LEAF_TYPES = frozenset({"Int", "Float", "String", "Boolean", "ID"})


@dataclass(frozen=True, slots=True)
class TypeSource:
    """One subgraph's definition of a type."""

    subgraph: Subgraph
    type: Type


@dataclass(frozen=True, slots=True)
class FieldSource:
    """One subgraph's definition of a field of an object or interface."""

    subgraph: Subgraph
    type: Type
    field: Field

    @property
    def is_external(self) -> bool:
        """Whether it is only mentioned here and resolved elsewhere."""
        return has_directive(self.field, "external")

    @property
    def is_shareable(self) -> bool:
        """Whether other subgraphs may resolve it too. Federation 1 shares everything."""
        return not self.subgraph.is_federation_2 or has_directive(self.field, "shareable")


@dataclass(frozen=True)
class Sources:
    """Every definition of every type.

    Attributes:
        subgraphs: Sorted by name, so that the same subgraphs give the same bytes in any order.
        types: Type name, sorted, to definitions in order of the subgraphs' names.
    """

    subgraphs: tuple[Subgraph, ...]
    types: Mapping[str, tuple[TypeSource, ...]] = field(default_factory=dict)

    def kind(self, name: str) -> Kind:
        """The kind of the merged type; an interface object is an interface."""
        kinds = [
            Kind.INTERFACE if each.type.is_interface_object else each.type.kind
            for each in self.types[name]
        ]
        return Kind.INTERFACE if Kind.INTERFACE in kinds else kinds[0]

    def fields(self, type_name: str) -> Mapping[str, tuple[FieldSource, ...]]:
        """Field name to definitions, in order of first mention; for objects and interfaces."""
        known = self._fields.get(type_name)
        if known is None:
            # Every rule asks for every type's.
            known = self._fields[type_name] = self._gather_fields(type_name)
        return known

    def _gather_fields(self, type_name: str) -> Mapping[str, tuple[FieldSource, ...]]:
        found: dict[str, list[FieldSource]] = {}
        for source in self.types.get(type_name, ()):
            for each in source.type.fields.values():
                found.setdefault(each.name, []).append(
                    FieldSource(source.subgraph, source.type, each)
                )
        return {name: tuple(each) for name, each in found.items()}

    def remember(self, name: str, make: Callable[[], tuple[_Made, ...]]) -> tuple[_Made, ...]:
        """What ``make`` gives, made once: many rules walk over the same derived values."""
        known = self._remembered.get(name)
        if known is None:
            known = self._remembered[name] = make()
        return known

    @cached_property
    def _remembered(self) -> dict[str, tuple[Any, ...]]:
        return {}

    @cached_property
    def _fields(self) -> dict[str, Mapping[str, tuple[FieldSource, ...]]]:
        return {}

    @cached_property
    def used_fields(self) -> Mapping[str, frozenset[FieldName]]:
        """Subgraph name to the fields that its own field sets and interfaces speak of."""
        return {each.name: used_fields(each.types) for each in self.subgraphs}

    def is_key_field(self, source: FieldSource) -> bool:
        """Whether some key of the source's subgraph names the field."""
        return (source.type.name, source.field.name) in self._key_fields[source.subgraph.name]

    def is_provided(self, source: FieldSource) -> bool:
        """Whether some ``@provides`` of the source's subgraph names the field."""
        return (source.type.name, source.field.name) in self._provided[source.subgraph.name]

    @cached_property
    def _provided(self) -> Mapping[str, frozenset[FieldName]]:
        return {each.name: provided_fields(each.types) for each in self.subgraphs}

    @cached_property
    def _key_fields(self) -> Mapping[str, frozenset[FieldName]]:
        return {each.name: key_fields(each.types) for each in self.subgraphs}

    @cached_property
    def subtypes(self) -> Mapping[str, frozenset[str]]:
        """Interface or union name to the types that implement or belong to it anywhere."""
        found: dict[str, set[str]] = {}
        for name, definitions in self.types.items():
            for source in definitions:
                for interface in source.type.interfaces:
                    found.setdefault(interface, set()).add(name)
                if source.type.members:
                    found.setdefault(name, set()).update(source.type.members)
        return {name: frozenset(each) for name, each in found.items()}

    @cached_property
    def input_uses(self) -> frozenset[str]:
        """Names of the types that some argument or input field takes."""
        return frozenset(value.type.strip("[]!") for value in self._input_values())

    @cached_property
    def output_uses(self) -> frozenset[str]:
        """Names of the types that some field returns."""
        return frozenset(
            each.type.strip("[]!")
            for definitions in self.types.values()
            for source in definitions
            for each in source.type.fields.values()
        )

    def _input_values(self) -> Iterator[InputValue]:
        for definitions in self.types.values():
            for source in definitions:
                yield from source.type.input_fields.values()
                for each in source.type.fields.values():
                    yield from each.arguments


def gather(subgraphs: Iterable[Subgraph]) -> Sources:
    """The definitions of all subgraphs, by type.

    Each subgraph counts as having Query: it answers ``_entities`` even where it has no other
    root field.
    """
    ordered = tuple(sorted(subgraphs, key=lambda each: each.name))
    types: dict[str, list[TypeSource]] = {}
    for subgraph in ordered:
        for definition in subgraph.types.values():
            types.setdefault(definition.name, []).append(TypeSource(subgraph, definition))
        if "Query" not in subgraph.types:
            types.setdefault("Query", []).append(TypeSource(subgraph, Type(Kind.OBJECT, "Query")))
    return Sources(ordered, {name: tuple(types[name]) for name in sorted(types)})

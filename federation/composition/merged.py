"""The merged schema beside its sources, for rules that look at the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import SourceLocation
from federation.subgraph.model import Type
from federation.supergraph.api_schema import is_accessible
from federation.supergraph.governance import Governance
from federation.supergraph.model import (
    InputObjectType,
    InputValue,
    InterfaceType,
    ObjectType,
    Supergraph,
)


@dataclass(frozen=True, slots=True)
class Merged:
    """A supergraph, what it was merged from, and what departments say of their data."""

    supergraph: Supergraph
    sources: Sources
    governance: Governance

    def is_hidden(self, type_name: str) -> bool:
        """Whether a type of that name exists and is inaccessible."""
        definition = self.supergraph.types.get(type_name)
        return definition is not None and not is_accessible(definition)

    def visible_inputs(self) -> Iterator[tuple[Coordinate, InputValue]]:
        """Arguments and input fields whose parents are accessible."""
        for definition in self.supergraph.types.values():
            if not is_accessible(definition):
                continue
            if isinstance(definition, InputObjectType):
                for value in definition.fields.values():
                    yield Coordinate(definition.name, value.name), value
            elif isinstance(definition, ObjectType | InterfaceType):
                for field in filter(is_accessible, definition.fields.values()):
                    for argument in field.arguments:
                        yield Coordinate(definition.name, field.name, argument.name), argument

    def places(self, coordinate: Coordinate) -> tuple[SourceLocation, ...]:
        """Where the subgraphs define an element."""
        found: list[SourceLocation] = []
        for source in self.sources.types.get(coordinate.type, ()):
            found += _places_in(source.type, coordinate)
        return tuple(found)


def _places_in(definition: Type, coordinate: Coordinate) -> Iterator[SourceLocation]:
    if coordinate.field is None:
        yield from definition.locations[:1]
        return
    field = definition.fields.get(coordinate.field)
    if field is not None and coordinate.argument is not None:
        argument = field.argument(coordinate.argument)
        if argument is not None:
            yield argument.location
        return
    for members in (definition.fields, definition.input_fields, definition.values):
        if coordinate.field in members:
            yield members[coordinate.field].location

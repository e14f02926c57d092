"""Every element of all subgraphs, with its definitions side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from federation.composition.directives import Element, Source
from federation.composition.inputs import arguments, input_fields
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import SourceLocation
from federation.subgraph.model import Directive, Subgraph, Type


@dataclass(frozen=True, slots=True)
class ElementSources:
    """A type, field, argument, input field or enum value in the subgraphs that know it."""

    coordinate: Coordinate
    sources: tuple[Source, ...]

    @property
    def locations(self) -> tuple[SourceLocation, ...]:
        """Where it is defined."""
        return tuple(place for _, element in self.sources for place in _places(element))

    def applications(self) -> Mapping[str, list[tuple[Subgraph, Directive]]]:
        """The directives applied to it, by name; of each subgraph the first of a name."""
        found: dict[str, list[tuple[Subgraph, Directive]]] = {}
        for subgraph, element in self.sources:
            seen: set[str] = set()
            for directive in element.directives:
                if directive.name not in seen:
                    seen.add(directive.name)
                    found.setdefault(directive.name, []).append((subgraph, directive))
        return found


def _places(element: Element) -> tuple[SourceLocation, ...]:
    return element.locations[:1] if isinstance(element, Type) else (element.location,)


def elements(schema: Sources) -> tuple[ElementSources, ...]:
    """Elements that several subgraphs define; what is defined once agrees with itself.

    External definitions of fields are left out, as in merging.
    """
    return schema.remember("elements", lambda: tuple(_elements(schema)))


def _elements(schema: Sources) -> Iterator[ElementSources]:
    for name, sources in schema.types.items():
        if len(sources) < 2:
            continue
        yield ElementSources(
            Coordinate(name), tuple((each.subgraph, each.type) for each in sources)
        )
        for field, definitions in schema.fields(name).items():
            resolving = tuple(
                (each.subgraph, each.field) for each in definitions if not each.is_external
            )
            if len(resolving) > 1:
                yield ElementSources(Coordinate(name, field), resolving)
        for value in dict.fromkeys(one for each in sources for one in each.type.values):
            holding = tuple(
                (each.subgraph, each.type.values[value])
                for each in sources
                if value in each.type.values
            )
            yield ElementSources(Coordinate(name, value), holding)
    for each in (*arguments(schema), *input_fields(schema)):
        if len(each.values) > 1:
            yield ElementSources(each.coordinate, each.values)


def applied_directives(subgraph: Subgraph) -> Iterator[Directive]:
    """Every directive that is applied to a type or inside one."""
    for definition in subgraph.types.values():
        yield from definition.directives
        for field in definition.fields.values():
            yield from field.directives
            for argument in field.arguments:
                yield from argument.directives
        for members in (definition.input_fields, definition.values):
            for member in members.values():
                yield from member.directives

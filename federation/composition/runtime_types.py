"""Which objects a shared field can return in each subgraph."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from federation.composition.inputs import resolving
from federation.composition.overrides import read_overrides
from federation.composition.report import listed, places, variants
from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import SourceLocation
from federation.subgraph.model import Kind
from federation.subgraph.usage import implementers


@dataclass(frozen=True, slots=True)
class SharedField:
    """A field of composite type that several subgraphs resolve.

    Attributes:
        possible: Object types that it may return, in order of the definitions.
    """

    coordinate: Coordinate
    definitions: tuple[FieldSource, ...]
    possible: tuple[frozenset[str], ...]

    @property
    def common(self) -> frozenset[str]:
        """Object types that all of them may return."""
        return frozenset.intersection(*self.possible)

    @property
    def locations(self) -> tuple[SourceLocation, ...]:
        """Where it is defined."""
        return places(self.definitions)

    def variants(self) -> str:
        """What each subgraph may return, as words."""
        return variants(
            (each.subgraph.name, listed(sorted(types)))
            for each, types in zip(self.definitions, self.possible, strict=True)
        )


def shared_fields(schema: Sources) -> Iterator[SharedField]:
    """The shared fields of objects; subgraphs that lose a field by override do not count."""
    for type_name in schema.types:
        if schema.kind(type_name) is not Kind.OBJECT:
            continue
        for name, sources in schema.fields(type_name).items():
            if len(sources) < 2:
                continue
            losing = read_overrides(sources, schema).losing
            found = [
                (each, types)
                for each in resolving(sources)
                if each.subgraph.name not in losing and (types := _possible(each))
            ]
            if len(found) > 1:
                yield SharedField(
                    Coordinate(type_name, name),
                    tuple(each for each, _ in found),
                    tuple(types for _, types in found),
                )


def _possible(source: FieldSource) -> frozenset[str]:
    """Object types that the field may return in its subgraph; empty for leaves."""
    types = source.subgraph.types
    definition = types.get(source.field.type.strip("[]!"))
    if definition is None or definition.is_interface_object:
        return frozenset()
    if definition.kind is Kind.OBJECT:
        return frozenset({definition.name})
    if definition.kind is Kind.UNION:
        return frozenset(definition.members)
    if definition.kind is Kind.INTERFACE:
        return frozenset(
            each.name for each in implementers(definition.name, types) if each.kind is Kind.OBJECT
        )
    return frozenset()

"""SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES: a shared field returns different objects."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    resolving,
)
from federation.composition.overrides import read_overrides
from federation.composition.report import listed, places, variants
from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind
from federation.subgraph.usage import implementers


def shareable_has_mismatched_runtime_types(schema: Sources) -> Iterator[Diagnostic]:
    """Subgraphs that share a field return the same value, so some type they all know."""
    for type_name in schema.types:
        if schema.kind(type_name) is not Kind.OBJECT:
            continue
        for name, sources in schema.fields(type_name).items():
            losing = read_overrides(sources, schema).losing
            definitions = [each for each in resolving(sources) if each.subgraph.name not in losing]
            possible = [_possible(each) for each in definitions]
            known = [types for types in possible if types]
            if len(known) > 1 and not frozenset.intersection(*known):
                told = variants(
                    (each.subgraph.name, listed(sorted(types)))
                    for each, types in zip(definitions, possible, strict=True)
                )
                yield Diagnostic(
                    "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
                    f"{type_name}.{name} is shared, but can only be {told}",
                    coordinate=Coordinate(type_name, name),
                    locations=places(definitions),
                    fix="Return the same objects everywhere, or do not share the field.",
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

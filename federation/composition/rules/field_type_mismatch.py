"""FIELD_TYPE_MISMATCH: a field has types that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    input_fields,
    resolving,
)
from federation.composition.report import places, variants
from federation.composition.sources import Sources
from federation.composition.type_references import merge_input, merge_output
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, SourceLocation


def field_type_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """Some subgraph's type of a field, or of an input field, must fit all others.

    For output that is the widest (nullable, interface, union), for input the narrowest.
    """
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            definitions = resolving(sources)
            types = [each.field.type for each in definitions]
            if types and merge_output(types, schema.subtypes) is None:
                told = variants((each.subgraph.name, each.field.type) for each in definitions)
                yield _report(Coordinate(type_name, name), told, places(definitions))
    for each in input_fields(schema):
        if merge_input([value.type for _, value in each.values], schema.subtypes) is None:
            yield _report(each.coordinate, each.type_variants(), each.locations)


def _report(coordinate: Coordinate, told: str, where: tuple[SourceLocation, ...]) -> Diagnostic:
    return Diagnostic(
        "FIELD_TYPE_MISMATCH",
        f"{coordinate} has types that do not fit: {told}",
        coordinate=coordinate,
        locations=where,
        fix="Use the same type everywhere; only nullability and subtypes may differ.",
    )

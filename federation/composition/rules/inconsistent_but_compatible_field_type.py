"""INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE: fields of different types that fit."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import input_fields, resolving
from federation.composition.report import places, variants
from federation.composition.sources import Sources
from federation.composition.type_references import merge_input, merge_output
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity


def inconsistent_but_compatible_field_type(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the API schema says the wider type of outputs, and the narrower one of inputs."""
    for each in input_fields(schema):
        given = {value.type for _, value in each.values}
        narrow = merge_input(sorted(given), schema.subtypes) if len(given) > 1 else None
        if narrow is not None and not each.missing:
            yield Diagnostic(
                "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
                f"{each.coordinate} is of type {narrow}, since it is {each.type_variants()}",
                Severity.HINT,
                each.coordinate,
                each.locations,
                "Give the same type everywhere.",
            )
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            definitions = resolving(sources)
            types = [each.field.type for each in definitions]
            merged = merge_output(types, schema.subtypes) if len(set(types)) > 1 else None
            if merged is not None:
                said = variants((each.subgraph.name, each.field.type) for each in definitions)
                yield Diagnostic(
                    "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
                    f"{type_name}.{name} is of type {merged}, since it is {said}",
                    Severity.HINT,
                    Coordinate(type_name, name),
                    places(definitions),
                    "Give the same type everywhere, if it is the same.",
                )

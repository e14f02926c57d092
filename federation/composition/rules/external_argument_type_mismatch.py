"""EXTERNAL_ARGUMENT_TYPE_MISMATCH: an external declaration gives an argument another type."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    resolving,
)
from federation.composition.sources import FieldSource, Sources
from federation.composition.type_references import is_subtype
from federation.coordinate import Coordinate
from federation.errors import Diagnostic


def external_argument_type_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """An external declaration's arguments have types that the field accepts."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            for base in resolving(sources):
                for each in sources:
                    if each.is_external:
                        yield from _compare(type_name, name, each, base, schema)


def _compare(
    type_name: str, name: str, external: FieldSource, base: FieldSource, schema: Sources
) -> Iterator[Diagnostic]:
    for argument in base.field.arguments:
        declared = external.field.argument(argument.name)
        if declared is not None and not is_subtype(declared.type, argument.type, schema.subtypes):
            yield Diagnostic(
                "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
                f"{type_name}.{name} is external in {external.subgraph.name} with"
                f" {argument.name} of type {declared.type}, but {argument.type} in"
                f" {base.subgraph.name}",
                coordinate=Coordinate(type_name, name, argument.name),
                locations=(declared.location, argument.location),
                fix="Declare the argument as the resolving subgraph does.",
            )

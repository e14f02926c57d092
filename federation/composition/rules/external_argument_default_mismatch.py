"""EXTERNAL_ARGUMENT_DEFAULT_MISMATCH: an external declaration gives an argument another default."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    resolving,
)
from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic


def external_argument_default_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """An external declaration's arguments have the defaults of the field."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            for base in resolving(sources):
                for each in sources:
                    if each.is_external:
                        yield from _compare(Coordinate(type_name, name), each, base)


def _compare(field: Coordinate, external: FieldSource, base: FieldSource) -> Iterator[Diagnostic]:
    for argument in base.field.arguments:
        declared = external.field.argument(argument.name)
        if declared is not None and declared.default != argument.default:
            yield Diagnostic(
                "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
                f"{field} is external in {external.subgraph.name} with {argument.name} of"
                f" default {declared.default}, but {argument.default} in {base.subgraph.name}",
                coordinate=Coordinate(field.type, field.field, argument.name),
                locations=(declared.location, argument.location),
                fix="Declare the argument as the resolving subgraph does.",
            )

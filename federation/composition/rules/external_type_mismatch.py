"""EXTERNAL_TYPE_MISMATCH: an external field is declared with another type than it has."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    resolving,
)
from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.composition.type_references import is_subtype, merge_output
from federation.coordinate import Coordinate
from federation.errors import Diagnostic


def external_type_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """An external declaration has a type that holds everything the field may return."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            definitions = resolving(sources)
            merged = merge_output([each.field.type for each in definitions], schema.subtypes)
            for each in sources:
                if (
                    merged is not None
                    and each.is_external
                    and not is_subtype(merged, each.field.type, schema.subtypes)
                ):
                    yield Diagnostic(
                        "EXTERNAL_TYPE_MISMATCH",
                        f"{type_name}.{name} is external with type {each.field.type} in"
                        f" {each.subgraph.name}, but of type {merged} in {names(definitions)}",
                        coordinate=Coordinate(type_name, name),
                        locations=places((each, *definitions)),
                        fix=f"Declare the external field with type {merged}.",
                    )

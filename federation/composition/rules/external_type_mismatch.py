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
    """An external declaration has the type of the field.

    Where the resolving subgraphs differ themselves, it may be any type that holds all values.
    """
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            definitions = resolving(sources)
            merged = merge_output([each.field.type for each in definitions], schema.subtypes)
            differ = len({each.field.type for each in definitions}) > 1
            for each in sources:
                declared = each.field.type
                if merged is None or not each.is_external or declared == merged:
                    continue
                if not (differ and is_subtype(merged, declared, schema.subtypes)):
                    yield Diagnostic(
                        "EXTERNAL_TYPE_MISMATCH",
                        f"{type_name}.{name} is external with type {each.field.type} in"
                        f" {each.subgraph.name}, but of type {merged} in {names(definitions)}",
                        coordinate=Coordinate(type_name, name),
                        locations=places((each, *definitions)),
                        fix=f"Declare the external field with type {merged}.",
                    )

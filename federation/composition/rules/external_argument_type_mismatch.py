"""EXTERNAL_ARGUMENT_TYPE_MISMATCH: an external declaration gives an argument another type."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import arguments, external_declarations
from federation.composition.sources import Sources
from federation.composition.type_references import is_subtype, merge_input
from federation.errors import Diagnostic


def external_argument_type_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """An external declaration's arguments accept what the field's arguments accept."""
    for each in arguments(schema):
        merged = merge_input([value.type for _, value in each.values], schema.subtypes)
        for subgraph, declared in external_declarations(each, schema):
            if merged is None or is_subtype(merged, declared.type, schema.subtypes):
                continue
            yield Diagnostic(
                "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
                f"{each.coordinate} is of type {declared.type} where {subgraph.name} declares the"
                f" field external, but {each.type_variants()}",
                coordinate=each.coordinate,
                locations=(declared.location, *each.locations),
                fix="Declare the argument as the resolving subgraph does.",
            )

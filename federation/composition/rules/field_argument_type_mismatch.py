"""FIELD_ARGUMENT_TYPE_MISMATCH: an argument has types that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    arguments,
)
from federation.composition.sources import Sources
from federation.composition.type_references import merge_input
from federation.errors import Diagnostic


def field_argument_type_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """Some subgraph's type of an argument must be accepted by all others."""
    for each in arguments(schema):
        if merge_input([value.type for _, value in each.values], schema.subtypes) is None:
            yield Diagnostic(
                "FIELD_ARGUMENT_TYPE_MISMATCH",
                f"{each.coordinate} has types that do not fit: {each.type_variants()}",
                coordinate=each.coordinate,
                locations=each.locations,
                fix="Use the same type everywhere; only nullability may differ.",
            )

"""SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES: a shared field returns different objects."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.runtime_types import shared_fields
from federation.composition.sources import Sources
from federation.errors import Diagnostic


def shareable_has_mismatched_runtime_types(schema: Sources) -> Iterator[Diagnostic]:
    """Subgraphs that share a field return the same value, so some type they all know."""
    for each in shared_fields(schema):
        if not each.common:
            yield Diagnostic(
                "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
                f"{each.coordinate} is shared, but can only be {each.variants()}",
                coordinate=each.coordinate,
                locations=each.locations,
                fix="Return the same objects everywhere, or do not share the field.",
            )

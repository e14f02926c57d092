"""PROVIDES_ON_NON_OBJECT_FIELD: @provides on a field that returns no object."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import uses_of
from federation.subgraph.model import Kind, Subgraph


def provides_on_non_object_field(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Only a field that returns objects has fields to provide."""
    for use in uses_of(subgraph, "provides"):
        definition = subgraph.types.get(use.parent)
        if definition is None or not (definition.is_composite or definition.kind is Kind.UNION):
            yield use.diagnostic(
                "PROVIDES_ON_NON_OBJECT_FIELD",
                f"the field returns {use.parent}, which has no fields",
                "Remove @provides.",
            )

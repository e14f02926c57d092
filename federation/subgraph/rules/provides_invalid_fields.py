"""PROVIDES_INVALID_FIELDS: @provides names what is not there or cannot be selected so."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import FaultKind, faults_in, uses_of
from federation.subgraph.model import Subgraph


def provides_invalid_fields(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A field set selects existing fields of the subgraph's own schema."""
    for use in uses_of(subgraph, "provides"):
        for fault in faults_in(use, subgraph.types):
            if fault.kind is FaultKind.INVALID:
                yield use.diagnostic(
                    "PROVIDES_INVALID_FIELDS",
                    fault.message,
                    "Name existing fields; select the fields of objects in braces.",
                )

"""KEY_INVALID_FIELDS_TYPE: the fields argument of @key is no string."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import FaultKind, faults_in, uses_of
from federation.subgraph.model import Subgraph


def key_invalid_fields_type(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A field set is written as a string."""
    for use in uses_of(subgraph, "key"):
        for fault in faults_in(use, subgraph.types):
            if fault.kind is FaultKind.NOT_A_STRING:
                yield use.diagnostic(
                    "KEY_INVALID_FIELDS_TYPE",
                    fault.message,
                    "Write the field set as a string of field names.",
                )

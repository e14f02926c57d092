"""PROVIDES_FIELDS_HAS_ARGS: @provides names a field with arguments."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import FaultKind, faults_in, uses_of
from federation.subgraph.model import Subgraph


def provides_fields_has_args(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """What is provided cannot depend on arguments that the client gives."""
    for use in uses_of(subgraph, "provides"):
        for fault in faults_in(use, subgraph.types):
            if fault.kind is FaultKind.ARGUMENTS:
                yield use.diagnostic(
                    "PROVIDES_FIELDS_HAS_ARGS",
                    fault.message,
                    "Provide only fields without arguments.",
                )

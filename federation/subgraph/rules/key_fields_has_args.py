"""KEY_FIELDS_HAS_ARGS: a key names a field with arguments."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import FaultKind, faults_in, uses_of
from federation.subgraph.model import Subgraph


def key_fields_has_args(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A key names only fields without arguments, so that it means one entity for everyone."""
    for use in uses_of(subgraph, "key"):
        for fault in faults_in(use, subgraph.types):
            if fault.kind is FaultKind.ARGUMENTS:
                yield use.diagnostic(
                    "KEY_FIELDS_HAS_ARGS",
                    fault.message,
                    "Use a field without arguments.",
                )

"""KEY_DIRECTIVE_IN_FIELDS_ARG: a directive inside the field set of @key."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import FaultKind, faults_in, uses_of
from federation.subgraph.model import Subgraph


def key_directive_in_fields_arg(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A field set holds for every entity, so nothing in it is conditional."""
    for use in uses_of(subgraph, "key"):
        for fault in faults_in(use, subgraph.types):
            if fault.kind is FaultKind.DIRECTIVE:
                yield use.diagnostic(
                    "KEY_DIRECTIVE_IN_FIELDS_ARG",
                    fault.message,
                    "Remove the directive from the field set.",
                )

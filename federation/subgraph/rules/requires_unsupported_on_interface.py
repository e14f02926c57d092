"""REQUIRES_UNSUPPORTED_ON_INTERFACE: @requires on an interface field."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import uses_of
from federation.subgraph.model import Kind, Subgraph


def requires_unsupported_on_interface(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Only fields of objects are resolved, so only they carry ``@requires``."""
    for use in uses_of(subgraph, "requires"):
        if subgraph.types[use.on.type].kind is Kind.INTERFACE:
            yield use.diagnostic(
                "REQUIRES_UNSUPPORTED_ON_INTERFACE",
                "an interface field takes no such directive",
                "Move @requires to the implementing objects.",
            )

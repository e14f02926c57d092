"""KEY_UNSUPPORTED_ON_INTERFACE: a key on an interface before federation 2.3."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import uses_of
from federation.subgraph.model import Kind, Subgraph


def key_unsupported_on_interface(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Keys on interfaces came with federation 2.3."""
    if subgraph.version >= (2, 3):
        return
    for use in uses_of(subgraph, "key"):
        if subgraph.types[use.parent].kind is Kind.INTERFACE:
            yield use.diagnostic(
                "KEY_UNSUPPORTED_ON_INTERFACE",
                "the linked version of federation knows no keys on interfaces",
                "Link federation v2.3 or later, or put the key on the implementing objects.",
            )

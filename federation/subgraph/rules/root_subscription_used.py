"""ROOT_SUBSCRIPTION_USED: Subscription names a type that is not the subscription root."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.model import Subgraph
from federation.subgraph.root_names import misused_root_name


def root_subscription_used(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Where the subscription root has another name, ``Subscription`` names no other type."""
    yield from misused_root_name(subgraph, "subscription", "ROOT_SUBSCRIPTION_USED")

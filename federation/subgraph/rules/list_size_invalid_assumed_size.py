"""LIST_SIZE_INVALID_ASSUMED_SIZE: a negative assumed size."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.list_sizes import list_sizes
from federation.subgraph.model import (
    Subgraph,
)


def list_size_invalid_assumed_size(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """No list has fewer than no items."""
    for each in list_sizes(subgraph):
        if (each.assumed_size or 0) < 0:
            yield each.diagnostic(
                "LIST_SIZE_INVALID_ASSUMED_SIZE",
                "cannot have a negative size",
                "Give the size that clients should expect.",
            )

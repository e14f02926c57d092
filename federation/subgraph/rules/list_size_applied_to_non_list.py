"""LIST_SIZE_APPLIED_TO_NON_LIST: @listSize on a field that is no list."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.list_sizes import list_sizes
from federation.subgraph.model import (
    Subgraph,
)


def list_size_applied_to_non_list(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A field with a size is a list, or an object whose sized fields are."""
    for each in list_sizes(subgraph):
        if not each.sizes_lists:
            yield each.diagnostic(
                "LIST_SIZE_APPLIED_TO_NON_LIST",
                "is no list",
                "Remove @listSize, or name the lists in sizedFields.",
            )

"""LIST_SIZE_INVALID_SIZED_FIELD: a sized field that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.list_sizes import list_sizes
from federation.subgraph.model import (
    Subgraph,
)


def list_size_invalid_sized_field(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Sized fields are fields of the returned object."""
    for each in list_sizes(subgraph):
        target = subgraph.types.get(each.field.type.strip("[]!"))
        for name in each.sized_fields:
            if target is None or name not in target.fields:
                yield each.diagnostic(
                    "LIST_SIZE_INVALID_SIZED_FIELD",
                    f"has no field {name} to give a size to",
                    "Name list fields of the returned object.",
                )

"""LIST_SIZE_INVALID_SLICING_ARGUMENT: a slicing argument that is none."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.list_sizes import list_sizes
from federation.subgraph.model import (
    Subgraph,
)


def list_size_invalid_slicing_argument(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """What slices a list is an argument of the field, and a whole number."""
    for each in list_sizes(subgraph):
        for name in each.slicing_arguments:
            argument = each.field.argument(name)
            if argument is None or argument.type not in ("Int", "Int!"):
                problem = "does not exist" if argument is None else f"is of type {argument.type}"
                yield each.diagnostic(
                    "LIST_SIZE_INVALID_SLICING_ARGUMENT",
                    f"is sliced by the argument {name}, which {problem}",
                    "Name arguments of type Int.",
                )

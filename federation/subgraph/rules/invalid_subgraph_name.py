"""INVALID_SUBGRAPH_NAME: the name is reserved or empty."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.model import (
    Subgraph,
)


def invalid_subgraph_name(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A subgraph has a name; ``_`` means all of them in the join specification."""
    if subgraph.name.strip("_") == "":
        yield Diagnostic(
            "INVALID_SUBGRAPH_NAME",
            f'"{subgraph.name}" cannot be the name of a subgraph',
            locations=(subgraph.location(),),
            fix="Choose a name with letters.",
        )

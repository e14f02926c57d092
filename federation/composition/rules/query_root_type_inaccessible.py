"""QUERY_ROOT_TYPE_INACCESSIBLE: the query root is inaccessible."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.merged import Merged
from federation.coordinate import Coordinate
from federation.errors import Diagnostic


def query_root_type_inaccessible(merged: Merged) -> Iterator[Diagnostic]:
    """A schema has a visible query root."""
    root = merged.supergraph.roots.get("query", "Query")
    if merged.is_hidden(root):
        yield Diagnostic(
            "QUERY_ROOT_TYPE_INACCESSIBLE",
            f"{root} is inaccessible",
            coordinate=Coordinate(root),
            locations=merged.places(Coordinate(root)),
            fix="Mark single query fields as @inaccessible instead.",
        )

"""NO_QUERIES: no subgraph has a query field."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic


def no_queries(schema: Sources) -> Iterator[Diagnostic]:
    """A graph that nobody can query is none."""
    if not schema.fields("Query"):
        yield Diagnostic(
            "NO_QUERIES",
            "no subgraph defines a field of Query",
            coordinate=Coordinate("Query"),
            locations=tuple(each.location() for each in schema.subgraphs),
            fix="Add a query field to at least one subgraph.",
        )

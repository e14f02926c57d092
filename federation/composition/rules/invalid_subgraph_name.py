"""INVALID_SUBGRAPH_NAME: two subgraphs have the same name."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.errors import Diagnostic
from federation.subgraph.model import Subgraph


def invalid_subgraph_name(schema: Sources) -> Iterator[Diagnostic]:
    """Fetches, diagnostics and the supergraph tell subgraphs apart by their names."""
    called: dict[str, list[Subgraph]] = {}
    for subgraph in schema.subgraphs:
        called.setdefault(subgraph.name, []).append(subgraph)
    for name, each in called.items():
        if len(each) > 1:
            addresses = ", ".join(sorted(one.url for one in each if one.url))
            told = f" (at {addresses})" if addresses else ""
            yield Diagnostic(
                "INVALID_SUBGRAPH_NAME",
                f"{len(each)} subgraphs are called {name}{told}",
                locations=tuple(one.location() for one in each),
                fix="Give each subgraph a name of its own.",
            )

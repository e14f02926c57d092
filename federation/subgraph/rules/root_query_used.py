"""ROOT_QUERY_USED: Query names a type that is not the query root."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.model import Subgraph
from federation.subgraph.root_names import misused_root_name


def root_query_used(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A subgraph whose query root has another name uses ``Query`` for nothing else."""
    yield from misused_root_name(subgraph, "query", "ROOT_QUERY_USED")

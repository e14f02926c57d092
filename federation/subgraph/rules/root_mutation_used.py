"""ROOT_MUTATION_USED: Mutation names a type that is not the mutation root."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.model import Subgraph
from federation.subgraph.root_names import misused_root_name


def root_mutation_used(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A subgraph whose mutation root has another name uses ``Mutation`` for nothing else."""
    yield from misused_root_name(subgraph, "mutation", "ROOT_MUTATION_USED")

"""REQUIRES_FIELDS_MISSING_EXTERNAL: a required field that is not external."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.external import missing_external
from federation.subgraph.model import Subgraph


def requires_fields_missing_external(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """What is required is resolved elsewhere, and so marked ``@external``."""
    for use, owner, name in missing_external(subgraph, "requires"):
        yield use.diagnostic(
            "REQUIRES_FIELDS_MISSING_EXTERNAL",
            f"{owner}.{name} is not external, and this subgraph resolves it itself",
            f"Mark {owner}.{name} as @external, or drop it from the field set.",
        )

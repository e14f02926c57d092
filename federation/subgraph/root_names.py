"""The names Query, Mutation and Subscription."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Subgraph


def misused_root_name(subgraph: Subgraph, kind: str, code: str) -> Iterator[Diagnostic]:
    """A finding when the default root name belongs to a type that is not the root.

    Args:
        subgraph: Whose types are looked at.
        kind: ``query``, ``mutation`` or ``subscription``.
        code: Of the finding.
    """
    name = kind.capitalize()
    root = subgraph.roots.get(kind)
    definition = subgraph.types.get(name)
    if root in (None, name) or root not in subgraph.types or definition is None:
        return
    yield Diagnostic(
        code,
        f"[{subgraph.name}] the {kind} root is {root}, so {name} may not name another type",
        coordinate=Coordinate(name),
        locations=definition.locations,
        fix=f"Rename the type {name}, or make it the {kind} root.",
    )

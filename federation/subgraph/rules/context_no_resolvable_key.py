"""CONTEXT_NO_RESOLVABLE_KEY: a contextual field of an object that cannot be entered."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.contexts import contextual_arguments
from federation.subgraph.model import (
    Kind,
    Subgraph,
)


def context_no_resolvable_key(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """The gateway enters the object anew with the context's value, for which it needs a key."""
    for each in contextual_arguments(subgraph):
        if each.type.kind is Kind.OBJECT and all(
            key.argument("resolvable") is False for key in each.type.keys
        ):
            yield each.diagnostic(
                "CONTEXT_NO_RESOLVABLE_KEY",
                f"belongs to {each.type.name}, which has no resolvable key",
                f"Add a @key to {each.type.name}.",
            )

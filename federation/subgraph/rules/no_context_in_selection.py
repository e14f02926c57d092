"""NO_CONTEXT_IN_SELECTION: @fromContext names no context."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.contexts import contextual_arguments
from federation.subgraph.model import (
    Subgraph,
)


def no_context_in_selection(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """What comes from a context is written as ``$context { field }``."""
    for each in contextual_arguments(subgraph):
        if each.context is None or not each.selection:
            yield each.diagnostic(
                "NO_CONTEXT_IN_SELECTION",
                "names no context and selection",
                'Write @fromContext(field: "$context { field }").',
            )

"""CONTEXT_INVALID_SELECTION: @fromContext selects what cannot become the argument's value."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.context_selections import selection_faults
from federation.subgraph.contexts import contextual_arguments
from federation.subgraph.model import Subgraph, directives_of


def context_invalid_selection(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """One leaf is selected from every type that sets the context, and it fits the argument."""
    for each in contextual_arguments(subgraph):
        if each.context is None or not each.selection:
            continue
        holders = [
            definition
            for definition in subgraph.types.values()
            if any(one.text("name") == each.context for one in directives_of(definition, "context"))
        ]
        for problem in selection_faults(each, holders, subgraph.types):
            yield each.diagnostic(
                "CONTEXT_INVALID_SELECTION",
                f"takes {each.selection} from the context {each.context}: {problem}",
                "Select one field without alias, or one in a fragment for each type that sets the"
                " context.",
            )

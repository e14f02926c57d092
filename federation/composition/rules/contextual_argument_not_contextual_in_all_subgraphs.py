"""CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS: contextual here, mandatory there."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    arguments,
    is_contextual,
)
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import has_directive


def contextual_argument_not_contextual_in_all_subgraphs(schema: Sources) -> Iterator[Diagnostic]:
    """A contextual argument leaves the API schema, so no other subgraph may insist on it.

    Where another one only takes it, a hint says that it never will.
    """
    for each in arguments(schema):
        if not is_contextual(each):
            continue
        insisting = [
            (subgraph, value)
            for subgraph, value in each.values
            if value.is_required and not has_directive(value, "fromContext")
        ]
        if insisting:
            yield Diagnostic(
                "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
                f"{each.coordinate} comes from a context in one subgraph, but is mandatory in"
                f" {listed([subgraph.name for subgraph, _ in insisting])}",
                coordinate=each.coordinate,
                locations=each.locations,
                fix="Use @fromContext there as well, or make the argument optional.",
            )
            continue
        plain = [
            subgraph.name
            for subgraph, value in each.values
            if not has_directive(value, "fromContext")
        ]
        if plain:
            yield Diagnostic(
                "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
                f"{each.coordinate} comes from a context in one subgraph, so that {listed(plain)}"
                " never gets it",
                Severity.HINT,
                each.coordinate,
                each.locations,
                "Use @fromContext there as well, or remove the argument.",
            )

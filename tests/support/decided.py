"""Decisions on whole operations, made by a plain function where the gateway asks an engine."""

from __future__ import annotations

from collections.abc import Callable

from federation.access import AccessIndex, AccessRequest, Decision, RowQuestion


def decided(
    request: AccessRequest, index: AccessIndex, decide: Callable[[AccessRequest], Decision]
) -> Decision:
    """The decision on an operation, with what it says about the rows that it would tell of."""
    decision, rows = decide(request), RowQuestion(request, index)
    for types in rows.parts(rows.in_doubt(decision)):
        decision = rows.settle(decision, decide(rows.about(rows.fields(types))), types)
    return decision

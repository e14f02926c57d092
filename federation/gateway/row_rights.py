"""Decisions that say whether rows may be seen of which nothing else is known to be readable."""

from __future__ import annotations

from collections.abc import Mapping

from federation.access import (
    AccessIndex,
    AccessRequest,
    Decision,
    PolicyEngine,
    RowQuestion,
    Uses,
)
from federation.errors import PolicyUnavailable
from federation.gateway.bounded import Bounded

_ATTEMPTS = 5
_KEPT = 2_000
_KEPT_FIELDS = 500

_Parts = tuple[tuple[tuple[str, ...], AccessRequest], ...]


class RowRights:
    """Asks a second question where the first leaves the right to rows open, which is seldom.

    Equal answers give the same decision again, so that what was made of it can be taken up. What is
    kept is held with all that its key tells by identity.
    """

    def __init__(self) -> None:
        self._parts: Bounded[tuple[int, int], tuple[RowQuestion, Decision, _Parts]] = Bounded(_KEPT)
        self._fields: Bounded[
            tuple[int, tuple[str, ...]], tuple[AccessIndex, Mapping[str, Uses]]
        ] = Bounded(_KEPT_FIELDS)
        self._known: Bounded[tuple[int, int], tuple[Decision, Decision, Decision]] = Bounded(_KEPT)

    async def decide(
        self, engine: PolicyEngine, question: AccessRequest, rows: RowQuestion
    ) -> Decision:
        """The decision on an operation.

        Args:
            engine: Decides.
            question: About the operation.
            rows: Made of an equal question.

        Raises:
            PolicyUnavailable: As the engine does.
        """
        for _ in range(_ATTEMPTS):
            first = decision = await engine.decide(question)
            for types, asked in self._asked(first, rows):
                more = await engine.decide(asked.asked_by(question.asker))
                if more.revision != first.revision:
                    # Replaced in between: what was decided before may be revoked now.
                    break
                decision = self._settled(decision, more, types, rows)
            else:
                return decision
        raise PolicyUnavailable("the policies were replaced over and over while they were asked")

    def _asked(self, decision: Decision, rows: RowQuestion) -> _Parts:
        """What is to be asked besides, in parts, of which types."""
        key = (id(rows), id(decision))
        known = self._parts.get(key)
        if known is not None and known[0] is rows and known[1] is decision:
            return known[2]
        parts = tuple(
            [
                (types, rows.about(self._fields_of(rows, types)))
                for types in rows.parts(rows.in_doubt(decision))
            ]
        )
        return self._parts.put(key, (rows, decision, parts))[2]

    def _fields_of(self, rows: RowQuestion, types: tuple[str, ...]) -> Mapping[str, Uses]:
        """All fields of these types, shared by operations: an interface can have thousands."""
        key = (id(rows.index), types)
        known = self._fields.get(key)
        if known is not None and known[0] is rows.index:
            return known[1]
        return self._fields.put(key, (rows.index, rows.fields(types)))[1]

    def _settled(
        self, decision: Decision, more: Decision, types: tuple[str, ...], rows: RowQuestion
    ) -> Decision:
        key = (id(decision), id(more))
        known = self._known.get(key)
        if known is not None and known[0] is decision and known[1] is more:
            return known[2]
        return self._known.put(key, (decision, more, rows.settle(decision, more, types)))[2]

"""The same questions on two policies: whose access to what changes, and in which direction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from federation.access import (
    AccessRequest,
    Decision,
    Effect,
    PolicyEngine,
    RowCondition,
    Verdict,
    join_rows,
    no_decision,
)
from federation.errors import PolicyUnavailable

_RANK = {Effect.DENY: 0, Effect.MASK: 1, Effect.ALLOW: 2}
ALL_ROWS = "all rows"
ROWS = "rows"
"""Stands for the use where row filters of a type change."""

_Conjuncts = frozenset[str] | None
"""The conditions that rows must all meet, as text; None where no row is shown."""


class Direction(Enum):
    """What a change does to a caller's access."""

    WIDENS = "widens"
    NARROWS = "narrows"
    DIFFERS = "differs"
    """Another mask or other rows: may show what was not shown before."""


@dataclass(frozen=True, slots=True)
class Change:
    """One use of a field, or the rows of a type, answered otherwise.

    Attributes:
        place: Coordinate, or the type's name with the use ``rows``.
        before: Effect and mask, or the row filter, as text.
    """

    caller: str
    purpose: str | None
    operation: str | None
    place: str
    use: str
    before: str
    after: str
    reasons: tuple[str, ...]
    direction: Direction


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of all questions.

    Attributes:
        questions: How many were asked.
        changes: Each with the number of questions that show it, callers in order.
    """

    questions: int
    changes: tuple[tuple[Change, int], ...]

    def count(self, direction: Direction) -> int:
        """How many distinct changes go that way."""
        return sum(change.direction is direction for change, _ in self.changes)

    @property
    def may_widen(self) -> bool:
        """Could anybody see what was not shown before?"""
        return any(change.direction is not Direction.NARROWS for change, _ in self.changes)


async def replay(
    old: PolicyEngine, new: PolicyEngine, questions: Iterable[AccessRequest]
) -> Replay:
    """Asks every question twice. A question that an engine cannot answer is denied by it."""
    found: Counter[Change] = Counter()
    count = 0
    for request in questions:
        count += 1
        before, after = await _decide(old, request), await _decide(new, request)
        found.update(compare(request, before, after))
    return Replay(count, tuple(sorted(found.items(), key=lambda each: _order(each[0]))))


def _order(change: Change) -> tuple[str, ...]:
    return (change.caller, change.purpose or "", change.place, change.use, change.operation or "")


def compare(request: AccessRequest, before: Decision, after: Decision) -> Iterator[Change]:
    """The differences of two answers to one question; other reasons alone are none."""
    asker, operation = request.asker, request.operation.name

    def change(
        place: str, use: str, texts: tuple[str, str], reasons: tuple[str, ...], way: Direction
    ) -> Change:
        return Change(asker.caller.id, asker.purpose, operation, place, use, *texts, reasons, way)

    shown: list[str] = []
    for coordinate, uses in request.fields.items():
        for use in uses.names():
            first, second = before.verdict(coordinate, use), after.verdict(coordinate, use)
            if Effect.DENY not in {first.effect, second.effect}:
                shown.append(coordinate)
            if (first.effect, first.mask) != (second.effect, second.mask):
                texts = (_text(first), _text(second))
                way = _direction(first, second)
                yield change(coordinate, use, texts, second.reasons, way)
    for name, first_rows, second_rows in _rows(before, after, shown):
        texts = (_rows_text(first_rows), _rows_text(second_rows))
        yield change(name, ROWS, texts, (), _rows_direction(first_rows, second_rows))


def _rows(
    before: Decision, after: Decision, shown: list[str]
) -> list[tuple[str, _Conjuncts, _Conjuncts]]:
    """The types whose rows differ behind a field that both sides show, with what they must meet.

    A field that one side denies says nothing yet of rows: the condition that it brought, or brings
    now, never confined who asks for the other fields alone.
    """
    if before.rows is None or after.rows is None:
        # What brings which condition is not known, so every one of them is brought.
        types = dict.fromkeys(coordinate.partition(".")[0] for coordinate in shown)
        sides = [(tuple(types), before.row_filters, after.row_filters)]
    else:
        bound = [(before.rows.get(each, {}), after.rows.get(each, {})) for each in shown]
        sides = [
            (tuple({**first, **second}), join_rows([first]), join_rows([second]))
            for first, second in bound
        ]
    found = {
        (name, _conjuncts(first, name), _conjuncts(second, name)): None
        for names, first, second in sides
        for name in names
    }
    differing = [each for each in found if each[1] != each[2]]
    return sorted(differing, key=lambda each: (each[0], *map(_rows_text, each[1:])))


async def _decide(engine: PolicyEngine, request: AccessRequest) -> Decision:
    try:
        return await engine.decide(request)
    except PolicyUnavailable:
        return no_decision(request)


def _text(verdict: Verdict) -> str:
    return f"{verdict.effect.value} {verdict.mask or ''}".strip()


def _direction(before: Verdict, after: Verdict) -> Direction:
    first, second = _RANK[before.effect], _RANK[after.effect]
    if first == second:
        return Direction.DIFFERS
    return Direction.WIDENS if second > first else Direction.NARROWS


def _conjuncts(filters: Mapping[str, RowCondition | None], type_name: str) -> _Conjuncts:
    """What the rows of a type must all meet."""
    if type_name not in filters:
        return frozenset()
    condition = filters[type_name]
    if condition is None:
        return None
    document: Any = condition.to_json()
    return frozenset(
        json.dumps(part, sort_keys=True, ensure_ascii=False)
        for part in document.get("and", [document])
    )


def _rows_direction(before: _Conjuncts, after: _Conjuncts) -> Direction:
    if before is None or (after is not None and after < before):
        return Direction.WIDENS
    if after is None or before < after:
        return Direction.NARROWS
    return Direction.DIFFERS


def _rows_text(conjuncts: _Conjuncts) -> str:
    if conjuncts is None:
        return "no rows"
    return " and ".join(sorted(conjuncts)) or ALL_ROWS

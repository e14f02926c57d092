"""Decisions kept for a short while, field by field, and asked for only once at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from federation.access import AccessRequest, Decision, PolicyEngine, RowCondition, Uses, Verdict
from federation.access.decision import join_rows
from federation.gateway.bounded import Bounded
from federation.gateway.engines.counts import EngineCounts
from federation.gateway.engines.kept import FieldKey, KeptField
from federation.gateway.engines.reads import facts_of
from federation.gateway.engines.shared import result_of

if TYPE_CHECKING:
    from federation.gateway.engines.second_level import SecondLevel

MAX_AGE_SECONDS = 30
MAX_DECISIONS = 2_000
MAX_FIELDS = 200_000

_Question = tuple[Hashable, bytes]


@dataclass(frozen=True, slots=True)
class _Field:
    """What was answered for one field and its uses; whole seconds from ``start`` to ``end``."""

    start: int
    end: int
    verdicts: Mapping[str, Verdict]
    rows: Mapping[str, tuple[RowCondition, ...]]
    revision: str


class CachedEngine:
    """An engine behind a bounded cache, keyed by what is sent of a question but its time.

    An answer is kept for ``MAX_AGE_SECONDS`` and never beyond its ``valid_until``; one that leaves
    anything undecided is not kept at all. Of an answer that says which rows each field brings, the
    fields are kept one by one, so that another operation asks only for those that are new. One
    cache belongs to one release: a new release gets a new cache.
    """

    def __init__(
        self,
        engine: PolicyEngine,
        counts: EngineCounts | None = None,
        capacity: int = MAX_DECISIONS,
        reads: frozenset[str] | None = None,
        second: SecondLevel | None = None,
    ) -> None:
        """Prepares.

        Args:
            engine: Asked for what is not kept.
            counts: Shared counters.
            capacity: Whole answers that are kept.
            reads: What the policies read; see ``AccessRequest``.
            second: What other processes keep; asked for what is not kept here.
        """
        self.counts = counts or EngineCounts()
        self._engine = engine
        self._reads = reads
        self._second = second
        self._telling: set[asyncio.Task[None]] = set()
        self._facts = facts_of(reads)
        self._whole: Bounded[_Question, tuple[int, int, Decision]] = Bounded(capacity)
        self._fields: Bounded[tuple[Hashable, str, Uses], _Field] = Bounded(MAX_FIELDS)
        # By their second, too: what was asked a moment ago may have ended since.
        self._running: dict[tuple[_Question, int], asyncio.Task[Decision]] = {}

    async def decide(self, request: AccessRequest) -> Decision:
        """The answer, perhaps one given to an equal question before.

        Raises:
            PolicyUnavailable: As the engine does.
        """
        facts = self._facts(request)
        key = (facts, request.topic)
        now = request.asker.now
        kept = self._whole.get(key)
        # Not before its time either: a clock set back must not stretch an answer's life.
        if kept is not None and kept[0] <= now < kept[1]:
            self.counts.cached += 1
            return kept[2]
        task = self._running.get((key, now))
        if task is None:
            task = asyncio.create_task(self._ask(key, request))
            self._running[key, now] = task
            task.add_done_callback(lambda done: self._end((key, now), done))
        return await result_of(task)

    async def told(self) -> None:
        """Returns when other processes could know what this one was answered."""
        await asyncio.gather(*self._telling)

    async def _ask(self, key: _Question, request: AccessRequest) -> Decision:
        facts, now = key[0], request.asker.now
        found = self._find(facts, request)
        if self._second is not None and len(found) < len(request.fields):
            await self._learn(self._second, facts, request)
            found = self._find(facts, request)
        missing = {name: uses for name, uses in request.fields.items() if name not in found}
        fresh = None
        if missing or not found:
            asked = request.about(missing) if found else request
            fresh = await self._engine.decide(asked.for_policies(self._reads))
            if found and fresh.rows is None:
                # Such an answer holds for its question as a whole only.
                found = {}
                fresh = await self._engine.decide(request.for_policies(self._reads))
            self._keep_fields(facts, request, fresh)
        else:
            self.counts.cached += 1
        decision = _join(request, found, fresh)
        # What is made of older parts ends with the first of them.
        end = min([now + MAX_AGE_SECONDS, *(field.end for field in found.values())])
        if decision.valid_until is not None:
            end = min(end, decision.valid_until)
        if not decision.undecided and end > now:
            self._whole.put(key, (now, end, decision))
        return decision

    def _find(self, facts: Hashable, request: AccessRequest) -> dict[str, _Field]:
        now = request.asker.now
        found = {}
        for name, uses in request.fields.items():
            field = self._fields.get((facts, name, uses))
            if field is not None and field.start <= now < field.end:
                found[name] = field
        return found

    async def _learn(self, second: SecondLevel, facts: Hashable, request: AccessRequest) -> None:
        """Takes over what another process was answered."""
        for key, kept in (await second.get(request.for_policies(self._reads))).items():
            if request.fields.get(key[0]) == key[1]:
                field = _Field(
                    kept.start, kept.end, kept.verdicts, kept.conditions(), kept.revision
                )
                self._fields.put((facts, *key), field)

    def _tell(
        self, second: SecondLevel, request: AccessRequest, fields: dict[FieldKey, _Field]
    ) -> None:
        """Lets other processes know, later."""
        told = {
            key: KeptField(
                field.start,
                field.end,
                dict(field.verdicts),
                {name: [c.to_json() for c in bound] for name, bound in field.rows.items()},
                field.revision,
            )
            for key, field in fields.items()
        }
        task = asyncio.create_task(second.put(request.for_policies(self._reads), told))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def _keep_fields(self, facts: Hashable, request: AccessRequest, decision: Decision) -> None:
        if decision.rows is None:
            return
        now = request.asker.now
        fresh: dict[FieldKey, _Field] = {}
        for name, uses in request.fields.items():
            verdicts = {use: decision.verdicts.get((name, use)) for use in uses.names()}
            decided = {use: v for use, v in verdicts.items() if v is not None and v.decided}
            if len(decided) < len(verdicts):
                continue
            ends = [v.valid_until for v in decided.values() if v.valid_until is not None]
            end = min([now + MAX_AGE_SECONDS, *ends])
            if end > now:
                rows = decision.rows.get(name, {})
                fresh[name, uses] = _Field(now, end, decided, rows, decision.revision)
                self._fields.put((facts, name, uses), fresh[name, uses])
        if self._second is not None:
            self._tell(self._second, request, fresh)

    def _end(self, key: tuple[_Question, int], task: asyncio.Task[Decision]) -> None:
        del self._running[key]
        # Looked at, so that a failure nobody waits for any more is no complaint of the event loop.
        if not task.cancelled():
            task.exception()


def _join(request: AccessRequest, found: Mapping[str, _Field], fresh: Decision | None) -> Decision:
    """One answer from what was kept of some fields and what was answered for the others."""
    if not found:
        assert fresh is not None, "what is not kept was asked"
        return fresh
    verdicts = dict(fresh.verdicts) if fresh else {}
    rows = dict(fresh.rows or {}) if fresh else {}
    for name, field in found.items():
        verdicts.update({(name, use): verdict for use, verdict in field.verdicts.items()})
        if field.rows:
            rows[name] = field.rows
    revision = fresh.revision if fresh else next(iter(found.values())).revision
    return Decision(verdicts, join_rows(rows.values()), revision, request.asker.subjects, rows)

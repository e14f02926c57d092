"""Decisions kept for a short while, and asked for only once at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from federation.access import AccessRequest, Decision, PolicyEngine
from federation.gateway.bounded import Bounded
from federation.gateway.engines.counts import EngineCounts

MAX_AGE_SECONDS = 30
MAX_DECISIONS = 2_000


class CachedEngine:
    """An engine behind a bounded cache, keyed by the whole question but its time.

    An answer is kept for ``MAX_AGE_SECONDS`` and never beyond its ``valid_until``; one that leaves
    anything undecided is not kept at all. One cache belongs to one release: a new release gets a
    new cache.
    """

    def __init__(
        self,
        engine: PolicyEngine,
        counts: EngineCounts | None = None,
        capacity: int = MAX_DECISIONS,
    ) -> None:
        self.counts = counts or EngineCounts()
        self._engine = engine
        self._kept: Bounded[Hashable, tuple[int, int, Decision]] = Bounded(capacity)
        self._running: dict[Hashable, asyncio.Task[Decision]] = {}

    async def decide(self, request: AccessRequest) -> Decision:
        """The answer, perhaps one given to an equal question before.

        Raises:
            PolicyUnavailable: As the engine does.
        """
        key = request.key
        now = request.asker.now
        kept = self._kept.get(key)
        # Not before its time either: a clock set back must not stretch an answer's life.
        if kept is not None and kept[0] <= now < kept[1]:
            self.counts.cached += 1
            return kept[2]
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, request))
            self._running[key] = task
            task.add_done_callback(lambda done: self._end(key, done))
        # A caller who goes away must not take the answer from the others who wait for it.
        return await asyncio.shield(task)

    async def _ask(self, key: Hashable, request: AccessRequest) -> Decision:
        decision = await self._engine.decide(request)
        now = request.asker.now
        end = now + MAX_AGE_SECONDS
        if decision.valid_until is not None:
            end = min(end, decision.valid_until)
        if not decision.undecided and end > now:
            self._kept.put(key, (now, end, decision))
        return decision

    def _end(self, key: Hashable, task: asyncio.Task[Decision]) -> None:
        del self._running[key]
        # Looked at, so that a failure nobody waits for any more is no complaint of the event loop.
        if not task.cancelled():
            task.exception()

"""What one caller may do with a great many fields at once, such as those of a whole schema."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable, Mapping

from federation.access import AccessRequest, Asker, OperationFacts, PolicyEngine, Uses, Verdict
from federation.errors import PolicyUnavailable, Unavailable
from federation.gateway.bounded import Bounded
from federation.gateway.engines.cache import MAX_AGE_SECONDS
from federation.gateway.engines.reads import facts_of
from federation.gateway.engines.shared import result_of

SLICE = 200
"""Fields decided at once; other questions come in between."""
MAX_VIEWS = 64
MAX_WAITING = 8
MAX_WAITING_PER_CALLER = 2
"""Somebody with many consents has many views, and must not keep those of others waiting."""
VIEW_SECONDS = 60.0

View = Mapping[tuple[str, str], Verdict]
"""Verdicts by coordinate text and use."""


_Key = tuple[Hashable, str]


class ViewsExhausted(Unavailable):
    """Too many views are being built at this moment."""


class Views:
    """Views decided slice by slice, each once at a time, and kept for a short while.

    One object belongs to one release, like a cache of decisions. What is built goes on when the
    caller leaves, for the next one who asks.
    """

    def __init__(
        self,
        engine: PolicyEngine,
        reads: frozenset[str] | None = None,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        """Prepares.

        Args:
            engine: Decides outside the event loop: the policy worker process, or an OPA server.
            reads: What the policies read; see ``AccessRequest``.
            max_waiting: Views that may be under construction; the next one is refused.
        """
        self._engine = engine
        self._reads = reads
        self._facts = facts_of(reads)
        self._max_waiting = max_waiting
        self._kept: Bounded[_Key, tuple[int, int, View]] = Bounded(MAX_VIEWS)
        self._building: dict[_Key, asyncio.Task[View]] = {}
        self._waiting: Counter[str] = Counter()
        self._turn = asyncio.Lock()

    async def decide(self, asker: Asker, fields: Mapping[str, Uses], name: str) -> View:
        """The verdicts on these fields, without row filters: those belong to one operation.

        Args:
            asker: Who asks, and for which purpose.
            fields: Coordinates on object types to the uses asked.
            name: Of these fields: equal names mean equal fields, such as a schema's revision.

        Raises:
            PolicyUnavailable: The engine does not answer.
            ViewsExhausted: Too many are being built, or too many of this caller.
        """
        request = AccessRequest(asker, OperationFacts("query"), fields, name.encode(), self._reads)
        key = (self._facts(request), name)
        kept = self._kept.get(key)
        if kept is not None and kept[0] <= asker.now < kept[1]:
            return kept[2]
        task = self._building.get(key)
        if task is None:
            caller = asker.caller.id
            is_full = len(self._building) >= self._max_waiting
            if is_full or self._waiting[caller] >= MAX_WAITING_PER_CALLER:
                raise ViewsExhausted("too many views of the schema are being built; ask again soon")
            task = asyncio.create_task(self._build(key, request), name="view")
            self._building[key] = task
            self._waiting[caller] += 1
            task.add_done_callback(lambda done: self._end(key, caller, done))
        return await result_of(task)

    async def close(self) -> None:
        """Ends what is being built."""
        tasks = list(self._building.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _build(self, key: _Key, request: AccessRequest) -> View:
        verdicts: dict[tuple[str, str], Verdict] = {}
        names = list(request.fields)
        end = request.asker.now + MAX_AGE_SECONDS
        undecided = 0
        try:
            # One at a time: many at once would take the worker away from operations.
            async with asyncio.timeout(VIEW_SECONDS), self._turn:
                for start in range(0, len(names), SLICE):
                    part = {name: request.fields[name] for name in names[start : start + SLICE]}
                    decision = await self._engine.decide(request.about(part))
                    verdicts |= decision.verdicts
                    undecided += decision.undecided
                    end = end if decision.valid_until is None else min(end, decision.valid_until)
        except TimeoutError:
            raise PolicyUnavailable("the view of the schema takes too long") from None
        if not undecided:
            self._kept.put(key, (request.asker.now, end, verdicts))
        return verdicts

    def _end(self, key: _Key, caller: str, task: asyncio.Task[View]) -> None:
        del self._building[key]
        self._waiting[caller] -= 1
        if not self._waiting[caller]:
            del self._waiting[caller]
        if not task.cancelled():
            task.exception()

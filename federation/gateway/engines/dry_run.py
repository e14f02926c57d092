"""A candidate release beside the one that decides: what would be answered otherwise.

It sees the questions of live traffic after they were answered, in a process of its own. Whatever
happens to it, no answer changes or waits.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, replace

from federation.access import AccessRequest, Decision
from federation.errors import PolicyUnavailable
from federation.gateway.bounded import Bounded
from federation.gateway.engines.authoring.replay import (
    ALL_ROWS,
    ROWS,
    Change,
    Replay,
    compare,
)
from federation.gateway.engines.process import PolicyProcess
from federation.gateway.engines.reads import facts_of

MAX_WAITING = 200
MAX_CHANGES = 1_000
MAX_SEEN = 20_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What a dry run has found up to now.

    Attributes:
        revision: Of the candidate.
        active: Revision of what decides, with which it is compared.
        since: Second at which these two met; a reload that changes either begins anew.
        replay: Questions compared, of each operation one, and changes by kind of caller; without
            values.
        passed_over: Questions that came faster than the candidate answered.
        failed: Questions that it did not answer.
        fault: Why it did not answer the last of them.
        unlisted: Changes beyond those that are kept.
    """

    revision: str
    active: str
    since: int
    replay: Replay
    passed_over: int
    failed: int
    fault: str
    unlisted: int


class DryRun:
    """Asks a candidate what was asked of the release that decides."""

    def __init__(self, candidate: PolicyProcess, reads: frozenset[str] | None, active: str) -> None:
        """Prepares.

        Args:
            candidate: Ends with this object.
            reads: What the candidate's policies read.
            active: Revision of what decides.
        """
        self._candidate = candidate
        self._active = active
        self._since = int(time.time())
        self._reads = reads
        self._facts = facts_of(None)
        self._waiting: asyncio.Queue[tuple[AccessRequest, Decision]] = asyncio.Queue(MAX_WAITING)
        self._asked: Bounded[Hashable, str] = Bounded(MAX_SEEN)
        self._changes: Counter[Change] = Counter()
        self._questions = self._passed_over = self._failed = self._unlisted = 0
        self._fault = ""
        self._task = asyncio.create_task(self._compare_all(), name="dry run")

    def compares(self, active: str, candidate: str) -> bool:
        """Whether it is about these two revisions."""
        return (self._active, self._candidate.revision) == (active, candidate)

    def observe(self, request: AccessRequest, decision: Decision) -> None:
        """Takes note of an answer; returns at once, and raises nothing."""
        key = (self._facts(request), request.topic)
        # One question of one caller is asked once for each revision that answered it.
        if self._asked.get(key) == decision.revision:
            return
        try:
            self._waiting.put_nowait((request, decision))
        except asyncio.QueueFull:
            self._passed_over += 1
        else:
            self._asked.put(key, decision.revision)

    def seen(self) -> Seen:
        """What was found up to now."""
        changes = sorted(self._changes.items(), key=lambda each: (each[0].caller, each[0].place))
        found = Replay(self._questions, tuple(changes))
        return Seen(
            self._candidate.revision,
            self._active,
            self._since,
            found,
            self._passed_over,
            self._failed,
            self._fault,
            self._unlisted,
        )

    async def close(self) -> None:
        """Ends the candidate."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._candidate.__aexit__()

    async def _compare_all(self) -> None:
        while True:
            request, decision = await self._waiting.get()
            try:
                await self._compare(request, decision)
            except PolicyUnavailable:
                pass
            except Exception as error:  # noqa: BLE001 (the next question is compared all the same)
                self._failed += 1
                self._fault = f"a fault of the gateway: {type(error).__name__}"

    async def _compare(self, request: AccessRequest, decision: Decision) -> None:
        try:
            other = await self._candidate.decide(request.for_policies(self._reads))
        except PolicyUnavailable as error:
            self._failed += 1
            self._fault = error.message
            # Without a pause a candidate that cannot start would be started all the time.
            await asyncio.sleep(1)
            raise
        # What is asked besides for a right to rows belongs to a question that is counted already.
        self._questions += request.beside is None
        for change in compare(request, decision, other):
            told = _without_values(request, change)
            if told in self._changes:
                self._changes[told] += not _is_asked_before(request, change)
            elif len(self._changes) < MAX_CHANGES:
                self._changes[told] = 1
            else:
                self._unlisted += 1


def _is_asked_before(request: AccessRequest, change: Change) -> bool:
    """Whether a question about a right to rows repeats what its operation asked itself."""
    asked = (request.beside or {}).get(change.place)
    return asked is not None and change.use in asked.names()


def _without_values(request: AccessRequest, change: Change) -> Change:
    """The change for a kind of caller; row filters hold values, so they are only named."""
    caller = request.asker.caller
    kind = f"{caller.kind} of {caller.department or 'no department'}"
    if change.use != ROWS:
        return replace(change, caller=kind)
    before, after = (
        text if text == ALL_ROWS else "some rows" for text in (change.before, change.after)
    )
    return replace(change, caller=kind, before=before, after=after)

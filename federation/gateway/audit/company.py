"""Records on their way to the disk, and which of them go together.

Group commit: while one transaction is being written, the records that arrive wait together for the
next. Under load that is one fsync for hundreds of records, without load it is one fsync for one
record and no added delay. Nor does a commit begin while the event loop is busy with other requests,
for some milliseconds: most of what a commit costs, it costs for any number of records.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from federation.errors import AuditUnavailable

MAX_WAITING = 10_000
MAX_BATCH = 500
# How long records wait for others while the event loop is busy, of how many a commit's cost is
# hardly felt any more, and what one of the loop's rounds takes that does nothing.
COMPANY_SECONDS = 0.008
COMPANY = 20
IDLE_SECONDS = 0.000_02


class Waiting(NamedTuple):
    """A record that waits, and who waits for it.

    Attributes:
        body: Its canonical form.
        operation: Digest and text of its operation, if that is not known to be kept.
        done: Has a result when the record is durable.
    """

    body: bytes
    operation: tuple[str, str] | None
    done: asyncio.Future[None]


class Company:
    """Records that wait for the disk, in the order of their arrival.

    Attributes:
        is_closed: No more are taken.
    """

    def __init__(self) -> None:
        self.is_closed = False
        self._waiting: deque[Waiting] = deque()
        self._arrived = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether none wait and none will come."""
        return self.is_closed and not self._waiting

    def add(self, body: bytes, operation: tuple[str, str] | None) -> asyncio.Future[None]:
        """Let a record wait; a future with an exception where it cannot."""
        done = asyncio.get_running_loop().create_future()
        if self.is_closed:
            done.set_exception(AuditUnavailable("the audit trail is closed"))
        elif len(self._waiting) >= MAX_WAITING:
            done.set_exception(AuditUnavailable("too many audit records wait to be written"))
        else:
            self._waiting.append(Waiting(body, operation, done))
            self._arrived.set()
        return done

    def wake(self) -> None:
        """Let ``take`` return, with whatever waits."""
        self._arrived.set()

    def close(self) -> None:
        """Take no more records; those that wait are still handed out."""
        self.is_closed = True
        self.wake()

    def give_up(self) -> None:
        """Take no more records, and tell all who wait that theirs are not written."""
        self.is_closed = True
        settle(self._waiting, AuditUnavailable("the audit trail is closed"))

    async def take(self) -> list[Waiting]:
        """The records that go next; none where there is another reason to wake."""
        await self._arrived.wait()
        if not self.is_closed:
            await self._until_idle()
        size = min(len(self._waiting), MAX_BATCH)
        if size == len(self._waiting) and not self.is_closed:
            # All that waits goes now; nothing is left to be remembered.
            self._arrived.clear()
        return [self._waiting.popleft() for _ in range(size)]

    async def _until_idle(self) -> None:
        """Until the event loop has nothing else to do, many records wait, or some milliseconds.

        As long as it works on other requests, they may yet have records for the same commit, whose
        thread would have to share the processor with them anyway.
        """
        loop, end = asyncio.get_running_loop(), time.perf_counter() + COMPANY_SECONDS
        over = loop.create_future()

        # Once in each of the loop's rounds, where a task that sleeps takes three times as long.
        def look(began: float) -> None:
            now = time.perf_counter()
            is_idle = now - began < IDLE_SECONDS
            if not (is_idle or now >= end or len(self._waiting) >= COMPANY or over.done()):
                loop.call_soon(look, now)
            elif not over.done():
                over.set_result(None)

        loop.call_soon(look, time.perf_counter())
        await over


def settle(batch: Iterable[Waiting], fault: BaseException | None) -> None:
    """Tell everyone who still waits how it went."""
    for waiting in batch:
        if waiting.done.done():  # its request was cancelled; the record is written all the same
            continue
        if fault is None:
            waiting.done.set_result(None)
        else:
            answer = AuditUnavailable("the audit record could not be written")
            answer.__cause__ = fault
            waiting.done.set_exception(answer)

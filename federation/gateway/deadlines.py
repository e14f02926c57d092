"""One timer for all that have the same time: one for each would cost every request several."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Expiring(Protocol):
    """What must end in time."""

    def expire(self) -> None:
        """Its time is up; it is watched no more. It may have ended just now."""
        ...


class Deadlines:
    """Watches what began, for the same time each."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        # In the order in which they began, which is that in which they end.
        self._ends: dict[Expiring, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, what: Expiring, loop: asyncio.AbstractEventLoop) -> None:
        """Let it expire, unless it is forgotten before."""
        self._ends[what] = end = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_at(end, self._expire, loop)

    def forget(self, what: Expiring) -> None:
        """It has ended by itself, or did so before."""
        self._ends.pop(what, None)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at the oldest, which may have begun long after the timer did."""
        self._timer = None
        now = loop.time()
        while self._ends:
            what, end = next(iter(self._ends.items()))
            if end > now:
                self._timer = loop.call_at(end, self._expire, loop)
                return
            del self._ends[what]
            # By itself, so that a fault of one is no affair of the others.
            loop.call_soon(what.expire)

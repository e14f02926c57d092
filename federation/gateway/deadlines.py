"""One timer for all that have the same time: one for each would cost every request several."""

from __future__ import annotations

import asyncio
from itertools import takewhile
from typing import Generic, Protocol, TypeVar


class Expiring(Protocol):
    """What must end in time."""

    def expire(self) -> None:
        """Its time is up; it is watched no more."""
        ...


What = TypeVar("What", bound=Expiring)


class Deadlines(Generic[What]):
    """Watches what began, for the same time each."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        # In the order in which they began, which is that in which they end.
        self._ends: dict[What, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, what: What, loop: asyncio.AbstractEventLoop) -> None:
        """Let it expire, unless it is forgotten before."""
        self._ends[what] = end = loop.time() + self.seconds
        if self._timer is None:
            self._timer = loop.call_at(end, self._expire, loop)

    def forget(self, what: What) -> None:
        """It has ended by itself, or did so before."""
        self._ends.pop(what, None)

    def drain(self) -> list[What]:
        """Forget everything; what it was, the oldest first."""
        left = list(self._ends)
        self._ends.clear()
        return left

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at the oldest, which may have begun long after the timer did."""
        self._timer = None
        now = loop.time()
        try:
            for what, _ in list(takewhile(lambda item: item[1] <= now, self._ends.items())):
                # Unless it ended by itself, while others expired.
                if self._ends.pop(what, None) is not None:
                    what.expire()
        finally:
            # A fault of one is no affair of the others.
            if self._ends and self._timer is None:
                oldest = next(iter(self._ends.values()))
                self._timer = loop.call_at(oldest, self._expire, loop)

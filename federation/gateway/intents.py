"""Which queries leave an intent in the trail: those that are not answered within a moment.

A query's release says all that its intent would say, and an intent that is not durable yet proves
nothing. So the intent is made only of a query that has no release after so long. Until then it
costs a place in a table; one timer watches over all of them.
"""

from __future__ import annotations

import asyncio
from itertools import takewhile
from typing import Any, Protocol

PATIENCE_SECONDS = 0.25
# Intents that come due within this part of the patience are written together.
_TOGETHER = 1 / 4


class Intending(Protocol):
    """A request whose intent may have to be written."""

    def append_intent(self) -> asyncio.Future[Any]:
        """Hand the intent over; done when it is durable."""
        ...


class Intents:
    """Queries that run and have no record yet."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """None yet.

        Args:
            patience_seconds: How long one may run without an intent; 0 writes each at once.
        """
        self._patience = patience_seconds
        # By their beginning, the oldest first.
        self._due: dict[Intending, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def expect(self, request: Intending) -> None:
        """Have the request's intent appended, unless it is released before."""
        if not self._patience:
            request.append_intent()
            return
        loop = asyncio.get_running_loop()
        self._due[request] = loop.time() + self._patience
        if self._timer is None:
            self._timer = loop.call_later(self._patience, self._append_due)

    def forgo(self, request: Intending) -> None:
        """The request is released: that record stands for its intent, if there is none yet."""
        self._due.pop(request, None)

    async def close(self) -> None:
        """Return when the intents of all that still run are durable, or cannot be."""
        self._patience = 0.0
        if self._timer is not None:
            self._timer.cancel()
        rest = [request.append_intent() for request in self._due]
        self._due.clear()
        await asyncio.gather(*rest, return_exceptions=True)

    def _append_due(self) -> None:
        loop = asyncio.get_running_loop()
        now, self._timer = loop.time(), None
        ready = list(takewhile(lambda item: item[1] <= now, self._due.items()))
        try:
            for request, _ in ready:
                del self._due[request]
                request.append_intent()
        finally:
            if self._due:
                rest = next(iter(self._due.values())) - now
                pause = max(rest, self._patience * _TOGETHER)
                self._timer = loop.call_later(pause, self._append_due)

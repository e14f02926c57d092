"""Which queries leave an intent in the trail: those that are not answered within a moment.

A query's release says all that its intent would say, and an intent that is not durable yet proves
nothing. So the intent is made only of a query that has no release after so long; until then it
costs a place in a table.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from federation.gateway.deadlines import Deadlines, Expiring

PATIENCE_SECONDS = 0.25


class Intending(Expiring, Protocol):
    """A request whose intent may have to be written: when it expires."""

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
        self._is_patient = patience_seconds > 0
        self._running = Deadlines[Intending](patience_seconds)

    def expect(self, request: Intending) -> None:
        """Have the request's intent appended, unless it is released before."""
        if self._is_patient:
            self._running.watch(request, asyncio.get_running_loop())
        else:
            request.append_intent()

    def forgo(self, request: Intending) -> None:
        """The request is released: that record stands for its intent, if there is none yet."""
        self._running.forget(request)

    async def close(self) -> None:
        """Return when the intents of all that still run are durable, or cannot be."""
        self._is_patient = False
        rest = [request.append_intent() for request in self._running.drain()]
        await asyncio.gather(*rest, return_exceptions=True)

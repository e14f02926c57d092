"""Queries under way, whose results equal queries wait for instead of asking subgraphs again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any

from federation.execution import ExecutionResult

JOIN_SECONDS = 1.0
"""How long others may join a query; fetches end with the deadline of the one that began it."""


@dataclass(slots=True, eq=False)
class _Flight:
    """One execution.

    Attributes:
        held: Whatever the key names by identity.
        waiting: How many requests wait for it.
    """

    task: asyncio.Task[ExecutionResult]
    held: object
    began: float
    waiting: int = 0


class SharedQueries:
    """Executions by everything that they depend on."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Flight] = {}

    async def result(
        self,
        key: Hashable,
        held: object,
        run: Callable[[], Coroutine[Any, Any, ExecutionResult]],
    ) -> ExecutionResult:
        """What an equal query under way, or else ``run``, comes to; failures are shared as well.

        It goes on as long as somebody waits for it, whoever began it.

        Args:
            key: Equal for queries of which one result is good for all.
            held: Whatever the key names by identity.
            run: Executes the query.
        """
        flight = self._under_way.get(key)
        if flight is None or time.monotonic() - flight.began > JOIN_SECONDS:
            flight = _Flight(asyncio.create_task(run()), held, time.monotonic())
            self._under_way[key] = flight
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.task.done() or not flight.waiting:
                flight.task.cancel()
                if self._under_way.get(key) is flight:
                    del self._under_way[key]

    def forget(self) -> None:
        """Something may have changed: what is asked from now on is asked anew."""
        self._under_way.clear()

    def __len__(self) -> int:
        return len(self._under_way)

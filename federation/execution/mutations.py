"""Mutations under way: neither a client that leaves nor the deadline cuts one off."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from federation.execution.transport import SubgraphReply

_unfinished: set[asyncio.Task[SubgraphReply]] = set()
"""The event loop itself holds tasks by weak references only."""


async def to_its_end(sending: Coroutine[Any, Any, SubgraphReply]) -> SubgraphReply:
    """The reply to a mutation; cancelling means not to wait for it any longer."""
    task = asyncio.ensure_future(sending)
    _unfinished.add(task)
    task.add_done_callback(_finished)
    return await asyncio.shield(task)


def _finished(task: asyncio.Task[SubgraphReply]) -> None:
    _unfinished.discard(task)
    # Whoever waited for it may be gone; asking for the exception marks it as seen.
    if not task.cancelled():
        task.exception()


async def unfinished_mutations() -> None:
    """Return when no mutation is under way any more; to be awaited before the process ends.

    Of this event loop, that is: what another one left behind when it was closed never ends.
    """
    loop = asyncio.get_running_loop()
    while mine := {task for task in _unfinished if task.get_loop() is loop}:
        await asyncio.wait(mine)

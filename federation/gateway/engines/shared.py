"""Waiting for what others wait for as well."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from federation.errors import PolicyUnavailable

Result = TypeVar("Result")


async def result_of(task: asyncio.Task[Result]) -> Result:
    """The result of a task; a caller who goes away does not take it from the others.

    Raises:
        PolicyUnavailable: The engine was closed, since another has taken over, and the task with
            it. Whoever waited was not cancelled for that.
    """
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        waiting = asyncio.current_task()
        if task.cancelled() and waiting is not None and not waiting.cancelling():
            raise PolicyUnavailable("the policies were replaced by others") from None
        raise

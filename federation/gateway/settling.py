"""Handing on how something ended to whoever waits for it in the event loop."""

from __future__ import annotations

import asyncio
from typing import Any


def settle(waiting: asyncio.Future[Any], result: Any, fault: BaseException | None) -> None:
    """Give a result, or the fault if there is one; nothing to who does not wait any more."""
    if waiting.done():
        return
    if fault is None:
        waiting.set_result(result)
    else:
        waiting.set_exception(fault)

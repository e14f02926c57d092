"""Signals: the first moment of a stop, before the server waits for what is open, and a reload."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def before_exit(act: Callable[[], None]) -> Iterator[None]:
    """Calls ``act`` in the event loop when a signal tells the process to stop.

    The server's own handlers run as well. Without them, as outside the main thread, nothing is
    done.
    """
    handlers = {each: signal.getsignal(each) for each in _SIGNALS}
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    taken = [each for each, handler in handlers.items() if callable(handler)]
    for each in taken:
        signal.signal(each, handle)
    try:
        yield
    finally:
        for each in taken:
            signal.signal(each, handlers[each])


@contextmanager
def at_hangup(act: Callable[[], None]) -> Iterator[None]:
    """Calls ``act`` in the event loop at SIGHUP; outside the main thread nothing is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, lambda *_: loop.call_soon_threadsafe(act))
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)

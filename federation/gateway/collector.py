"""Python's garbage collector and threads, in a process that answers requests and nothing else."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG, _MIDDLE, _OLD = 20_000, 4, 1_250
_SWITCH_SECONDS = 0.0005


def spare_what_stays() -> None:
    """Keep the collector away from all that start-up made, and let it come less often.

    Schema, plans and modules are hundreds of thousands of objects that it would look through again
    and again, while requests leave hardly any cycle behind. A state that a reload replaces is taken
    apart by hand (``retiring``).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def give_way_often() -> None:
    """Let a thread that prepares something not keep the event loop waiting for the interpreter."""
    sys.setswitchinterval(_SWITCH_SECONDS)


@contextmanager
def building_apart() -> Iterator[None]:
    """While another thread builds something large: it gives way often, and nothing is collected.

    A collection would stop all threads for as long as it takes to look through what is new. In a
    process that spares what its start made, that is spared too.
    """
    interval, is_collecting, spared = sys.getswitchinterval(), gc.isenabled(), gc.get_freeze_count()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if spared:
            gc.freeze()
        if is_collecting:
            gc.enable()

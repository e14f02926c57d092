"""Memory and threads of Python, in a process that answers requests and nothing else."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG, _MIDDLE, _OLD = 50_000, 4, 500
_SWITCH_SECONDS = 0.0005

_FREED_BYTES, _BLOCK_BYTES = 16_777_216, 4_194_304
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def spare_what_stays() -> None:
    """Keep the collector away from all that start-up made, and let it come less often.

    Schema, plans and modules are hundreds of thousands of objects that it would look through again
    and again, while requests leave hardly any cycle behind. A state that a reload replaces is taken
    apart by hand (``retiring``).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def keep_what_is_freed() -> None:
    """Let the C library keep some freed memory for the next answer of a megabyte.

    By itself it gives such memory back to the system at once, and gets it anew page by page: a
    quarter of what such an answer takes. Larger blocks still go back.

    Source: mallopt(3); other C libraries than that of GNU go without.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _FREED_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _BLOCK_BYTES)


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

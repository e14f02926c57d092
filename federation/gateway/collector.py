"""Python's garbage collector in a process that answers requests and does nothing else."""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 100


def spare_what_stays() -> None:
    """Keep the collector away from all that start-up made, and let it come less often.

    Schema, plans and modules are hundreds of thousands of objects that it would look through again
    and again, while requests leave hardly any cycle behind. Of a state that a reload replaces, what
    was there at the start and is part of a cycle stays in memory.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)

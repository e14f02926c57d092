"""Engines of regorus that end on the thread that made them, whatever lets go of them.

The collector of cycles runs on any thread, and an exception keeps the frames it came through. An
engine that is dropped on a foreign thread raises there, where nobody expects it, and its memory is
lost. So the thread itself holds its engines, and everybody else a handle.
"""

from __future__ import annotations

import os
import re
import threading
import weakref
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from federation.errors import PolicyUnavailable

# Must be set before the import: otherwise every undefined value inside a rule makes a stack trace
# wherever RUST_BACKTRACE is set, which doubles the time of a decision.
os.environ["RUST_LIB_BACKTRACE"] = "0"

import regorus

_WHERE = re.compile(r"-->\s*(.+?):(\d+):(\d+)")
_WHAT = re.compile(r"^error: (.+)$", re.MULTILINE)

_numbers = count()


@dataclass(slots=True)
class _Shelf:
    """The engines of one thread.

    Attributes:
        ended: Numbers of those whose handle is gone; any thread may add one.
    """

    engines: dict[int, regorus.Engine] = field(default_factory=dict)
    ended: deque[int] = field(default_factory=deque)

    def clear_out(self) -> None:
        """Drop what nobody has a handle of any more."""
        while self.ended:
            self.engines.pop(self.ended.popleft(), None)


class _Own(threading.local):
    """Each thread's own shelf; it ends with its thread."""

    def __init__(self) -> None:
        self.shelf = _Shelf()


_own = _Own()


class OwnedEngine:
    """A handle of a new engine, which works on this thread alone."""

    def __init__(self) -> None:
        shelf = _own.shelf
        shelf.clear_out()
        self._number = next(_numbers)
        shelf.engines[self._number] = regorus.Engine()
        # Of the shelf only what any thread may touch.
        weakref.finalize(self, shelf.ended.append, self._number).atexit = False

    @property
    def here(self) -> Any:
        """The engine, to be used at once and never kept: who keeps it may drop it elsewhere.

        Raises:
            PolicyUnavailable: This is not the engine's own thread.
        """
        shelf = _own.shelf
        if shelf.ended:
            shelf.clear_out()
        try:
            return shelf.engines[self._number]
        except KeyError:
            words = "the embedded policy engine was called from a foreign thread"
            raise PolicyUnavailable(words) from None


def describe_failure(error: Exception | str) -> str:
    """The engine's words as ``file:line:column: what``, on one line."""
    text = str(error).strip()
    where, what = _WHERE.search(text), _WHAT.search(text)
    words = what[1] if what else " ".join(text.split())
    return f"{':'.join(where.groups())}: {words}" if where else words

"""Turns: what is new to the gateway is prepared piece by piece, beside the event loop.

Reading and planning an operation that was never seen takes milliseconds, and some hundred where a
text exhausts the limits. In the event loop all other requests would wait for that. Here a thread
does it, one piece of work at a time, since more threads would only share one interpreter. Whose
turn it is goes round the callers, so that who sends a thousand new operations waits for himself.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from federation.errors import RequestError, Unavailable
from federation.gateway.settings import Preparing
from federation.gateway.settling import settle

Result = TypeVar("Result")

_GATEWAY = "\0"
"""The gateway among the callers; no token has such a subject."""


class TooManyNewOperations(RequestError):
    """The caller has as many new operations waiting to be prepared as one caller may have."""

    code = "TOO_MANY_NEW_OPERATIONS"
    http_status = 429


class PreparationExhausted(Unavailable):
    """The gateway has as many new operations waiting to be prepared as it may have."""

    code = "PREPARATION_EXHAUSTED"


@dataclass(slots=True, eq=False)
class _Piece:
    """Work that waits for its turn, or has it.

    Attributes:
        waiting: What each request that wants its result waits for; when all have given up it is
            not begun.
    """

    key: Hashable
    work: Callable[[], Any]
    waiting: list[asyncio.Future[Any]] = field(default_factory=list)

    def wanted(self) -> asyncio.Future[Any]:
        """The result, for one more."""
        result = asyncio.get_running_loop().create_future()
        self.waiting.append(result)
        return result


@dataclass(slots=True)
class Turns:
    """One piece of work at a time, callers in turn; those who want the same thing share it."""

    limits: Preparing
    _by_caller: OrderedDict[str, deque[_Piece]] = field(default_factory=OrderedDict)
    _pieces: dict[Hashable, _Piece] = field(default_factory=dict)
    _is_busy: bool = False
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "preparing"))

    @property
    def waiting(self) -> int:
        """Pieces whose turn has not come."""
        return len(self._pieces) - self._is_busy

    async def take(self, caller: str, key: Hashable, work: Callable[[], Result]) -> Result:
        """The result of pure work, done by another thread when it is this caller's turn.

        Args:
            key: Equal for work with an equal result.

        Raises:
            TooManyNewOperations: The caller has too much waiting.
            PreparationExhausted: All callers together have.
        """
        piece = self._pieces.get(key)
        if piece is None:
            self._check(caller)
            piece = _Piece(key, work)
            self._pieces[key] = piece
            self._by_caller.setdefault(caller, deque()).append(piece)
        wanted = piece.wanted()
        self._go_on()
        result: Result = await wanted
        return result

    def later(
        self, key: Hashable, work: Callable[[], Result], then: Callable[[Result], None]
    ) -> None:
        """Do the gateway's own work when it is its turn, unless too much waits already."""
        if key in self._pieces or self.waiting >= self.limits.max_waiting:
            return
        piece = _Piece(key, work)
        piece.wanted().add_done_callback(lambda done: then(done.result()))
        self._pieces[key] = piece
        self._by_caller.setdefault(_GATEWAY, deque()).append(piece)
        self._go_on()

    def _check(self, caller: str) -> None:
        most = self.limits.max_waiting_per_caller
        if len(self._by_caller.get(caller, ())) >= most:
            raise TooManyNewOperations(f"at most {most} new operations of one caller may wait")
        if self.waiting >= self.limits.max_waiting:
            raise PreparationExhausted("too many new operations wait; try again later")

    def _go_on(self) -> None:
        """Begin the next piece, if none has its turn."""
        while not self._is_busy and self._by_caller:
            caller, pieces = self._by_caller.popitem(last=False)
            piece = pieces.popleft()
            if pieces:
                # Behind all others: each of them comes before this one again.
                self._by_caller[caller] = pieces
            if all(each.done() for each in piece.waiting):
                del self._pieces[piece.key]
                continue
            self._is_busy = True
            self._thread.submit(self._work_off, piece, asyncio.get_running_loop())

    def _work_off(self, piece: _Piece, loop: asyncio.AbstractEventLoop) -> None:
        """What the thread does. No future of an executor's: those cost twice as much."""
        # The loop may have ended meanwhile.
        with suppress(RuntimeError):
            try:
                result = piece.work()
            except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                loop.call_soon_threadsafe(self._end, piece, None, error)
            else:
                loop.call_soon_threadsafe(self._end, piece, result, None)

    def _end(self, piece: _Piece, result: Any, error: BaseException | None) -> None:
        self._is_busy = False
        del self._pieces[piece.key]
        for each in piece.waiting:
            settle(each, result, error)
        self._go_on()

"""A query on an open connection, at once or when one is free, without a task of its own.

That is the common case, and the fast one; whatever else happens, a task does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from federation.errors import SubgraphUnreachable
from federation.execution import ByteReply
from federation.gateway.transports.connection import Answer, Connection, NoAnswer
from federation.gateway.transports.pool import Attempt, Pool

Read = Callable[[Answer], ByteReply]
"""From an HTTP answer to that of the subgraph, or ``SubgraphUnreachable``."""

Post = Callable[[Attempt], Awaitable[ByteReply]]
"""Sends the same by a task."""


class Exchange(asyncio.Future[ByteReply]):
    """The answer to one query; cancelling closes the connection."""

    def __init__(self, subgraph: str, pool: Pool) -> None:
        """Nothing is sent yet."""
        super().__init__(loop=asyncio.get_running_loop())
        self._subgraph = subgraph
        self._pool = pool
        self._turn: asyncio.Future[None] | None = None
        self._connection: Connection | None = None
        self._second: asyncio.Future[ByteReply] | None = None

    def send(
        self,
        means: Connection | asyncio.Future[None],
        message: bytes,
        seconds: float,
        read: Read,
        post: Post,
    ) -> None:
        """Send head and body.

        Args:
            means: Taken from the pool: a connection, or the turn to get one.
            message: All of it.
            seconds: To wait for turn and answer; those of ``post`` are its own affair.
            read: Applied to the answer.
            post: Called when the connection broke before a byte of the answer came, or when there
                is none to be taken.
        """
        self._read = read
        self._post = post
        self._timer = self.get_loop().call_later(seconds, self._expire)
        if isinstance(means, Connection):
            self._connection = means
            means.begin(message, self)
        else:
            self._turn = means
            means.add_done_callback(lambda _: self._begin(message))

    def _begin(self, message: bytes) -> None:
        """Its turn has come, unless nobody waits any more."""
        if self._turn is None:
            return
        self._turn = None
        self._connection = self._pool.take()
        if self._connection is not None:
            self._connection.begin(message, self)
            return
        # One must be opened. The task for that takes a slot itself: were it cancelled before it has
        # begun, it would not give back this one.
        self._pool.free_slot()
        self._timer.cancel()
        self._go_on(Attempt(is_repeatable=True, continues=True))

    # Called by the connection

    def answered(self, answer: Answer) -> None:
        """The answer is there."""
        self._leave(is_usable=True)
        try:
            self.set_result(self._read(answer))
        except SubgraphUnreachable as failure:
            self.set_exception(failure)

    def failed(self, failure: NoAnswer) -> None:
        """There is none; it is asked for once more if it cannot have been read by anyone."""
        self._leave(is_usable=False)
        if failure.is_untouched:
            self._go_on(Attempt(continues=True, on_new=True))
            return
        self.set_exception(SubgraphUnreachable(self._subgraph, str(failure), failure.status))

    # Called by whoever waits, and by time

    def cancel(self, msg: Any | None = None) -> bool:
        """Not to be waited for any more."""
        self._give_up()
        if self._second is not None:
            self._second.cancel()
        return super().cancel(msg)

    def _expire(self) -> None:
        self._give_up()
        if not self.done():
            self.set_exception(SubgraphUnreachable(self._subgraph, "no complete answer in time"))

    def _give_up(self) -> None:
        """Give back what was taken for it."""
        turn, self._turn = self._turn, None
        if turn is not None:
            self._timer.cancel()
            if not turn.cancel():
                # It has come, and nobody has been told yet.
                self._pool.free_slot()
        if self._connection is not None:
            self._connection.abort()
            self._leave(is_usable=False)

    def _go_on(self, attempt: Attempt) -> None:
        self._second = asyncio.ensure_future(self._post(attempt))
        self._second.add_done_callback(self._take_over)

    def _leave(self, *, is_usable: bool) -> None:
        connection, self._connection = self._connection, None
        self._timer.cancel()
        if connection is not None and is_usable:
            self._pool.give_back(connection)
        elif connection is not None:
            self._pool.free_slot()

    def _take_over(self, second: asyncio.Future[ByteReply]) -> None:
        if self.done():
            if not second.cancelled():
                second.exception()
        elif second.cancelled():
            super().cancel()
        elif (failure := second.exception()) is not None:
            self.set_exception(failure)
        else:
            self.set_result(second.result())

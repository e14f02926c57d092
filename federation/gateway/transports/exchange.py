"""A query on an open connection, without a task of its own: the common case, and the fast one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from federation.errors import SubgraphUnreachable
from federation.execution import ByteReply
from federation.gateway.transports.connection import Answer, Connection, NoAnswer
from federation.gateway.transports.pool import Pool

Read = Callable[[Answer], ByteReply]
"""From an HTTP answer to that of the subgraph, or ``SubgraphUnreachable``."""

Again = Callable[[], Awaitable[ByteReply]]
"""Sends the same once more, on a new connection."""


class Exchange(asyncio.Future[ByteReply]):
    """The answer to one query; cancelling closes the connection."""

    def __init__(self, subgraph: str, pool: Pool, connection: Connection) -> None:
        """Nothing is sent yet; the connection was taken from the pool."""
        super().__init__(loop=connection.loop)
        self._subgraph = subgraph
        self._pool = pool
        self._connection: Connection | None = connection
        self._second: asyncio.Future[ByteReply] | None = None

    def send(self, message: bytes, seconds: float, read: Read, again: Again) -> None:
        """Send head and body.

        Args:
            message: All of it.
            seconds: To wait for the answer; those of ``again`` are its own affair.
            read: Applied to the answer.
            again: Called when the connection broke before a byte of the answer came.
        """
        assert self._connection is not None, "sent once"
        self._read = read
        self._again = again
        self._timer = self._connection.loop.call_later(seconds, self._expire)
        self._connection.begin(message, self)

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
            self._second = asyncio.ensure_future(self._again())
            self._second.add_done_callback(self._take_over)
            return
        self.set_exception(SubgraphUnreachable(self._subgraph, str(failure), failure.status))

    # Called by whoever waits, and by time

    def cancel(self, msg: Any | None = None) -> bool:
        """Not to be waited for any more."""
        if self._connection is not None:
            self._connection.abort()
            self._leave(is_usable=False)
        if self._second is not None:
            self._second.cancel()
        return super().cancel(msg)

    def _expire(self) -> None:
        if self._connection is None:
            return
        self._connection.abort()
        self._leave(is_usable=False)
        self.set_exception(SubgraphUnreachable(self._subgraph, "no complete answer in time"))

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

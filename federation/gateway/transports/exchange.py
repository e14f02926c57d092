"""A request on an open connection, at once or when one is free, without a task of its own.

That is the common case, and the fast one; whatever else happens, a task does it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from federation.errors import SubgraphUnreachable
from federation.execution import ByteReply
from federation.gateway.transports.connection import Answer, Connection, NoAnswer
from federation.gateway.transports.pool import Attempt
from federation.gateway.transports.target import Target


class Exchange(asyncio.Future[ByteReply]):
    """The answer to one request; cancelling closes the connection."""

    _turn: asyncio.Future[None] | None = None
    _connection: Connection | None = None
    _second: asyncio.Future[ByteReply] | None = None

    def __init__(self, target: Target, message: bytes, *, is_repeatable: bool) -> None:
        """Nothing is sent yet, but time runs.

        Args:
            target: Where it goes.
            message: All of it, head and body.
            is_repeatable: Whether it may be sent once more, as a query may.
        """
        loop = asyncio.get_running_loop()
        super().__init__(loop=loop)
        self._target = target
        self._message = message
        self._is_repeatable = is_repeatable
        target.deadlines.watch(self, loop)

    def begin(self, connection: Connection) -> None:
        """Send it on a connection that was taken from the pool."""
        self._connection = connection
        connection.begin(self._message, self)

    def wait(self, turn: asyncio.Future[None]) -> None:
        """Send it when the turn has come to get a connection."""
        self._turn = turn
        turn.add_done_callback(self._take)

    def _take(self, _: asyncio.Future[None]) -> None:
        """Its turn has come, unless nobody waits any more."""
        if self._turn is None:
            return
        self._turn = None
        pool = self._target.pool
        connection = pool.take()
        if connection is not None:
            self.begin(connection)
            return
        # One must be opened. The task for that takes a slot itself: were it cancelled before it has
        # begun, it would not give back this one.
        pool.free_slot()
        self._target.deadlines.forget(self)
        self._go_on(Attempt(is_repeatable=self._is_repeatable, continues=True))

    # Called by the connection

    def answered(self, answer: Answer) -> None:
        """The answer is there."""
        self._leave(is_usable=True)
        self._message = b""  # whoever keeps the answer does not keep that
        try:
            self.set_result(self._target.read(answer))
        except SubgraphUnreachable as failure:
            self.set_exception(failure)

    def failed(self, failure: NoAnswer) -> None:
        """There is none; it is asked for once more if it cannot have been read by anyone."""
        self._leave(is_usable=False)
        if failure.is_untouched and self._is_repeatable:
            self._go_on(Attempt(continues=True, on_new=True))
            return
        self.set_exception(self._target.unreachable(failure))

    # Called by whoever waits, and by time

    def cancel(self, msg: Any | None = None) -> bool:
        """Not to be waited for any more."""
        self._give_up()
        if self._second is not None:
            self._second.cancel()
        return super().cancel(msg)

    def expire(self) -> None:
        """See ``Deadlines``."""
        self._give_up()
        if not self.done():
            self.set_exception(self._target.late())

    def _give_up(self) -> None:
        """Give back what was taken for it."""
        turn, self._turn = self._turn, None
        if turn is not None:
            self._target.deadlines.forget(self)
            if not turn.cancel():
                # It has come, and nobody has been told yet.
                self._target.pool.free_slot()
        if self._connection is not None:
            self._connection.abort()
            self._leave(is_usable=False)

    def _go_on(self, attempt: Attempt) -> None:
        self._second = asyncio.ensure_future(self._target.send(self._message, attempt))
        self._second.add_done_callback(self._take_over)

    def _leave(self, *, is_usable: bool) -> None:
        connection, self._connection = self._connection, None
        self._target.deadlines.forget(self)
        if connection is not None and is_usable:
            self._target.pool.give_back(connection)
        elif connection is not None:
            self._target.pool.free_slot()

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

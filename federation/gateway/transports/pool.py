"""Connections to one origin, kept for the next request."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass

from federation.gateway.transports.answers import IDLE_SECONDS
from federation.gateway.transports.connection import Answer, Connection, NoAnswer

_LIFE_SECONDS = 300.0
"""After this a connection is not used again, so that a changed address is noticed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections lead to.

    Attributes:
        tls: None for plain HTTP.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """What a pool and its connections may use.

    Attributes:
        connections: Open at one time.
        connect_seconds: For name resolution, connecting and TLS together.
        max_head_bytes: Of an answer.
        max_body_bytes: Of an answer.
    """

    connections: int
    connect_seconds: float
    max_head_bytes: int
    max_body_bytes: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a request is sent.

    Attributes:
        is_repeatable: Whether it may be sent once more, on a new connection, when the first one
            broke before a byte of the answer came.
        continues: Whether it gets a slot before those that begin something.
        on_new: Whether a connection is opened even if there is an idle one.
    """

    is_repeatable: bool = False
    continues: bool = False
    on_new: bool = False


class Pool:
    """Open connections to one origin; the one used last is used next, so that the others age."""

    def __init__(self, origin: Origin, limits: PoolLimits) -> None:
        self._origin = origin
        self._limits = limits
        # Whoever holds a slot holds a connection or may open one, idle ones being taken first:
        # there are never more open connections than slots.
        self._free = limits.connections
        self._begun: deque[asyncio.Future[None]] = deque()
        self._new: deque[asyncio.Future[None]] = deque()
        self._idle: list[Connection] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def exchange(self, request: bytes, attempt: Attempt) -> Answer:
        """The answer to one request.

        Args:
            request: Head and body.

        Raises:
            NoAnswer: No complete answer came.
            OSError: No connection could be had; TLS failures are among them.
            TimeoutError: No connection could be had in time.
        """
        await self._slot(continues=attempt.continues)
        try:
            if attempt.on_new:
                # There may be as many idle ones as there are slots.
                self._drop_idle()
            connection = self.take() or await self._open()
            try:
                answer = await connection.ask(request)
            except NoAnswer as failure:
                if not (attempt.is_repeatable and failure.is_untouched):
                    raise
                # The other idle ones may be as dead as this one was.
                connection = await self._open()
                answer = await connection.ask(request)
            self._put_back(connection)
            return answer
        finally:
            self.free_slot()

    @property
    def is_full(self) -> bool:
        """Whether a slot has to be waited for."""
        return not self._free

    def take_idle(self) -> Connection | None:
        """An open connection and a slot for it, to be given back; None if that takes waiting."""
        if not self._free:
            return None
        connection = self.take()
        if connection is not None:
            self._free -= 1
        return connection

    def wait(self, *, continues: bool) -> asyncio.Future[None]:
        """Done when a slot is the caller's, who gives it back, or cancels this before."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._begun if continues else self._new).append(turn)
        return turn

    def give_back(self, connection: Connection) -> None:
        """A connection that has its answer, and its slot."""
        self._put_back(connection)
        self.free_slot()

    def free_slot(self) -> None:
        """The slot alone, of a connection that was closed."""
        while self._begun or self._new:
            first = (self._begun or self._new).popleft()
            if not first.done():
                first.set_result(None)
                return
        self._free += 1

    async def _slot(self, *, continues: bool) -> None:
        if not self.is_full:
            self._free -= 1
            return
        turn = self.wait(continues=continues)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.free_slot()
            raise

    async def close(self) -> None:
        """Close what is idle, now, and what is busy when it has its answer."""
        self._is_closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        closing, self._idle = self._idle, []
        for connection in closing:
            connection.abort()
        if closing:
            await asyncio.wait([connection.lost for connection in closing])

    def _drop_idle(self) -> None:
        dropped, self._idle = self._idle, []
        for connection in dropped:
            connection.abort()

    def take(self) -> Connection | None:
        """An open connection for a slot that is held; None if one must be opened."""
        while self._idle:
            connection = self._idle.pop()
            latest = connection.loop.time() - IDLE_SECONDS
            if connection.is_open and connection.idle_since >= latest:
                return connection
            connection.abort()
        return None

    async def _open(self) -> Connection:
        origin, limits = self._origin, self._limits
        async with asyncio.timeout(limits.connect_seconds):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(limits.max_head_bytes, limits.max_body_bytes),
                origin.host,
                origin.port,
                ssl=origin.tls,
            )
        return connection

    def _put_back(self, connection: Connection) -> None:
        now = connection.loop.time()
        if not connection.is_open or self._is_closed or now - connection.opened > _LIFE_SECONDS:
            connection.abort()
            return
        connection.idle_since = now
        self._idle.append(connection)
        if self._sweep is None:
            self._sweep = connection.loop.call_later(IDLE_SECONDS, self._close_unused)

    def _close_unused(self) -> None:
        loop = asyncio.get_running_loop()
        latest = loop.time() - IDLE_SECONDS
        kept = []
        for connection in self._idle:
            if connection.is_open and connection.idle_since > latest:
                kept.append(connection)
            else:
                connection.abort()
        self._idle = kept
        self._sweep = loop.call_later(IDLE_SECONDS, self._close_unused) if kept else None

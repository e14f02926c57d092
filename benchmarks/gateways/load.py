"""Load on one gateway: so many connections, each of which asks anew as soon as it is answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httptools

_HEAD = (
    "POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    "accept: application/json\r\n{headers}content-length: {length}\r\n\r\n"
)
# Requests under way at the end are waited for: a gateway has worked for them already.
_DRAIN_SECONDS = 120


class GatewayFailed(Exception):
    """A gateway closed a connection, or answered with something else than the data."""


@dataclass(frozen=True, slots=True)
class Request:
    """Requests that are much alike; ``query`` and ``variables`` make each from its number."""

    query: Callable[[int], str]
    variables: Callable[[int], Mapping[str, Any]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def sent(self, number: int) -> bytes:
        """One of them, as it is sent."""
        asked: dict[str, Any] = {"query": self.query(number)}
        if self.variables:
            asked["variables"] = self.variables(number)
        body = json.dumps(asked)
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return (_HEAD.format(headers=headers, length=len(body)) + body).encode()


@dataclass(frozen=True, slots=True)
class Load:
    """What one gateway did in one round.

    Attributes:
        seconds: Until the last answer.
        delays: Seconds of each request, shortest first.
    """

    seconds: float
    delays: tuple[float, ...]

    def percentile(self, part: float) -> float:
        """Milliseconds."""
        return self.delays[min(int(len(self.delays) * part), len(self.delays) - 1)] * 1000


async def load(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    """Send requests for so long, then wait for the answers that are due.

    Raises:
        GatewayFailed: One answer was not what a gateway should give.
    """
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    sender = _Sender(requests, began + seconds, connections, loop.create_future())
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(sender), "127.0.0.1", port)
    await asyncio.wait_for(sender.done, seconds + _DRAIN_SECONDS)
    return Load(time.perf_counter() - began, tuple(sorted(sender.delays)))


class _Sender:
    """What the connections share."""

    def __init__(
        self, requests: Iterator[bytes], ends: float, connections: int, done: asyncio.Future[None]
    ) -> None:
        self._requests = requests
        self._ends = ends
        self._open = connections
        self.done = done
        self.delays: list[float] = []

    def next(self) -> bytes | None:
        """The next request; None when it is time to end."""
        if time.perf_counter() < self._ends and not self.done.done():
            return next(self._requests)
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result(None)
        return None

    def fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(GatewayFailed(reason))


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, sender: _Sender) -> None:
        self._sender = sender
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._began = 0.0
        self._is_done = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._send()

    def _send(self) -> None:
        request = self._sender.next()
        if request is None:
            self._is_done = True
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as fault:
            self._sender.fail(f"not HTTP: {fault}")

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        self._sender.delays.append(time.perf_counter() - self._began)
        reason = fault_of(self._parser.get_status_code(), b"".join(self._parts))
        self._parts = []
        if reason:
            self._sender.fail(reason)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_done:
            self._sender.fail(f"connection closed: {exc or 'by the gateway'}")


def fault_of(status: int, body: bytes) -> str:
    """Why an answer does not count; empty if it does. Errors stand before the data or after it."""
    ends = body[:200] + body[-2_000:]
    if status != 200 or b'"data"' not in ends or b'"errors"' in ends:
        return f"status {status}: {ends[:300]!r}"
    return ""

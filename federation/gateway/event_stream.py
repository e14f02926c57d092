"""Server-sent events to one client: responses, a heartbeat, and no waiting for who does not read.

Source:
    GraphQL over Server-Sent Events, "Distinct connections mode" (PROTOCOL.md of the npm package
    `graphql-sse`).
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Send

from federation.gateway.acceptance import EVENTS_TYPE
from federation.gateway.messages import Response
from federation.gateway.settings import Subscriptions
from federation.gateway.streams.payload import ClientTooSlow

_HEADERS = {
    "content-type": f"{EVENTS_TYPE}; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    # Buffering proxies would hold events back.
    "x-accel-buffering": "no",
}


class EventStreamWriter:
    """Writes one stream; as a context it sends the head at its begin and a heartbeat throughout."""

    def __init__(self, send: Send, request_id: str, settings: Subscriptions) -> None:
        self._send = send
        self._headers = {**_HEADERS, "datong-request": request_id}
        self._settings = settings
        self._lock = asyncio.Lock()
        self._heart: asyncio.Task[None] | None = None
        self._written = 0
        self._is_stuck = False

    async def __aenter__(self) -> Self:
        """The head has been sent."""
        raw = [(name.encode(), value.encode("latin-1")) for name, value in self._headers.items()]
        await self._send({"type": "http.response.start", "status": 200, "headers": raw})
        # Clients learn at once that the stream is open.
        await self._write(b":\n\n")
        self._heart = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """No heartbeat any more."""
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)

    async def emit(self, event: Response) -> None:
        """Send one response.

        Raises:
            ClientTooSlow: The connection had no room for it for too long.
        """
        # JSON text has no line breaks of its own.
        await self._write(b"event: next\ndata: " + event.body + b"\n\n")

    async def complete(self, failure: Response | None) -> None:
        """Send the failure that ended the stream, if one did, and the end.

        A client that does not read is left without both.
        """
        if self._is_stuck:
            return
        try:
            if failure is not None:
                await self.emit(failure)
            await self._write(b"event: complete\ndata:\n\n", is_last=True)
        except ClientTooSlow:
            return

    async def _write(self, chunk: bytes, *, is_last: bool = False) -> None:
        limit = self._settings.slow_client_seconds
        try:
            async with asyncio.timeout(limit), self._lock:
                message = {"type": "http.response.body", "body": chunk, "more_body": not is_last}
                await self._send(message)
        except TimeoutError:
            self._is_stuck = True
            raise ClientTooSlow(f"the connection took no event for {limit:g} s") from None
        self._written += 1

    async def _beat(self) -> None:
        while True:
            before = self._written
            await asyncio.sleep(self._settings.heartbeat_seconds)
            if self._written == before:
                await self._write(b":\n\n")

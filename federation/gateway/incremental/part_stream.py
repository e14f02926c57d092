"""Parts to one client as `multipart/mixed`, and no waiting for who does not read.

Source:
    GraphQL over HTTP, "Incremental Delivery over HTTP" (rfcs/IncrementalDelivery.md); RFC 2046,
    "Multipart Media Type".
"""

from __future__ import annotations

import asyncio

from starlette.types import Send

from federation.gateway.messages import Response
from federation.gateway.settings import Subscriptions
from federation.gateway.streams.payload import ClientTooSlow

# JSON text cannot begin a line with it.
_BOUNDARY = "-"
_PART = b"Content-Type: application/json; charset=utf-8\r\n\r\n"


class PartStreamWriter:
    """Writes one multipart body; its head goes with the first part."""

    def __init__(
        self, send: Send, request_id: str, settings: Subscriptions, parameter: str = ""
    ) -> None:
        """Nothing is written yet.

        Args:
            send: Of the ASGI server.
            request_id: For the response header.
            settings: How long a client may let a part wait.
            parameter: Names the format in the media type; empty for none.
        """
        self._send = send
        self._settings = settings
        named = f"; {parameter}" if parameter else ""
        self._headers = {
            "content-type": f'multipart/mixed; boundary="{_BOUNDARY}"{named}',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            # Buffering proxies would hold parts back.
            "x-accel-buffering": "no",
            "datong-request": request_id,
        }
        self._is_stuck = False
        self.has_begun = False

    async def emit(self, part: Response) -> None:
        """Send one part.

        Raises:
            ClientTooSlow: The connection had no room for it for too long.
        """
        if not self.has_begun:
            self.has_begun = True
            raw = [
                (name.encode(), value.encode("latin-1")) for name, value in self._headers.items()
            ]
            await self._send({"type": "http.response.start", "status": 200, "headers": raw})
            await self._write(b"\r\n---")
        # The boundary that ends a part is sent with it: clients wait for that to read it.
        await self._write(b"\r\n" + _PART + part.body + b"\r\n---")

    async def complete(self, last: Response | None) -> None:
        """Send one more part, if there is one, and the end.

        A client that does not read is left without both.
        """
        if self._is_stuck:
            return
        try:
            if last is not None:
                await self.emit(last)
            await self._write(b"--\r\n", is_last=True)
        except ClientTooSlow:
            return

    async def _write(self, chunk: bytes, *, is_last: bool = False) -> None:
        limit = self._settings.slow_client_seconds
        message = {"type": "http.response.body", "body": chunk, "more_body": not is_last}
        try:
            async with asyncio.timeout(limit):
                await self._send(message)
        except TimeoutError:
            self._is_stuck = True
            raise ClientTooSlow(f"the connection took no part for {limit:g} s") from None

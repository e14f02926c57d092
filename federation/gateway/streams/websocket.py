"""Subscriptions over WebSocket: one connection for each, since each has a caller of its own.

Source:
    GraphQL over WebSocket (`graphql-transport-ws`), PROTOCOL.md of the npm package `graphql-ws`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest
from federation.gateway.settings import Subscriptions
from federation.gateway.streams.payload import read_json, reply_of

PROTOCOL = "graphql-transport-ws"
_ID = "1"
_CLOSE_SECONDS = 1.0


async def websocket_events(
    session: aiohttp.ClientSession,
    url: URL,
    subgraph: str,
    request: SubgraphRequest,
    settings: Subscriptions,
) -> AsyncGenerator[SubgraphReply, None]:
    """The events of one subscription, until the subgraph completes it.

    Closed early, it tells the subgraph so.

    Raises:
        SubgraphUnreachable: The connection cannot be made, breaks off or goes dead, or what comes
            is not of the protocol.
    """
    talk = _Talk(subgraph, settings)
    try:
        async with asyncio.timeout(settings.connect_seconds):
            await talk.connect(session, url, request.headers)
            await talk.say({"type": "connection_init"})
            await talk.expect_acknowledgement()
            payload = {"query": request.text, "variables": request.variables}
            await talk.say({"id": _ID, "type": "subscribe", "payload": payload})
        while True:
            message = await talk.hear()
            match message["type"]:
                case "next" if message.get("id") == _ID:
                    yield reply_of(subgraph, message.get("payload"))
                case "error" if message.get("id") == _ID:
                    talk.is_over = True
                    yield reply_of(subgraph, {"errors": message.get("payload")})
                    return
                case "complete" if message.get("id") == _ID:
                    talk.is_over = True
                    return
                case other:
                    raise SubgraphUnreachable(subgraph, f"an unexpected message {other!r:.40}")
    except TimeoutError:
        raise SubgraphUnreachable(subgraph, "the subscription was not opened in time") from None
    except (aiohttp.ClientError, OSError) as error:
        raise SubgraphUnreachable(subgraph, type(error).__name__) from error
    finally:
        await talk.end()


class _Talk:
    """One connection.

    Attributes:
        is_over: The subgraph knows that the subscription has ended.
    """

    def __init__(self, subgraph: str, settings: Subscriptions) -> None:
        self.is_over = False
        self._subgraph = subgraph
        self._settings = settings
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def connect(
        self, session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str]
    ) -> None:
        """Open the connection and agree on the protocol."""
        self._socket = await session.ws_connect(
            url,
            protocols=(PROTOCOL,),
            headers=headers,
            max_msg_size=self._settings.max_event_bytes,
            timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
        )
        if self._socket.protocol != PROTOCOL:
            raise SubgraphUnreachable(self._subgraph, f"does not speak {PROTOCOL}")

    async def say(self, message: Mapping[str, Any]) -> None:
        """Send one message."""
        assert self._socket is not None, "spoken to only when connected"
        await self._socket.send_str(msgspec.json.encode(message).decode())

    async def expect_acknowledgement(self) -> None:
        """Wait until the subgraph accepts the connection."""
        found = (await self.hear())["type"]
        if found != "connection_ack":
            raise SubgraphUnreachable(self._subgraph, f"{found!r:.40} came instead of its welcome")

    async def hear(self) -> dict[str, Any]:
        """The next message that is not about the connection itself.

        A connection on which nothing comes is asked for a sign of life, and given up without one.
        """
        is_asked = False
        while True:
            try:
                message = await self._receive(self._settings.idle_seconds / 2)
            except TimeoutError:
                if is_asked:
                    raise SubgraphUnreachable(self._subgraph, "no sign of life") from None
                is_asked = True
                await self.say({"type": "ping"})
                continue
            is_asked = False
            match message["type"]:
                case "ping":
                    await self.say({"type": "pong"})
                case "pong":
                    pass
                case _:
                    return message

    async def _receive(self, seconds: float) -> dict[str, Any]:
        assert self._socket is not None, "listened to only when connected"
        frame = await self._socket.receive(seconds)
        if frame.type is aiohttp.WSMsgType.TEXT:
            message = read_json(self._subgraph, frame.data)
            if isinstance(message, dict) and isinstance(message.get("type"), str):
                return message
            raise SubgraphUnreachable(self._subgraph, "a message without type")
        if frame.type is aiohttp.WSMsgType.ERROR:
            raise SubgraphUnreachable(self._subgraph, "broken framing or an event that is too long")
        code = self._socket.close_code
        raise SubgraphUnreachable(self._subgraph, f"the connection was closed (code {code})")

    async def end(self) -> None:
        """Say good-bye, without waiting for long."""
        if self._socket is None:
            return
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            if not self.is_over and not self._socket.closed:
                await self.say({"id": _ID, "type": "complete"})
        await self._socket.close()

"""A subgraph on a real socket that sends events when a test says so, over WebSocket and SSE."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

SUBSCRIPTIONS = "type Subscription { ticket(most: Int): Ticket secret: Ticket tickets: [Ticket!] }"
DESK = f"""
type Query {{ tickets: Int }}
{SUBSCRIPTIONS}
type Ticket @key(fields: "id") {{ id: ID! subject: String! }}
"""
PEOPLE = """
type Query { people: Int }
type Ticket @key(fields: "id") { id: ID! owner: String }
"""
PROTOCOL = "graphql-transport-ws"


@dataclass
class Stream:
    """One subscription as the subgraph sees it.

    Attributes:
        over: Set when the gateway has ended it.
        said: Messages of the gateway after it subscribed, over WebSocket.
    """

    text: str
    variables: dict[str, Any]
    headers: dict[str, str]
    messages: asyncio.Queue[dict[str, Any] | str | None] = field(default_factory=asyncio.Queue)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[dict[str, Any]] = field(default_factory=list)

    def send(self, data: Any, **more: Any) -> None:
        """An event."""
        self.messages.put_nowait({"type": "next", "payload": {"data": data, **more}})

    def ticket(self, number: int | str) -> None:
        """An event as the desk sends it."""
        self.send({"ticket": _ticket(number)})

    def tickets(self, *numbers: int) -> None:
        """An event about several."""
        self.send({"tickets": [_ticket(number) for number in numbers]})

    def error(self, message: str) -> None:
        """A refusal of the operation."""
        self.messages.put_nowait({"type": "error", "payload": [{"message": message}]})

    def complete(self) -> None:
        """The regular end."""
        self.messages.put_nowait({"type": "complete"})

    def raw(self, text: str) -> None:
        """A text as it stands."""
        self.messages.put_nowait(text)

    def drop(self) -> None:
        """Close the connection without a word."""
        self.messages.put_nowait(None)


def _ticket(number: int | str) -> dict[str, str]:
    return {"__typename": "Ticket", "id": str(number), "subject": f"s{number}"}


class EventSubgraph:
    """Answers subscriptions as told, and entity requests for tickets with their owners.

    Attributes:
        asked: Bodies of plain requests.
        owner: What stands before the id in an owner's name; None fails such requests.
        welcomes: Whether WebSocket connections are acknowledged.
        answers_pings: Whether it says `pong`.
    """

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, Any]] = []
        self.owner: str | None = "owner of "
        self.welcomes = True
        self.answers_pings = True
        self.protocols: tuple[str, ...] = (PROTOCOL,)
        self._opened: asyncio.Queue[Stream] = asyncio.Queue()

    async def opened(self) -> Stream:
        """The next subscription of the gateway."""
        async with asyncio.timeout(10):
            return await self._opened.get()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await self._websocket(request)
        body = json.loads(await request.read())
        if request.headers.get("accept") == "text/event-stream":
            return await self._sse(request, body)
        self.asked.append(body)
        if self.owner is None:
            return web.json_response({"errors": [{"message": "no"}]}, status=500)
        found = [
            {"__typename": "Ticket", "owner": f"{self.owner}{each['id']}"}
            for each in body["variables"]["representations"]
        ]
        return web.json_response({"data": {"_entities": found}})

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=self.protocols)
        await socket.prepare(request)
        assert json.loads(await socket.receive_str()) == {"type": "connection_init"}
        if not self.welcomes:
            await socket.close(code=4403, message=b"Forbidden")
            return socket
        await socket.send_json({"type": "ping"})
        await socket.send_json({"type": "connection_ack"})
        assert json.loads(await socket.receive_str()) == {"type": "pong"}
        message = json.loads(await socket.receive_str())
        assert message["type"] == "subscribe"
        stream = self._open(request, message["payload"])
        sending = asyncio.create_task(self._send_frames(socket, stream, message["id"]))
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                said = json.loads(frame.data)
                stream.said.append(said)
                if said["type"] == "ping" and self.answers_pings:
                    await socket.send_json({"type": "pong"})
        stream.over.set()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def _send_frames(self, socket: web.WebSocketResponse, stream: Stream, name: str) -> None:
        while True:
            message = await stream.messages.get()
            if message is None:
                await socket.close()
                return
            if isinstance(message, str):
                await socket.send_str(message)
            else:
                await socket.send_json({"id": name, **message})

    async def _sse(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        stream = self._open(request, body)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        try:
            await response.write(b": welcome\r\n\r\n")
            while (message := await stream.messages.get()) is not None:
                if isinstance(message, str):
                    await response.write(message.encode())
                    continue
                data = json.dumps(message.get("payload")) if "payload" in message else ""
                text = f"event: {message['type']}\r\ndata: {data}\r\n\r\n"
                # In two pieces, as networks do.
                await response.write(text[:9].encode())
                await response.write(text[9:].encode())
        finally:
            stream.over.set()
        return response

    def _open(self, request: web.Request, body: dict[str, Any]) -> Stream:
        headers = {name.lower(): value for name, value in request.headers.items()}
        stream = Stream(body["query"], body.get("variables") or {}, headers)
        self._opened.put_nowait(stream)
        return stream


@asynccontextmanager
async def event_subgraph() -> AsyncIterator[EventSubgraph]:
    """The subgraph, served in this event loop."""
    subgraph = EventSubgraph()
    app = web.Application()
    app.router.add_route("*", "/graphql", subgraph.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        subgraph.url = f"http://{host}:{port}/graphql"
        yield subgraph
    finally:
        await runner.cleanup()

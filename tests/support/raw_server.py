"""A server on loopback that answers raw bytes, and the clients that are tested with it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self, TypeAlias

import pytest

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphRequest, Transport
from federation.gateway.transports.fast import FastTransport
from federation.gateway.transports.http import HttpTransport

Client: TypeAlias = type[FastTransport] | type[HttpTransport]

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[bool]]
"""Answers one request; returns whether the connection stays open."""


class RawServer:
    """A server on loopback that answers raw bytes and keeps what it was sent."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self._answer = answer
        self._server: asyncio.Server | None = None
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        self._writers: list[asyncio.StreamWriter] = []
        self.left = asyncio.Event()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/graphql"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        # Sockets are closed by the event loop's next turn.
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            while await self._answer(await self._read(reader), writer):
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            self.left.set()
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((head[0], headers, body))
        return body


def http_answer(
    body: bytes | dict[str, Any],
    status: str = "200 OK",
    content_type: str = "application/json",
    extra: str = "",
    length: int | None = None,
) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    size = len(content) if length is None else length
    described = f"content-type: {content_type}\r\ncontent-length: {size}\r\n{extra}"
    return f"HTTP/1.1 {status}\r\n{described}\r\n".encode() + content


def always(reply: bytes, *, keep: bool = True) -> Answer:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(reply)
        await writer.drain()
        return keep

    return answer


@asynccontextmanager
async def serving(
    client: Client, answer: Answer, **settings: Any
) -> AsyncIterator[tuple[RawServer, Transport]]:
    """A server, and the client under test connected to it."""
    async with RawServer(answer) as server, client({"a": server.url}, **settings) as transport:
        yield server, transport


async def refused(client: Client, answer: Answer, **settings: Any) -> SubgraphUnreachable:
    """How the client refuses what the server answers."""
    async with serving(client, answer, **settings) as (_, transport):
        with pytest.raises(SubgraphUnreachable) as caught:
            await transport.send("a", SubgraphRequest("{ a }"))
        assert caught.value.subgraph == "a"
        return caught.value

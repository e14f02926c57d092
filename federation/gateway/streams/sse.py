"""Subscriptions over server-sent events: one POST for each, answered for as long as it lasts.

Source:
    GraphQL over Server-Sent Events, "Distinct connections mode" (PROTOCOL.md of the npm package
    `graphql-sse`); HTML standard, "Interpreting an event stream".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import NamedTuple

import aiohttp
import msgspec
from yarl import URL

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest
from federation.gateway.settings import Subscriptions
from federation.gateway.streams.payload import read_json, reply_of

_STREAM_TYPE = "text/event-stream"
_JSON_TYPES = ("application/graphql-response+json", "application/json")
_HEADERS = {"Accept": _STREAM_TYPE, "Content-Type": "application/json"}


async def sse_events(
    session: aiohttp.ClientSession,
    url: URL,
    subgraph: str,
    request: SubgraphRequest,
    settings: Subscriptions,
) -> AsyncGenerator[SubgraphReply, None]:
    """The events of one subscription, until the subgraph completes it.

    A refusal in plain JSON is the only event. Closed early, it closes the connection, which is how
    the subgraph learns of it.

    Raises:
        SubgraphUnreachable: The connection cannot be made, breaks off or falls silent, or what
            comes is not of the protocol.
    """
    body = msgspec.json.encode({"query": request.text, "variables": request.variables})
    headers = {**request.headers, **_HEADERS}
    response: aiohttp.ClientResponse | None = None
    try:
        async with asyncio.timeout(settings.connect_seconds):
            response = await session.post(url, data=body, headers=headers, allow_redirects=False)
        if response.content_type in _JSON_TYPES:
            yield reply_of(subgraph, await _read_refusal(response, subgraph, settings))
            return
        if response.status != 200 or response.content_type != _STREAM_TYPE:
            raise SubgraphUnreachable(
                subgraph, f"status {response.status} and no event stream", response.status
            )
        async for event in _events(response, subgraph, settings):
            if event.name == "complete":
                return
            if event.name == "next":
                yield reply_of(subgraph, read_json(subgraph, event.data))
        raise SubgraphUnreachable(subgraph, "the stream ended before the subscription")
    except TimeoutError:
        raise SubgraphUnreachable(subgraph, "no sign of life") from None
    except (aiohttp.ClientError, OSError) as error:
        raise SubgraphUnreachable(subgraph, type(error).__name__) from error
    finally:
        if response is not None:
            response.close()


async def _read_refusal(
    response: aiohttp.ClientResponse, subgraph: str, settings: Subscriptions
) -> object:
    text = b""
    async with asyncio.timeout(settings.connect_seconds):
        async for chunk in response.content.iter_any():
            text += chunk
            if len(text) > settings.max_event_bytes:
                raise SubgraphUnreachable(subgraph, "the answer is too long", response.status)
    return read_json(subgraph, text)


class Event(NamedTuple):
    """One event of a stream; events without data stand too, since `complete` has none."""

    name: str
    data: bytes


async def _events(
    response: aiohttp.ClientResponse, subgraph: str, settings: Subscriptions
) -> AsyncIterator[Event]:
    parser = EventParser()
    while True:
        async with asyncio.timeout(settings.idle_seconds):
            chunk = await response.content.readany()
        if not chunk:
            return
        for event in parser.feed(chunk):
            if len(event.data) > settings.max_event_bytes:
                raise SubgraphUnreachable(subgraph, "an event is too long")
            yield event
        if parser.held > settings.max_event_bytes:
            raise SubgraphUnreachable(subgraph, "an event is too long")


class EventParser:
    """Bytes to events, however the bytes are cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._name = b""
        self._data: list[bytes] = []
        self._is_first = True
        self._after_return = False

    @property
    def held(self) -> int:
        """Bytes kept of an event that is not complete."""
        # With the line ends: lines without anything take memory as well.
        return len(self._rest) + len(self._name) + sum(map(len, self._data)) + len(self._data)

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that a further chunk completes."""
        for line in self._lines(chunk):
            if line:
                self._take(line)
                continue
            if self._name or self._data:
                yield Event(self._name.decode("utf-8", "replace"), b"\n".join(self._data))
            self._name, self._data = b"", []

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        """Complete lines; they may end in CR LF, LF or CR."""
        if not chunk:
            return
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_return = chunk.endswith(b"\r")
        parts = (self._rest + chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).split(b"\n")
        self._rest = parts.pop()
        for line in parts:
            yield line.removeprefix(b"\xef\xbb\xbf") if self._is_first else line
            self._is_first = False

    def _take(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._name = value
        elif name == b"data":
            self._data.append(value)

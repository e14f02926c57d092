"""The multipart body, byte by byte, and a client that does not read it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from federation.gateway.incremental import PartStreamWriter
from federation.gateway.messages import Response
from federation.gateway.settings import Subscriptions
from federation.gateway.streams.payload import ClientTooSlow


class Connection:
    """The sending side of an ASGI server; it takes so many messages and then no more."""

    def __init__(self, room: int = 100) -> None:
        self.sent: list[dict[str, Any]] = []
        self._room = room

    async def send(self, message: Any) -> None:
        if len(self.sent) >= self._room:
            await asyncio.sleep(60)
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(each.get("body", b"") for each in self.sent)


def writer(connection: Connection, parameter: str = "") -> PartStreamWriter:
    settings = Subscriptions(slow_client_seconds=0.05)
    return PartStreamWriter(connection.send, "r1", settings, parameter)


async def test_each_part_is_followed_by_its_boundary_at_once() -> None:
    connection = Connection()
    parts = writer(connection, "deferSpec=20220824")

    await parts.emit(Response(b"{1}"))
    first = connection.body
    await parts.emit(Response(b"{2}"))
    await parts.complete(None)

    head = b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
    assert first == b"\r\n---" + head + b"{1}\r\n---"
    assert connection.body == first + head + b"{2}\r\n-----\r\n"
    headers = dict(connection.sent[0]["headers"])
    assert headers[b"content-type"] == b'multipart/mixed; boundary="-"; deferSpec=20220824'
    assert headers[b"datong-request"] == b"r1"
    assert [each["more_body"] for each in connection.sent[1:]] == [True, True, True, False]


async def test_nothing_is_sent_before_the_first_part() -> None:
    connection = Connection()

    parts = writer(connection)

    assert not parts.has_begun
    assert connection.sent == []


async def test_a_client_that_does_not_read_is_given_up() -> None:
    # Room for the head, the first boundary and one part.
    connection = Connection(room=3)
    parts = writer(connection)
    await parts.emit(Response(b"{1}"))

    with pytest.raises(ClientTooSlow):
        await parts.emit(Response(b"{2}"))
    await parts.complete(Response(b"{3}"))

    assert len(connection.sent) == 3

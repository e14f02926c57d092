"""The HTTP transport against servers that behave, misbehave and attack."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphRequest
from federation.gateway.transports.http import HttpTransport
from tests.support.city import API, run
from tests.support.plans import plan_of, root

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[bool]]
"""Answers one request; returns whether the connection stays open."""


class Server:
    """A server on loopback that answers raw bytes and keeps what it was sent."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        self.left = asyncio.Event()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/graphql"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
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


def _http(
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


def _always(reply: bytes, *, keep: bool = True) -> Answer:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(reply)
        await writer.drain()
        return keep

    return answer


@asynccontextmanager
async def _serving(answer: Answer, **settings: Any) -> AsyncIterator[tuple[Server, HttpTransport]]:
    async with Server(answer) as server, HttpTransport({"a": server.url}, **settings) as transport:
        yield server, transport


async def _refused(answer: Answer, **settings: Any) -> SubgraphUnreachable:
    async with _serving(answer, **settings) as (_, transport):
        with pytest.raises(SubgraphUnreachable) as caught:
            await transport.send("a", SubgraphRequest("{ a }"))
        assert caught.value.subgraph == "a"
        return caught.value


async def test_request_is_posted_as_json_and_the_reply_parsed() -> None:
    reply = {"data": {"a": 1}, "errors": [{"message": "x"}], "extensions": {"cost": 3}}
    async with _serving(_always(_http(reply))) as (server, transport):
        answer = await transport.send(
            "a",
            SubgraphRequest("{ a }", {"b": 1}, headers={"traceparent": "00-1-2-01", "accept": "x"}),
        )

    line, headers, body = server.requests[0]
    assert line == "POST /graphql HTTP/1.1"
    assert body == b'{"query":"{ a }","variables":{"b":1}}'
    assert headers["content-type"] == "application/json"
    assert headers["traceparent"] == "00-1-2-01"
    assert (answer.data, answer.errors, answer.status) == ({"a": 1}, ({"message": "x"},), 200)
    assert answer.extensions == {"cost": 3}


async def test_connection_is_kept_for_the_next_request() -> None:
    async with _serving(_always(_http({"data": {}}))) as (server, transport):
        for _ in range(3):
            await transport.send("a", SubgraphRequest("{ a }"))

    assert (len(server.requests), server.connections) == (3, 1)


async def test_cookies_of_one_answer_are_not_sent_with_the_next_request() -> None:
    reply = _http({"data": {}}, extra="set-cookie: session=1; Path=/\r\n")
    async with _serving(_always(reply)) as (server, transport):
        for _ in range(2):
            await transport.send("a", SubgraphRequest("{ a }"))

    assert "cookie" not in server.requests[1][1]


async def test_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with _serving(_always(_http({"data": {"a": 1}}))) as (_, transport):
        assert (await transport.send("a", SubgraphRequest("{ a }"))).data == {"a": 1}


@pytest.mark.parametrize(
    "reply",
    [
        _http({"data": {"a": 1}}, content_type="application/graphql-response+json; charset=utf-8"),
        _http(gzip.compress(b'{"data":{"a":1}}'), extra="content-encoding: gzip\r\n"),
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        b'8\r\n{"data":\r\n8\r\n{"a":1}}\r\n0\r\n\r\n',
        b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + _http({"data": {"a": 1}}),
    ],
    ids=["graphql-response", "gzip", "chunked", "early-hints"],
)
async def test_wellformed_variants_are_understood(reply: bytes) -> None:
    async with _serving(_always(reply)) as (_, transport):
        assert (await transport.send("a", SubgraphRequest("{ a }"))).data == {"a": 1}


async def test_large_whole_numbers_arrive_exactly() -> None:
    async with _serving(_always(_http(b'{"data":{"a":123456789012345678901234567890}}'))) as (
        _,
        transport,
    ):
        answer = await transport.send("a", SubgraphRequest("{ a }"))

    assert answer.data == {"a": 123456789012345678901234567890}


@pytest.mark.parametrize("status", ["503 Service Unavailable", "400 Bad Request"])
async def test_error_status_with_a_graphql_body_is_a_normal_reply(status: str) -> None:
    reply = _http({"errors": [{"message": "no"}]}, status)
    async with _serving(_always(reply)) as (_, transport):
        answer = await transport.send("a", SubgraphRequest("{ a }"))

    assert (answer.data, answer.errors) == (None, ({"message": "no"},))
    assert answer.status == int(status[:3])


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (_http(b"oops", "500 Internal Server Error", "text/plain"), 500),
        (_http({"error": "x"}, "500 Internal Server Error"), 500),
        (_http(b"<html>", content_type="text/html"), 200),
        (_http(b'{"data":'), 200),
        (_http(b"\xff\xfe"), 200),
        (_http(b"[" * 100_000), 200),
        (_http(b"[]"), 200),
        (_http(b"{}"), 200),
        (_http({"data": {}, "errors": {"0": "x"}}), 200),
        (_http(b"", "204 No Content"), 204),
        (_http(b"", "302 Found", extra="location: http://127.0.0.1:1/\r\n"), 302),
        (_http(b"", "307 Temporary Redirect", extra="location: /graphql\r\n"), 307),
    ],
)
async def test_answer_that_is_no_graphql_response_is_refused_with_its_status(
    reply: bytes, status: int
) -> None:
    assert (await _refused(_always(reply))).status == status


@pytest.mark.parametrize(
    "reply",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        _http({"data": {}}, length=1000),
        _http(b"not gzip", extra="content-encoding: gzip\r\n"),
        b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"",
    ],
    ids=["garbage", "status", "cut", "gzip", "header", "chunk", "nothing"],
)
async def test_broken_http_is_refused(reply: bytes) -> None:
    await _refused(_always(reply, keep=False))


async def test_reply_that_is_too_long_is_refused() -> None:
    await _refused(_always(_http({"data": {"a": "x" * 5000}})), max_reply_bytes=1000)


async def test_reply_that_is_too_long_once_decompressed_is_refused() -> None:
    bomb = gzip.compress(b'{"data":{"a":"' + b"x" * 5_000_000 + b'"}}')

    await _refused(
        _always(_http(bomb, extra="content-encoding: gzip\r\n")), max_reply_bytes=100_000
    )


async def test_endless_reply_is_cut_off() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            writer.write(b" " * 65536)
            await writer.drain()

    await _refused(answer, max_reply_bytes=200_000)


async def test_slow_answer_is_refused_at_the_deadline() -> None:
    async def answer(_request: bytes, _writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(5)
        return False

    began = asyncio.get_running_loop().time()
    await _refused(answer, deadline_seconds=0.1)
    assert asyncio.get_running_loop().time() - began < 2


async def test_dripping_answer_is_refused_at_the_deadline() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        for byte in _http({"data": {}}):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)
        return False

    await _refused(answer, deadline_seconds=0.2)


async def test_port_that_nobody_listens_on_is_refused() -> None:
    async with Server(_always(b"")) as server:
        url = server.url
    async with HttpTransport({"a": url}) as transport:
        with pytest.raises(SubgraphUnreachable):
            await transport.send("a", SubgraphRequest("{ a }"))


async def test_unknown_subgraph_is_refused() -> None:
    async with HttpTransport({"a": ""}) as transport:
        for name in ("a", "b"):
            with pytest.raises(SubgraphUnreachable):
                await transport.send(name, SubgraphRequest("{ a }"))


@pytest.mark.parametrize(("kind", "sent"), [("query", 3), ("mutation", 2)])
async def test_only_a_query_is_repeated_when_the_connection_breaks(kind: str, sent: int) -> None:
    seen: list[bytes] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> bool:
        seen.append(request)
        if len(seen) == 2:
            return False
        writer.write(_http({"data": {"n": len(seen)}}))
        return True

    async with _serving(answer) as (server, transport):
        first = await transport.send("a", SubgraphRequest("{ a }", kind=kind))
        assert first.data == {"n": 1}
        if kind == "query":
            assert (await transport.send("a", SubgraphRequest("{ a }", kind=kind))).data == {"n": 3}
        else:
            with pytest.raises(SubgraphUnreachable):
                await transport.send("a", SubgraphRequest("{ a }", kind=kind))

    assert len(server.requests) == sent


async def test_cancelled_request_closes_its_connection() -> None:
    async def answer(_request: bytes, _writer: asyncio.StreamWriter) -> bool:
        asked.set()
        return True

    asked = asyncio.Event()
    async with _serving(answer) as (server, transport):
        task = asyncio.create_task(transport.send("a", SubgraphRequest("{ a }")))
        await asked.wait()

        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        await asyncio.wait_for(server.left.wait(), 2)


async def test_transport_closes_after_the_mutations_of_clients_that_left() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        asked.set()
        await asyncio.sleep(0.2)
        writer.write(_http({"data": {"first": 1}}))
        await writer.drain()
        answered.append(True)
        return True

    asked = asyncio.Event()
    answered: list[bool] = []
    plan = plan_of("mutation { first }", API, root(0, "a", "first", kind="mutation"))
    async with _serving(answer) as (_, transport):
        task = asyncio.create_task(run(plan, transport))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not answered

    assert answered

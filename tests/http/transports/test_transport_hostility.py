"""Both HTTP clients against broken framing and broken connections."""

import asyncio
import contextlib
import gzip
import socket

import pytest

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphRequest
from federation.gateway.transports.fast import FastTransport
from federation.gateway.transports.http import HttpTransport
from tests.support.raw_server import Client, always, http_answer, refused, serving

GOOD = http_answer({"data": {"a": 1}})
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
QUERY = SubgraphRequest("{ a }")
MUTATION = SubgraphRequest("mutation { a }", kind="mutation")


@pytest.fixture(params=[FastTransport, HttpTransport])
def client(request: pytest.FixtureRequest) -> Client:
    chosen: Client = request.param
    return chosen


# Framing


@pytest.mark.parametrize(
    "reply",
    [
        CHUNKED + b'0000000f;name="v"\r\n{"data":{"a":1}\r\n1\r\n}\r\n0\r\nx-trailer: 1\r\n\r\n',
        CHUNKED + b"".join(b"1\r\n%c\r\n" % byte for byte in b'{"data":{"a":1}}') + b"0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + GOOD,
        b"HTTP/1.1 200\r\nContent-Type: APPLICATION/JSON\r\nContent-Length: 16\r\n\r\n"
        b'{"data":{"a":1}}',
    ],
    ids=["extension-and-trailer", "single-bytes", "two-interim-answers", "no-reason"],
)
async def test_unusual_framing_is_understood(client: Client, reply: bytes) -> None:
    async with serving(client, always(reply)) as (server, transport):
        for _ in range(2):
            assert (await transport.send("a", QUERY)).data == {"a": 1}

    assert server.connections == 1


async def test_slow_bytes_are_put_together(client: Client) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        for byte in GOOD:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        return True

    async with serving(client, answer) as (_, transport):
        assert (await transport.send("a", QUERY)).data == {"a": 1}


async def test_answer_without_a_length_ends_with_the_connection(client: Client) -> None:
    reply = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"data":{"a":1}}'
    async with serving(client, always(reply, keep=False)) as (server, transport):
        for _ in range(2):
            assert (await transport.send("a", QUERY)).data == {"a": 1}

    assert server.connections == 2


@pytest.mark.parametrize(
    "reply",
    [
        CHUNKED + b'10\r\n{"data":{"a":1}}\r\n',
        CHUNKED + b'fffffffffffffffff\r\n{"data":{"a":1}}\r\n0\r\n\r\n',
        CHUNKED + b'-1\r\n{"data":{"a":1}}\r\n0\r\n\r\n',
        CHUNKED + b'5\r\n{"data":{"a":1}}\r\n0\r\n\r\n',
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n"
        b'content-length: 17\r\n\r\n{"data":{"a":1}}',
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 16\r\n"
        b'transfer-encoding: chunked\r\n\r\n{"data":{"a":1}}',
        b'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{"data":{"a":1}}',
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b'{"data":{"a":1}}',
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
    ],
    ids=[
        "no-last-chunk",
        "overflow",
        "negative",
        "wrong-size",
        "two-lengths",
        "length-and-chunks",
        "negative-length",
        "upgrade",
        "only-interim",
        "no-head",
        "tls",
    ],
)
async def test_broken_framing_is_refused(client: Client, reply: bytes) -> None:
    await refused(client, always(reply, keep=False))


@pytest.mark.parametrize(
    "head",
    [b"x" * 40_000 + b": 1\r\n", b"x: " + b"y" * 40_000 + b"\r\n", b"x: 1\r\n" * 20_000],
    ids=["name", "value", "number"],
)
async def test_head_that_is_too_long_is_refused(client: Client, head: bytes) -> None:
    reply = GOOD.replace(b"\r\n\r\n", b"\r\n" + head + b"\r\n")

    await refused(client, always(reply))


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nx: ", b"y" * 1000),
        (CHUNKED + b"1;", b"x=y;" * 250),
        (CHUNKED + b"0\r\nx: ", b"y" * 1000),
    ],
    ids=["interim-answers", "header", "chunk-extension", "trailer"],
)
async def test_endless_framing_ends_at_a_limit_or_the_deadline(
    client: Client, head: bytes, part: bytes
) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)

    await refused(client, answer, deadline_seconds=0.4)


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nx: ", b"y" * 1000),
        (CHUNKED + b"1;", b"x=y;" * 250),
        (CHUNKED + b"0\r\nx: ", b"y" * 1000),
    ],
    ids=["interim-answers", "header", "chunk-extension", "trailer"],
)
async def test_fast_client_does_not_wait_for_endless_framing(head: bytes, part: bytes) -> None:
    sent = 0

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        nonlocal sent
        writer.write(head)
        while True:
            writer.write(part)
            sent += len(part)
            await writer.drain()

    async with serving(FastTransport, answer, deadline_seconds=20) as (_, transport):
        with pytest.raises(SubgraphUnreachable) as caught:
            await asyncio.wait_for(transport.send("a", QUERY), 5)

    assert caught.value.message == "the answer is too long"
    # Beyond the limit of 32 kB lies only what the sockets hold.
    assert sent < 10_000_000


async def test_general_client_understands_what_was_compressed_unasked() -> None:
    reply = http_answer(gzip.compress(b'{"data":{"a":1}}'), extra="content-encoding: gzip\r\n")
    async with serving(HttpTransport, always(reply)) as (_, transport):
        assert (await transport.send("a", QUERY)).data == {"a": 1}


async def test_fast_client_asks_for_no_compression_and_refuses_it() -> None:
    reply = http_answer(gzip.compress(b'{"data":{"a":1}}'), extra="content-encoding: gzip\r\n")
    async with serving(FastTransport, always(reply)) as (server, transport):
        with pytest.raises(SubgraphUnreachable):
            await transport.send("a", QUERY)

    assert server.requests[0][1]["accept-encoding"] == "identity"


# Connections


@pytest.mark.parametrize("garbage", [b"garbage", GOOD.replace(b"1}", b"2}"), b"\r\n\r\nx", b"\0"])
async def test_what_follows_an_answer_is_never_taken_for_the_next(
    client: Client, garbage: bytes
) -> None:
    answers = []
    async with serving(client, always(GOOD + garbage)) as (server, transport):
        for _ in range(3):
            # The general client may give up an answer because of what follows it.
            with contextlib.suppress(SubgraphUnreachable):
                answers.append((await transport.send("a", QUERY)).data)
            await asyncio.sleep(0.01)

    assert all(answer == {"a": 1} for answer in answers)
    assert len(answers) == 3 or client is HttpTransport
    assert server.connections == 3


async def test_what_comes_on_an_idle_connection_is_never_taken_for_an_answer() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(GOOD)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(GOOD.replace(b"1}", b"2}"))
        return True

    async with serving(FastTransport, answer) as (server, transport):
        for _ in range(2):
            assert (await transport.send("a", QUERY)).data == {"a": 1}
            await asyncio.sleep(0.15)

    assert server.connections == 2


async def test_connection_that_the_server_closes_is_not_used_again(client: Client) -> None:
    reply = http_answer({"data": {"a": 1}}, extra="connection: close\r\n")
    async with serving(client, always(reply)) as (server, transport):
        for request in (MUTATION, MUTATION):
            assert (await transport.send("a", request)).data == {"a": 1}

    assert (server.connections, len(server.requests)) == (2, 2)


@pytest.mark.parametrize("cut", [1, 30, len(GOOD) - 1])
@pytest.mark.parametrize("request_", [QUERY, MUTATION], ids=["query", "mutation"])
async def test_answer_that_had_begun_is_not_asked_for_again(
    client: Client, request_: SubgraphRequest, cut: int
) -> None:
    async with serving(client, always(GOOD[:cut], keep=False)) as (server, transport):
        with pytest.raises(SubgraphUnreachable):
            await transport.send("a", request_)

    # The general client counts an answer as begun when its head is complete.
    once_more = client is HttpTransport and request_ is QUERY and cut < GOOD.index(b"{")
    assert len(server.requests) == 1 + once_more


async def test_query_is_repeated_only_once(client: Client) -> None:
    async with serving(client, always(b"", keep=False)) as (server, transport):
        with pytest.raises(SubgraphUnreachable):
            await transport.send("a", QUERY)

    assert len(server.requests) == 2


async def test_query_survives_a_pool_of_dead_connections() -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        at = len(server.requests)
        if at == 3:
            all_asked.set()
        await all_asked.wait()
        # The first three connections take one more request each and break.
        if at in {4, 5, 6}:
            return False
        writer.write(GOOD)
        return True

    all_asked = asyncio.Event()
    async with serving(FastTransport, answer) as (server, transport):
        await asyncio.gather(*(transport.send("a", QUERY) for _ in range(3)))
        replies = [
            asyncio.create_task(transport.send("a", QUERY)),
            asyncio.create_task(transport.send("a", QUERY)),
            asyncio.create_task(transport.send("a", QUERY)),
        ]
        for reply in replies:
            assert (await reply).data == {"a": 1}

    assert (server.connections, len(server.requests)) == (6, 9)


async def test_connections_are_limited_and_all_requests_answered(client: Client) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(0.01)
        writer.write(GOOD)
        return True

    async with serving(client, answer, connections=3) as (server, transport):
        replies = await asyncio.gather(*(transport.send("a", QUERY) for _ in range(20)))

    assert all(reply.data == {"a": 1} for reply in replies)
    assert server.connections == 3


async def test_cancelled_request_gives_its_place_to_the_next(client: Client) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        if len(server.requests) > 1:
            writer.write(GOOD)
        asked.set()
        return True

    asked = asyncio.Event()
    async with serving(client, answer, connections=1) as (server, transport):
        first = asyncio.create_task(transport.send("a", QUERY))
        await asked.wait()
        second = asyncio.create_task(transport.send("a", QUERY))
        await asyncio.sleep(0.01)
        first.cancel()

        assert (await second).data == {"a": 1}

    assert server.connections == 2


async def test_answer_that_comes_before_all_was_sent_is_taken() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http_answer({"errors": [{"message": "too long"}]}, "413 Content Too Large"))
        await is_answered.wait()
        writer.transport.abort()

    is_answered = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, FastTransport({"a": url}) as transport:
        request = SubgraphRequest("{ a }", {"filler": "x" * 10_000_000})
        assert (await transport.send("a", request)).status == 413
        is_answered.set()
        await asyncio.sleep(0.01)


async def test_idle_connection_is_closed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.gateway.transports.pool.IDLE_SECONDS", 0.05)
    async with serving(FastTransport, always(GOOD)) as (server, transport):
        await transport.send("a", QUERY)
        await asyncio.wait_for(server.left.wait(), 2)


async def test_connect_that_hangs_is_refused_in_time(client: Client) -> None:
    # A full backlog leaves further connects without an answer.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        listener.setblocking(False)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        async with client({"a": url}, connect_seconds=0.2) as transport:
            with pytest.raises(SubgraphUnreachable):
                await asyncio.wait_for(transport.send("a", QUERY), 3)
        for filler in fillers:
            filler.close()


@pytest.mark.parametrize("name", ["traceparent", "Datong-Request"])
@pytest.mark.parametrize("value", ["a\r\nx-forged: 1", "a\nb", "a\rb", "a\0b"])
async def test_header_that_would_break_out_is_never_sent(
    client: Client, name: str, value: str
) -> None:
    async with serving(client, always(GOOD)) as (server, transport):
        with pytest.raises((SubgraphUnreachable, ValueError)):
            await transport.send("a", SubgraphRequest("{ a }", headers={name: value}))

    assert not server.requests


async def test_headers_of_the_connection_are_the_clients_own() -> None:
    async with serving(FastTransport, always(GOOD)) as (server, transport):
        headers = {"Content-Length": "1", "transfer-encoding": "chunked", "HOST": "x", "a": "b"}
        await transport.send("a", SubgraphRequest("{ a }", headers=headers))
        host = server.url.split("/")[2]

    sent = server.requests[0][1]
    assert sent["host"] == host
    assert "transfer-encoding" not in sent
    assert sent["a"] == "b"


@pytest.mark.parametrize("url", ["ftp://a/", "http://a b/", "http://a/\r\nx: 1", "http:///x", "/x"])
async def test_fast_client_knows_no_subgraph_at_an_unusable_url(url: str) -> None:
    async with FastTransport({"a": url}) as transport:
        with pytest.raises(SubgraphUnreachable):
            await transport.send("a", QUERY)

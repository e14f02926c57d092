"""Both HTTP clients against servers that behave, misbehave and attack."""

import asyncio
import gzip

import pytest

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphRequest
from federation.execution.transport import takes_bytes
from federation.gateway.transports.fast import FastTransport
from federation.gateway.transports.http import HttpTransport
from tests.support.city import API, run
from tests.support.plans import plan_of, root
from tests.support.raw_server import Client, RawServer, always, http_answer, refused, serving


@pytest.fixture(params=[FastTransport, HttpTransport])
def client(request: pytest.FixtureRequest) -> Client:
    chosen: Client = request.param
    return chosen


async def test_request_is_posted_as_json_and_the_reply_parsed(client: Client) -> None:
    reply = {"data": {"a": 1}, "errors": [{"message": "x"}], "extensions": {"cost": 3}}
    async with serving(client, always(http_answer(reply))) as (server, transport):
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


async def test_connection_is_kept_for_the_next_request(client: Client) -> None:
    async with serving(client, always(http_answer({"data": {}}))) as (server, transport):
        for _ in range(3):
            await transport.send("a", SubgraphRequest("{ a }"))

    assert (len(server.requests), server.connections) == (3, 1)


async def test_cookies_of_one_answer_are_not_sent_with_the_next_request(client: Client) -> None:
    reply = http_answer({"data": {}}, extra="set-cookie: session=1; Path=/\r\n")
    async with serving(client, always(reply)) as (server, transport):
        for _ in range(2):
            await transport.send("a", SubgraphRequest("{ a }"))

    assert "cookie" not in server.requests[1][1]


async def test_environment_names_no_proxy(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serving(client, always(http_answer({"data": {"a": 1}}))) as (_, transport):
        assert (await transport.send("a", SubgraphRequest("{ a }"))).data == {"a": 1}


@pytest.mark.parametrize(
    "reply",
    [
        http_answer(
            {"data": {"a": 1}}, content_type="application/graphql-response+json; charset=utf-8"
        ),
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        b'8\r\n{"data":\r\n8\r\n{"a":1}}\r\n0\r\n\r\n',
        b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + http_answer({"data": {"a": 1}}),
    ],
    ids=["graphql-response", "chunked", "early-hints"],
)
async def test_wellformed_variants_are_understood(client: Client, reply: bytes) -> None:
    async with serving(client, always(reply)) as (_, transport):
        assert (await transport.send("a", SubgraphRequest("{ a }"))).data == {"a": 1}


async def test_large_whole_numbers_arrive_exactly(client: Client) -> None:
    async with serving(
        client, always(http_answer(b'{"data":{"a":123456789012345678901234567890}}'))
    ) as (
        _,
        transport,
    ):
        answer = await transport.send("a", SubgraphRequest("{ a }"))

    assert answer.data == {"a": 123456789012345678901234567890}


@pytest.mark.parametrize("status", ["503 Service Unavailable", "400 Bad Request"])
async def test_error_status_with_a_graphql_body_is_a_normal_reply(
    client: Client, status: str
) -> None:
    reply = http_answer({"errors": [{"message": "no"}]}, status)
    async with serving(client, always(reply)) as (_, transport):
        answer = await transport.send("a", SubgraphRequest("{ a }"))

    assert (answer.data, answer.errors) == (None, ({"message": "no"},))
    assert answer.status == int(status[:3])


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (http_answer(b"oops", "500 Internal RawServer Error", "text/plain"), 500),
        (http_answer({"error": "x"}, "500 Internal RawServer Error"), 500),
        (http_answer(b"<html>", content_type="text/html"), 200),
        (http_answer(b'{"data":'), 200),
        (http_answer(b"\xff\xfe"), 200),
        (http_answer(b"[" * 100_000), 200),
        (http_answer(b"[]"), 200),
        (http_answer(b"{}"), 200),
        (http_answer({"data": {}, "errors": {"0": "x"}}), 200),
        (http_answer(b"", "204 No Content"), 204),
        (http_answer(b"", "302 Found", extra="location: http://127.0.0.1:1/\r\n"), 302),
        (http_answer(b"", "307 Temporary Redirect", extra="location: /graphql\r\n"), 307),
    ],
)
async def test_answer_that_is_no_graphql_response_is_refused_with_its_status(
    client: Client, reply: bytes, status: int
) -> None:
    assert (await refused(client, always(reply))).status == status


@pytest.mark.parametrize(
    "reply",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        http_answer({"data": {}}, length=1000),
        http_answer(b"not gzip", extra="content-encoding: gzip\r\n"),
        b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"",
    ],
    ids=["garbage", "status", "cut", "gzip", "header", "chunk", "nothing"],
)
async def test_broken_http_is_refused(client: Client, reply: bytes) -> None:
    await refused(client, always(reply, keep=False))


async def test_reply_that_is_too_long_is_refused(client: Client) -> None:
    await refused(client, always(http_answer({"data": {"a": "x" * 5000}})), max_reply_bytes=1000)


async def test_reply_that_is_too_long_once_decompressed_is_refused(client: Client) -> None:
    bomb = gzip.compress(b'{"data":{"a":"' + b"x" * 5_000_000 + b'"}}')

    await refused(
        client,
        always(http_answer(bomb, extra="content-encoding: gzip\r\n")),
        max_reply_bytes=100_000,
    )


async def test_endless_reply_is_cut_off(client: Client) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            writer.write(b" " * 65536)
            await writer.drain()

    await refused(client, answer, max_reply_bytes=200_000)


async def test_slow_answer_is_refused_at_the_deadline(client: Client) -> None:
    async def answer(_request: bytes, _writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(5)
        return False

    began = asyncio.get_running_loop().time()
    await refused(client, answer, deadline_seconds=0.1)
    assert asyncio.get_running_loop().time() - began < 2


async def test_dripping_answer_is_refused_at_the_deadline(client: Client) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        for byte in http_answer({"data": {}}):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)
        return False

    await refused(client, answer, deadline_seconds=0.2)


async def test_port_that_nobody_listens_on_is_refused(client: Client) -> None:
    async with RawServer(always(b"")) as server:
        url = server.url
    async with client({"a": url}) as transport:
        with pytest.raises(SubgraphUnreachable):
            await transport.send("a", SubgraphRequest("{ a }"))


async def test_unknown_subgraph_is_refused(client: Client) -> None:
    async with client({"a": ""}) as transport:
        for name in ("a", "b"):
            with pytest.raises(SubgraphUnreachable):
                await transport.send(name, SubgraphRequest("{ a }"))


@pytest.mark.parametrize(("kind", "sent"), [("query", 3), ("mutation", 2)])
async def test_only_a_query_is_repeated_when_the_connection_breaks(
    client: Client, kind: str, sent: int
) -> None:
    seen: list[bytes] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> bool:
        seen.append(request)
        if len(seen) == 2:
            return False
        writer.write(http_answer({"data": {"n": len(seen)}}))
        return True

    async with serving(client, answer) as (server, transport):
        first = await transport.send("a", SubgraphRequest("{ a }", kind=kind))
        assert first.data == {"n": 1}
        if kind == "query":
            assert (await transport.send("a", SubgraphRequest("{ a }", kind=kind))).data == {"n": 3}
        else:
            with pytest.raises(SubgraphUnreachable):
                await transport.send("a", SubgraphRequest("{ a }", kind=kind))

    assert len(server.requests) == sent


async def test_cancelled_request_closes_its_connection(client: Client) -> None:
    async def answer(_request: bytes, _writer: asyncio.StreamWriter) -> bool:
        asked.set()
        return True

    asked = asyncio.Event()
    async with serving(client, answer) as (server, transport):
        task = asyncio.create_task(transport.send("a", SubgraphRequest("{ a }")))
        await asked.wait()

        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        await asyncio.wait_for(server.left.wait(), 2)


async def test_transport_closes_after_the_mutations_of_clients_that_left(client: Client) -> None:
    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> bool:
        asked.set()
        await asyncio.sleep(0.2)
        writer.write(http_answer({"data": {"first": 1}}))
        await writer.drain()
        answered.append(True)
        return True

    asked = asyncio.Event()
    answered: list[bool] = []
    plan = plan_of("mutation { first }", API, root(0, "a", "first", kind="mutation"))
    async with serving(client, answer) as (_, transport):
        task = asyncio.create_task(run(plan, transport))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not answered

    assert answered


async def test_what_has_begun_is_asked_before_what_begins_where_connections_are_short() -> None:
    asked: list[bytes] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> bool:
        asked.append(request[-2:-1])
        writer.write(http_answer({"data": {}}))
        return True

    async with serving(FastTransport, answer, connections=1) as (_, transport):
        assert takes_bytes(transport)
        await transport.post("a", b"[0]", {})
        posted = [
            transport.post("a", b"[%d]" % number, {}, continues=number > 3)
            for number in (1, 2, 3, 4, 5)
        ]
        await asyncio.gather(*posted)

    assert asked == [b"0", b"1", b"4", b"5", b"2", b"3"]


@pytest.mark.parametrize("turns", range(8))
async def test_requests_given_up_at_any_moment_leave_all_connections_to_others(turns: int) -> None:
    held = asyncio.Event()

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> bool:
        if request.endswith(b"[]"):
            await held.wait()
        writer.write(http_answer({"data": {}}))
        return True

    async with serving(FastTransport, answer, connections=3) as (_, transport):
        assert takes_bytes(transport)
        for _ in range(3):
            await asyncio.gather(*(transport.post("a", b"[0]", {}) for _ in range(3)))
            posted = [transport.post("a", b"[]", {}, continues=at % 2 == 0) for at in range(20)]
            await asyncio.sleep(0.02)
            # One by one, so that turns have come to some of which nobody has been told yet.
            for at, each in enumerate(posted):
                each.cancel()
                if at % 8 == turns:
                    await asyncio.sleep(0)
        held.set()
        async with asyncio.timeout(5):
            await asyncio.gather(*(transport.post("a", b"[]", {}) for _ in range(9)))

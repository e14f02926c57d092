"""Event streams of subgraphs that behave, misbehave and fall silent, over both protocols."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
import strawberry
from aiohttp import web
from strawberry.aiohttp.views import GraphQLView

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest
from federation.gateway.settings import Subscriptions
from federation.gateway.streams.payload import ClientTooSlow, SubscriptionEnded
from federation.gateway.streams.transport import EventStreams
from tests.support.event_subgraph import EventSubgraph, Stream, event_subgraph

Protocol = Literal["websocket", "sse"]
BOTH = pytest.mark.parametrize("protocol", ["websocket", "sse"])
ASKED = SubgraphRequest(
    "subscription { ticket { id } }", {"most": 2}, "subscription", {"datong-context": "signed"}
)


@pytest.fixture
async def subgraph() -> AsyncIterator[EventSubgraph]:
    async with event_subgraph() as running:
        yield running


def _settings(protocol: Protocol, **more: Any) -> Subscriptions:
    return Subscriptions(protocol=protocol, **more)


@asynccontextmanager
async def _subscribed(
    subgraph: EventSubgraph, protocol: Protocol, **settings: Any
) -> AsyncIterator[tuple[Stream, AsyncIterator[SubgraphReply], EventStreams]]:
    async with (
        EventStreams({"desk": subgraph.url}, _settings(protocol, **settings)) as streams,
        streams.events("desk", ASKED) as events,
    ):
        yield await subgraph.opened(), events, streams


async def _rest(events: AsyncIterator[SubgraphReply]) -> list[SubgraphReply]:
    return [event async for event in events]


async def _lost(events: AsyncIterator[SubgraphReply]) -> str:
    with pytest.raises(SubgraphUnreachable) as caught:
        await asyncio.wait_for(_rest(events), 5)
    assert caught.value.subgraph == "desk"
    return caught.value.message


@BOTH
async def test_events_arrive_in_order_until_the_subgraph_completes(
    subgraph: EventSubgraph, protocol: Protocol
) -> None:
    async with _subscribed(subgraph, protocol) as (stream, events, _):
        stream.send({"n": 1}, extensions={"cost": 3})
        stream.send(None, errors=[{"message": "x"}])
        stream.complete()
        stream.send({"n": "after the end"})
        found = [event async for event in events]

    assert [event.data for event in found] == [{"n": 1}, None]
    assert found[0].extensions == {"cost": 3}
    assert found[1].errors == ({"message": "x"},)
    assert (stream.text, stream.variables) == (ASKED.text, {"most": 2})
    assert stream.headers["datong-context"] == "signed"


async def test_refusal_over_websocket_is_the_last_event(subgraph: EventSubgraph) -> None:
    async with _subscribed(subgraph, "websocket") as (stream, events, _):
        stream.error("not here")
        found = [event async for event in events]

    assert [(event.data, event.errors) for event in found] == [(None, ({"message": "not here"},))]


async def _answer_json(_: web.Request) -> web.StreamResponse:
    return web.json_response({"errors": [{"message": "not here"}]}, status=400)


async def _answer_html(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>", content_type="text/html")


@asynccontextmanager
async def _serving(handler: Any) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/graphql", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}/graphql".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


async def test_refusal_in_plain_json_is_the_only_event() -> None:
    async with (
        _serving(_answer_json) as url,
        EventStreams({"desk": url}, _settings("sse")) as streams,
        streams.events("desk", ASKED) as events,
    ):
        assert [event.errors async for event in events] == [({"message": "not here"},)]


@BOTH
async def test_answer_without_a_stream_is_no_subscription(protocol: Protocol) -> None:
    async with (
        _serving(_answer_html) as url,
        EventStreams({"desk": url}, _settings(protocol)) as streams,
        streams.events("desk", ASKED) as events,
    ):
        await _lost(events)


@BOTH
async def test_stream_that_breaks_off_is_an_error_after_its_events(
    subgraph: EventSubgraph, protocol: Protocol
) -> None:
    async with _subscribed(subgraph, protocol) as (stream, events, _):
        stream.send({"n": 1})
        assert (await anext(events)).data == {"n": 1}
        stream.drop()
        await _lost(events)


@BOTH
async def test_subgraph_learns_that_nobody_listens_any_more(
    subgraph: EventSubgraph, protocol: Protocol
) -> None:
    async with _subscribed(subgraph, protocol) as (stream, events, _):
        stream.send({"n": 1})
        await anext(events)
        assert not stream.over.is_set()

    if protocol == "sse":
        # Its server notices when it writes.
        stream.send({"n": 2})
        stream.send({"n": 3})
    async with asyncio.timeout(5):
        await stream.over.wait()
    if protocol == "websocket":
        assert stream.said == [{"id": "1", "type": "complete"}]


@pytest.mark.parametrize(
    ("protocol", "text"),
    [
        ("websocket", "no json"),
        ("websocket", "[]"),
        ("websocket", '{"type": "connection_ack"}'),
        ("websocket", '{"type": "next", "id": "other", "payload": {"data": {}}}'),
        ("websocket", '{"type": "next", "id": "1", "payload": {}}'),
        ("websocket", '{"type": "next", "id": "1", "payload": {"errors": "x"}}'),
        ("sse", "event: next\ndata: no json\n\n"),
        ("sse", "event: next\ndata: {}\n\n"),
        ("sse", "event: next\ndata: \xff\n\n"),
    ],
)
async def test_messages_that_are_not_of_the_protocol_end_the_stream(
    subgraph: EventSubgraph, protocol: Protocol, text: str
) -> None:
    async with _subscribed(subgraph, protocol) as (stream, events, _):
        stream.raw(text)
        await _lost(events)


@BOTH
async def test_event_that_is_too_long_ends_the_stream(
    subgraph: EventSubgraph, protocol: Protocol
) -> None:
    async with _subscribed(subgraph, protocol, max_event_bytes=1000) as (stream, events, _):
        stream.send({"text": "x" * 500})
        assert len((await anext(events)).data["text"]) == 500
        stream.send({"text": "x" * 5000})
        assert "too long" in await _lost(events)


async def test_event_without_end_is_cut_off(subgraph: EventSubgraph) -> None:
    async with _subscribed(subgraph, "sse", max_event_bytes=10_000) as (stream, events, _):
        stream.raw("data: " + "x" * 50_000)
        assert "too long" in await _lost(events)


async def test_silent_websocket_is_asked_for_a_sign_of_life(subgraph: EventSubgraph) -> None:
    async with _subscribed(subgraph, "websocket", idle_seconds=0.2) as (stream, events, _):
        await asyncio.sleep(0.5)
        stream.send({"n": 1})
        assert (await anext(events)).data == {"n": 1}

    assert {"type": "ping"} in stream.said


@BOTH
async def test_dead_subgraph_is_given_up(subgraph: EventSubgraph, protocol: Protocol) -> None:
    subgraph.answers_pings = False
    async with _subscribed(subgraph, protocol, idle_seconds=0.2) as (_, events, _):
        assert "no sign of life" in await _lost(events)


async def test_subgraph_that_speaks_another_protocol_is_refused(subgraph: EventSubgraph) -> None:
    subgraph.protocols = ("graphql-ws",)
    async with (
        EventStreams({"desk": subgraph.url}, _settings("websocket")) as streams,
        streams.events("desk", ASKED) as events,
    ):
        assert "graphql-transport-ws" in await _lost(events)


async def test_subgraph_that_does_not_welcome_is_refused(subgraph: EventSubgraph) -> None:
    subgraph.welcomes = False
    async with (
        EventStreams({"desk": subgraph.url}, _settings("websocket")) as streams,
        streams.events("desk", ASKED) as events,
    ):
        assert "4403" in await _lost(events)


@BOTH
async def test_redirect_is_not_followed(subgraph: EventSubgraph, protocol: Protocol) -> None:
    async def redirect(_: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect(subgraph.url)

    async with (
        _serving(redirect) as url,
        EventStreams({"desk": url}, _settings(protocol, idle_seconds=0.5)) as streams,
        streams.events("desk", ASKED) as events,
    ):
        await _lost(events)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(subgraph.opened(), 0.1)


@BOTH
async def test_port_that_nobody_listens_on_is_refused(protocol: Protocol) -> None:
    async with event_subgraph() as gone:
        url = gone.url
    for urls in ({"desk": url}, {"desk": ""}):
        async with (
            EventStreams(urls, _settings(protocol)) as streams,
            streams.events("desk", ASKED) as events,
        ):
            await _lost(events)


@BOTH
async def test_server_that_does_not_answer_is_given_up_in_time(protocol: Protocol) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with (
            EventStreams({"desk": url}, _settings(protocol, connect_seconds=0.2)) as streams,
            streams.events("desk", ASKED) as events,
        ):
            await _lost(events)


async def test_place_and_protocol_of_a_stream_can_be_named_for_one_subgraph(
    subgraph: EventSubgraph,
) -> None:
    settings = Subscriptions(protocols={"desk": "sse"}, urls={"desk": subgraph.url})
    async with (
        EventStreams({"desk": "http://127.0.0.1:1/"}, settings) as streams,
        streams.events("desk", ASKED) as events,
    ):
        stream = await subgraph.opened()
        stream.complete()
        assert [event async for event in events] == []

    assert stream.headers["accept"] == "text/event-stream"


@BOTH
async def test_events_that_nobody_takes_end_the_stream_with_a_clear_error(
    subgraph: EventSubgraph, protocol: Protocol
) -> None:
    limits = {"max_waiting_events": 2, "slow_client_seconds": 0.2}
    async with _subscribed(subgraph, protocol, **limits) as (stream, events, _):
        stream.send({"n": 0})
        await anext(events)
        for number in range(1, 9):
            stream.send({"n": number})
        await asyncio.sleep(0.6)
        with pytest.raises(ClientTooSlow):
            await anext(events)

        async with asyncio.timeout(5):
            await stream.over.wait()


@BOTH
async def test_reader_that_is_slow_for_a_while_gets_every_event(
    subgraph: EventSubgraph, protocol: Protocol
) -> None:
    async with _subscribed(subgraph, protocol, max_waiting_events=1) as (stream, events, _):
        for number in range(20):
            stream.send({"n": number})
        stream.complete()
        await asyncio.sleep(0.2)
        found = [event.data["n"] async for event in events]

    assert found == list(range(20))


@BOTH
async def test_streams_end_when_the_gateway_stops(
    subgraph: EventSubgraph, protocol: Protocol
) -> None:
    async with _subscribed(subgraph, protocol) as (_, events, streams):
        streams.stop()
        with pytest.raises(SubscriptionEnded):
            await anext(events)
        async with streams.events("desk", ASKED) as later:
            with pytest.raises(SubscriptionEnded):
                await anext(later)


async def _tickets(most: int) -> AsyncGenerator[int, None]:
    for number in range(most):
        yield number


@strawberry.type
class _Query:
    nothing: int | None = None


@strawberry.type
class _Subscription:
    @strawberry.subscription
    async def count(self, most: int) -> AsyncGenerator[int, None]:
        async for number in _tickets(most):
            yield number


async def test_a_strawberry_server_is_understood_over_websocket() -> None:
    view: Callable[..., Any] = GraphQLView(
        schema=strawberry.Schema(query=_Query, subscription=_Subscription)
    )
    asked = SubgraphRequest("subscription ($n: Int!) { count(most: $n) }", {"n": 3}, "subscription")
    wrong = SubgraphRequest("subscription { nothing }", {}, "subscription")
    async with (
        _serving(view) as url,
        EventStreams({"desk": url}, _settings("websocket")) as streams,
    ):
        async with streams.events("desk", asked) as events:
            assert [event.data async for event in events] == [{"count": n} for n in range(3)]
        async with streams.events("desk", wrong) as events:
            [refused] = [event async for event in events]

    assert (refused.data, len(refused.errors)) == (None, 1)

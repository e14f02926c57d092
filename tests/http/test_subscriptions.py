"""Subscriptions through a served gateway: WebSocket and SSE behind it, SSE in front."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.event_subgraph import EventSubgraph, event_subgraph
from tests.support.subscribing import (
    EVENTS,
    GUARDED,
    TICKETS,
    GuardedCity,
    events_to_the_end,
    gateway_over,
    next_event,
    subscribed,
)


@pytest.fixture
async def subgraph() -> AsyncIterator[EventSubgraph]:
    async with event_subgraph() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


def _ticket(number: int) -> tuple[str, Any]:
    ticket = {"subject": f"s{number}", "owner": f"owner of {number}"}
    return "next", {"data": {"ticket": ticket}}


def _code(event: tuple[str, Any]) -> str:
    code: str = event[1]["errors"][0]["extensions"]["code"]
    return code


@pytest.mark.parametrize("protocol", ["websocket", "sse"])
async def test_every_event_is_completed_from_other_subgraphs(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession, protocol: str
) -> None:
    settings = {"DATONG_SUBSCRIPTIONS_PROTOCOLS": f"desk={protocol}"}
    async with (
        gateway_over(tmp_path, subgraph, "--access", "open", environment=settings) as served,
        subscribed(client, served) as response,
    ):
        stream = await subgraph.opened()
        stream.ticket(1)
        first = await next_event(response)
        stream.ticket(2)
        stream.complete()
        rest = await events_to_the_end(response)

    assert [first, *rest] == [_ticket(1), _ticket(2), ("complete", None)]
    assert "owner" not in stream.text
    assert len(subgraph.asked) == 2


async def test_faults_of_one_event_stay_in_it(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    async with (
        gateway_over(tmp_path, subgraph, "--access", "open") as served,
        subscribed(client, served) as response,
    ):
        stream = await subgraph.opened()
        subgraph.owner = None
        stream.ticket(1)
        broken = await next_event(response)
        subgraph.owner = "owner of "
        stream.send(None, errors=[{"message": "no ticket", "path": ["ticket"]}])
        refused = await next_event(response)
        stream.send({"ticket": {"__typename": "Ticket", "id": "3", "subject": None}})
        spoiled = await next_event(response)
        stream.ticket(4)
        whole = await next_event(response)

    assert broken[1]["data"] == {"ticket": {"subject": "s1", "owner": None}}
    assert broken[1]["errors"][0]["path"] == ["ticket"]
    assert refused[1]["data"] == {"ticket": None}
    assert refused[1]["errors"][0]["message"] == "no ticket"
    assert (spoiled[1]["data"], _code(spoiled)) == ({"ticket": None}, "NULL_VALUE")
    assert whole == _ticket(4)


@pytest.mark.parametrize("protocol", ["websocket", "sse"])
async def test_lost_subgraph_ends_the_stream_with_an_error(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession, protocol: str
) -> None:
    settings = {"DATONG_SUBSCRIPTIONS_PROTOCOL": protocol}
    async with (
        gateway_over(tmp_path, subgraph, "--access", "open", environment=settings) as served,
        subscribed(client, served) as response,
    ):
        stream = await subgraph.opened()
        stream.ticket(1)
        assert await next_event(response) == _ticket(1)
        stream.drop()
        lost, end = await events_to_the_end(response)

    assert (_code(lost), "data" in lost[1]) == ("SUBSCRIPTION_ENDED", False)
    assert lost[1]["errors"][0]["extensions"]["subgraph"] == "desk"
    assert end == ("complete", None)


async def test_client_that_leaves_ends_the_subgraphs_stream(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    async with gateway_over(tmp_path, subgraph, "--access", "open") as served:
        async with subscribed(client, served):
            stream = await subgraph.opened()
        async with asyncio.timeout(5):
            await stream.over.wait()

    assert stream.said == [{"id": "1", "type": "complete"}]


async def test_client_must_accept_event_streams(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    async with gateway_over(tmp_path, subgraph, "--access", "open") as served:
        url = f"{served.url}/graphql"
        async with client.post(url, json={"query": TICKETS}) as refused:
            document = await refused.json()
        async with client.get(url, params={"query": TICKETS}, headers=EVENTS) as response:
            stream = await subgraph.opened()
            stream.ticket(1)
            over_get = await next_event(response)
        changed = {"query": "mutation { x }"}
        async with client.get(url, params=changed, headers=EVENTS) as response:
            assert response.status in {200, 405}

    assert (refused.status, document["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")
    assert over_get == _ticket(1)


async def test_other_answers_are_one_event_for_clients_of_streams_alone(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    async with gateway_over(tmp_path, subgraph, "--access", "open") as served:
        async with subscribed(client, served, "{ __typename }") as response:
            answered = await events_to_the_end(response)
        async with subscribed(client, served, "subscription { nothing }") as response:
            invalid, end = await events_to_the_end(response)

    assert answered == [("next", {"data": {"__typename": "Query"}}), ("complete", None)]
    assert (_code(invalid), end) == ("GRAPHQL_VALIDATION_FAILED", ("complete", None))


async def test_open_subscriptions_are_limited_per_caller_and_process(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    for limit, status, code in (
        ("PER_CALLER", 429, "TOO_MANY_SUBSCRIPTIONS"),
        ("", 503, "SUBSCRIPTIONS_EXHAUSTED"),
    ):
        setting = "DATONG_SUBSCRIPTIONS_MAX_OPEN" + (f"_{limit}" if limit else "")
        async with gateway_over(
            tmp_path, subgraph, "--access", "open", environment={setting: "1"}
        ) as served:
            async with subscribed(client, served):
                stream = await subgraph.opened()
                url = f"{served.url}/graphql"
                async with client.post(url, json={"query": TICKETS}, headers=EVENTS) as refused:
                    document = await refused.json()
            assert (refused.status, document["errors"][0]["extensions"]["code"]) == (status, code)
            async with asyncio.timeout(5):
                await stream.over.wait()
                response = await client.post(url, json={"query": TICKETS}, headers=EVENTS)
                while response.status == status:
                    # The place is given back a moment after the subgraph was left.
                    await asyncio.sleep(0.01)
                    response = await client.post(url, json={"query": TICKETS}, headers=EVENTS)
            async with response:
                (await subgraph.opened()).ticket(1)
                assert await next_event(response) == _ticket(1)


async def test_client_that_reads_nothing_is_cut_off(
    tmp_path: Path, subgraph: EventSubgraph
) -> None:
    settings = {
        "DATONG_SUBSCRIPTIONS_SLOW_CLIENT_SECONDS": "0.5",
        "DATONG_SUBSCRIPTIONS_MAX_WAITING_EVENTS": "2",
    }
    text = "x" * 200_000
    async with gateway_over(tmp_path, subgraph, "--access", "open", environment=settings) as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1024)
        body = json.dumps({"query": "subscription { ticket { subject } }"}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        stream = await subgraph.opened()
        for number in range(200):
            event = {"__typename": "Ticket", "id": str(number), "subject": text}
            stream.send({"ticket": event})
        async with asyncio.timeout(15):
            await stream.over.wait()
        writer.close()


async def test_quiet_stream_has_a_heartbeat(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    settings = {"DATONG_SUBSCRIPTIONS_HEARTBEAT_SECONDS": "0.1"}
    async with (
        gateway_over(tmp_path, subgraph, "--access", "open", environment=settings) as served,
        subscribed(client, served) as response,
    ):
        await subgraph.opened()
        async with asyncio.timeout(5):
            lines = [await response.content.readline() for _ in range(6)]

    assert lines == [b":\n", b"\n"] * 3


async def test_gateway_that_stops_says_so_and_does_not_wait(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    async with (
        gateway_over(tmp_path, subgraph, "--access", "open") as served,
        subscribed(client, served) as response,
    ):
        stream = await subgraph.opened()
        began = time.monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(served.stop))
        ended, end = await events_to_the_end(response)
        async with asyncio.timeout(5):
            await stream.over.wait()
        said = await stopping

    assert (_code(ended), end) == ("SUBSCRIPTION_ENDED", ("complete", None))
    assert time.monotonic() - began < 6
    assert "Traceback" not in said


async def test_each_event_is_recorded_before_it_leaves(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    city = GuardedCity(tmp_path)
    async with gateway_over(
        tmp_path, subgraph, sdl=GUARDED, environment=city.environment
    ) as served:
        async with subscribed(client, served, headers=city.headers()) as response:
            stream = await subgraph.opened()
            assert await city.recorded(1) == [("intent", 0, "started")]
            stream.ticket(1)
            assert await next_event(response) == _ticket(1)
            assert len(city.records()) == 2
            stream.ticket(2)
            stream.complete()
            await events_to_the_end(response)
        async with subscribed(client, served, headers=city.headers()) as response:
            (await subgraph.opened()).ticket(3)
            assert await next_event(response) == _ticket(3)
        await city.recorded(7)
    records = city.records()
    found = [(each["kind"], each["part"], each["outcome"]) for each in records]

    assert found == [
        ("intent", 0, "started"),
        ("release", 0, "answered"),
        ("release", 1, "answered"),
        ("release", 2, "answered"),
        ("intent", 0, "started"),
        ("release", 0, "answered"),
        ("release", 1, "cancelled"),
    ]
    assert records[1]["verdicts"]
    assert not records[3]["verdicts"]
    assert {each["operation"]["kind"] for each in records} == {"subscription"}
    claims = stream.headers["datong-context"]
    assert claims.count(".") == 2


async def test_nobody_subscribes_to_what_is_denied(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    city = GuardedCity(tmp_path)
    query = {"query": "subscription { secret { subject } }"}
    async with gateway_over(
        tmp_path, subgraph, sdl=GUARDED, environment=city.environment
    ) as served:
        url = f"{served.url}/graphql"
        async with client.post(url, json=query, headers=EVENTS) as unknown:
            pass
        headers = {**EVENTS, **city.headers()}
        async with client.post(url, json=query, headers=headers) as denied:
            document = await denied.json()

    assert (unknown.status, denied.status) == (401, 403)
    assert denied.content_type == "application/graphql-response+json"
    assert document["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert document["errors"][0]["path"] == ["secret"]


async def test_a_subscription_ends_with_its_callers_token(
    tmp_path: Path, subgraph: EventSubgraph, client: aiohttp.ClientSession
) -> None:
    city = GuardedCity(tmp_path)
    async with gateway_over(
        tmp_path, subgraph, sdl=GUARDED, environment=city.environment
    ) as served:
        headers = city.headers(exp=int(time.time()) + 2)
        async with subscribed(client, served, headers=headers) as response:
            stream = await subgraph.opened()
            stream.ticket(1)
            assert await next_event(response) == _ticket(1)
            await asyncio.sleep(2.2)
            stream.ticket(2)
            ended, end = await events_to_the_end(response)
        async with asyncio.timeout(5):
            await stream.over.wait()

    last = city.records()[-1]
    assert (_code(ended), "data" in ended[1]) == ("UNAUTHENTICATED", False)
    assert end == ("complete", None)
    assert (last["outcome"], last["codes"], last["part"]) == ("refused", ["UNAUTHENTICATED"], 1)
    assert len(subgraph.asked) == 1

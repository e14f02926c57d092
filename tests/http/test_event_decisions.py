"""A gateway in this process, whose rights and schema change while a subscription runs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from starlette.datastructures import Headers

from federation.access import (
    AccessRequest,
    Asker,
    Caller,
    Decision,
    Effect,
    Verdict,
    allow_all,
    read_condition,
)
from federation.audit import AuditRecord
from federation.composition import compose
from federation.errors import AuditUnavailable, PolicyUnavailable
from federation.gateway.access_log import AccessLog
from federation.gateway.deciding import view_of_all
from federation.gateway.messages import EventStream, Request, Response
from federation.gateway.pipeline import Gateway, Parts
from federation.gateway.settings import Config, Subscriptions
from federation.gateway.signing import ContextSigner, load_signing_key
from federation.gateway.state import State, build_state
from federation.gateway.streams.transport import EventStreams
from federation.gateway.trail import Recorder
from federation.gateway.transports.http import HttpTransport
from federation.subgraph import load_subgraph
from tests.support.event_subgraph import (
    DESK,
    PEOPLE,
    SUBSCRIPTIONS,
    EventSubgraph,
    Stream,
    event_subgraph,
)

Rule = Callable[[AccessRequest], Decision]


class Rules:
    """A policy engine that answers by the rule it has now."""

    def __init__(self) -> None:
        self.rule: Rule = allow_all

    async def decide(self, request: AccessRequest) -> Decision:
        return self.rule(request)


class Records:
    """An audit sink in memory; it fails when it is broken."""

    def __init__(self) -> None:
        self.all: list[AuditRecord] = []
        self.is_broken = False

    async def append(self, record: AuditRecord, _: str | None = None) -> None:
        if self.is_broken:
            raise AuditUnavailable("the disk is full")
        self.all.append(record)


class Listener:
    """A client: what it was sent, as it comes."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Any] = asyncio.Queue()
        self.running: asyncio.Future[Response | None] | None = None

    async def emit(self, event: Response) -> None:
        self.events.put_nowait(json.loads(event.body))

    async def next(self) -> Any:
        async with asyncio.timeout(5):
            return await self.events.get()

    async def end(self) -> Any:
        """What ended the stream, with nothing more before it."""
        assert self.running is not None
        async with asyncio.timeout(5):
            last = await self.running
        assert self.events.empty()
        return None if last is None else json.loads(last.body)


def _state(url: str, desk: str = DESK) -> State:
    composed = compose(
        load_subgraph(name, url, sdl) for name, sdl in (("desk", desk), ("people", PEOPLE))
    )
    assert composed.supergraph is not None, composed.diagnostics
    return build_state(composed.supergraph)


class World:
    """A gateway with one subscription."""

    def __init__(self, subgraph: EventSubgraph, parts: Parts, engine: Rules, sink: Records) -> None:
        config = msgspec.structs.replace(Config(), subscriptions=Subscriptions(max_open=5))
        self.subgraph, self.engine, self.sink = subgraph, engine, sink
        self.gateway = Gateway(_state(subgraph.url), parts, config)
        self.listener = Listener()

    async def subscribe(self, fields: str = "subject owner", root: str = "ticket") -> Stream:
        query = f"subscription {{ {root} {{ {fields} }} }}"
        request = Request("1", query, headers=Headers(), accepts_events=True)
        answer = await self.gateway.answer(request)
        assert isinstance(answer, EventStream), answer
        self.listener.running = asyncio.ensure_future(answer.run(self.listener.emit))
        return await self.subgraph.opened()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    engine, sink = Rules(), Records()
    async with event_subgraph() as subgraph:
        urls = {"desk": subgraph.url, "people": subgraph.url}
        async with HttpTransport(urls) as transport, EventStreams(urls, Subscriptions()) as streams:

            async def identify(_: Headers) -> Asker:
                return Asker(Caller("clerk", "person"), None, (), int(time.time()))

            signer = ContextSigner(load_signing_key(""), 60, 100, time.time)
            recorder = Recorder(sink, AccessLog())
            parts = Parts(
                identify, engine, view_of_all, transport, streams, signer, recorder, b"key"
            )
            made = World(subgraph, parts, engine, sink)
            yield made
            if made.listener.running is not None:
                made.listener.running.cancel()
                await asyncio.gather(made.listener.running, return_exceptions=True)


def _with(coordinate: str, verdict: Verdict) -> Rule:
    def decide(request: AccessRequest) -> Decision:
        allowed = allow_all(request, "2")
        return replace(allowed, verdicts={**allowed.verdicts, (coordinate, "select"): verdict})

    return decide


DENY = Verdict(Effect.DENY, ("grade",), "clearance")


@pytest.mark.parametrize("denied", ["Subscription.ticket", "Ticket.subject", "Ticket.owner"])
async def test_rights_revoked_while_it_runs_end_the_stream(world: World, denied: str) -> None:
    stream = await world.subscribe()
    stream.ticket(1)
    assert (await world.listener.next())["data"]["ticket"]["owner"] == "owner of 1"

    world.engine.rule = _with(denied, DENY)
    stream.ticket(2)
    ended = await world.listener.end()

    assert "data" not in ended
    assert ended["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert ended["errors"][0]["extensions"]["coordinate"] == denied
    async with asyncio.timeout(5):
        await stream.over.wait()
    last = world.sink.all[-1]
    assert (last.outcome.value, last.part) == ("refused", 1)
    assert any(group.effect == "deny" for group in last.verdicts)
    assert len(world.subgraph.asked) == 1


async def test_a_mask_put_on_while_it_runs_holds_from_the_next_event_on(world: World) -> None:
    stream = await world.subscribe()
    stream.ticket(1)
    before = await world.listener.next()
    world.engine.rule = _with("Ticket.owner", Verdict(Effect.MASK, (), "masking", "initial"))
    stream.ticket(2)
    after = await world.listener.next()

    assert before["data"]["ticket"]["owner"] == "owner of 1"
    assert after["data"]["ticket"]["owner"] not in {"owner of 2", None}


async def test_other_rows_end_the_stream_since_its_subgraph_filters_by_the_old_ones(
    world: World,
) -> None:
    condition = read_condition({"field": "subject", "op": "eq", "value": "s1"})

    def decide(request: AccessRequest) -> Decision:
        return replace(allow_all(request), row_filters={"Ticket": condition})

    stream = await world.subscribe()
    world.engine.rule = decide
    stream.ticket(2)
    ended = await world.listener.end()

    assert "data" not in ended
    assert ended["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_an_event_about_a_row_that_only_the_gateway_can_filter_is_not_told_of(
    world: World,
) -> None:
    # The desk that sends events does not hold the owner.
    mine = read_condition({"field": "owner", "op": "in", "value": ["owner of 2", "owner of 4"]})

    def decide(request: AccessRequest) -> Decision:
        return replace(allow_all(request), row_filters={"Ticket": mine})

    world.engine.rule = decide
    stream = await world.subscribe("subject")
    for number in (1, 2, 3, 4):
        stream.ticket(number)

    assert await world.listener.next() == {"data": {"ticket": {"subject": "s2"}}}
    assert await world.listener.next() == {"data": {"ticket": {"subject": "s4"}}}
    assert [record.part for record in world.sink.all if record.part] == [1]


async def test_an_event_about_rows_of_which_none_may_be_seen_is_not_told_of(world: World) -> None:
    mine = read_condition({"field": "owner", "op": "in", "value": ["owner of 2", "owner of 4"]})

    def decide(request: AccessRequest) -> Decision:
        return replace(allow_all(request), row_filters={"Ticket": mine})

    world.engine.rule = decide
    stream = await world.subscribe("subject", "tickets")
    stream.tickets(1, 3)
    stream.tickets(1, 2, 3)
    stream.tickets()
    stream.tickets(3, 4)

    # An event about nothing is about no row that would be hidden.
    shown = [(await world.listener.next())["data"]["tickets"] for _ in range(3)]
    assert shown == [[{"subject": "s2"}], [], [{"subject": "s4"}]]
    assert world.listener.events.empty()
    assert [record.part for record in world.sink.all if record.part] == [1, 2]


async def test_an_event_about_a_row_that_cannot_be_tested_ends_the_stream_and_tells_of_no_row(
    world: World,
) -> None:
    mine = read_condition({"field": "owner", "op": "in", "value": ["owner of 1", "owner of 2"]})

    def decide(request: AccessRequest) -> Decision:
        return replace(allow_all(request), row_filters={"Ticket": mine})

    world.engine.rule = decide
    stream = await world.subscribe("subject")
    stream.ticket(1)
    assert await world.listener.next() == {"data": {"ticket": {"subject": "s1"}}}
    world.subgraph.owner = None
    stream.ticket(3)
    hidden = await world.listener.end()

    other = await world.subscribe("subject")
    other.ticket(2)
    shown = await world.listener.end()

    # Whether the row is one that may be seen makes no difference.
    assert hidden == shown
    assert "data" not in hidden
    [error] = hidden["errors"]
    assert error["extensions"]["code"] == "SUBSCRIPTION_ENDED"
    assert "path" not in error
    async with asyncio.timeout(5):
        await stream.over.wait()


async def test_a_part_denied_from_the_start_is_refused_in_each_event(world: World) -> None:
    world.engine.rule = _with("Ticket.owner", DENY)
    stream = await world.subscribe()
    for number in (1, 2):
        stream.ticket(number)
        event = await world.listener.next()
        assert event["data"] == {"ticket": {"subject": f"s{number}", "owner": None}}
        assert event["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert world.subgraph.asked == []


async def test_open_subscriptions_are_counted_until_they_end(world: World) -> None:
    stream = await world.subscribe()
    while_open = world.gateway.open_subscriptions
    stream.complete()
    await world.listener.end()

    assert (while_open, world.gateway.open_subscriptions) == (1, 0)


async def test_without_a_decision_no_event_leaves(world: World) -> None:
    def fail(_: AccessRequest) -> Decision:
        raise PolicyUnavailable("the engine is down")

    stream = await world.subscribe()
    world.engine.rule = fail
    stream.ticket(1)
    ended = await world.listener.end()

    assert (ended["errors"][0]["extensions"]["code"], "data" in ended) == (
        "POLICY_UNAVAILABLE",
        False,
    )


async def test_without_an_audit_record_no_event_leaves(world: World) -> None:
    stream = await world.subscribe()
    world.sink.is_broken = True
    stream.ticket(1)
    ended = await world.listener.end()

    assert (ended["errors"][0]["extensions"]["code"], "data" in ended) == (
        "AUDIT_UNAVAILABLE",
        False,
    )


async def test_a_subgraph_is_not_asked_before_the_intent_is_recorded(world: World) -> None:
    world.sink.is_broken = True
    request = Request("1", "subscription { ticket { subject } }", accepts_events=True)

    answer = await world.gateway.answer(request)

    assert isinstance(answer, Response)
    assert (answer.status, answer.code) == (503, "AUDIT_UNAVAILABLE")


async def test_a_reload_leaves_running_subscriptions_alone(world: World) -> None:
    stream = await world.subscribe()
    stream.ticket(1)
    await world.listener.next()

    without = DESK.replace(SUBSCRIPTIONS, "")
    world.gateway.state = _state(world.subgraph.url, without)
    stream.ticket(2)
    running = await world.listener.next()
    request = Request("2", "subscription { ticket { subject } }", accepts_events=True)
    refused = await world.gateway.answer(request)
    stream.complete()

    assert running == {"data": {"ticket": {"subject": "s2", "owner": "owner of 2"}}}
    assert isinstance(refused, Response)
    assert refused.code == "GRAPHQL_VALIDATION_FAILED"
    assert await world.listener.end() is None


async def test_a_client_that_leaves_is_recorded(world: World) -> None:
    stream = await world.subscribe()
    stream.ticket(1)
    await world.listener.next()
    running = world.listener.running
    assert running is not None

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert [record.outcome.value for record in world.sink.all] == [
        "started",
        "answered",
        "cancelled",
    ]

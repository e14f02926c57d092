"""Random rights through the whole pipeline: callers take turns, caches are warm, departments fail.

Two callers with rights and row filters of their own ask the same operation, one after the other,
again (from what is kept of the first time), and both at once. Each must get what the reference
opens to it, in the body's bytes, and its record must name every object that stands there; the texts
of other values may stand in no body, header, log line or audit record. Then departments answer with
errors that name rows, and still nothing shows.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import jwt
import msgspec
import pytest
from graphql import parse, validate
from msgspec import structs
from starlette.datastructures import Headers

from federation.access import AccessRequest, Asker, Caller, Decision
from federation.audit import AuditRecord, Outcome
from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest
from federation.gateway.access_log import AccessLog
from federation.gateway.deciding import view_of_all
from federation.gateway.messages import Request, Response
from federation.gateway.pipeline import Gateway, Parts
from federation.gateway.settings import Config, Http, LimitSettings, Subscriptions
from federation.gateway.signing import CONTEXT_HEADER, ContextSigner, load_signing_key
from federation.gateway.state import build_state
from federation.gateway.streams.transport import EventStreams
from federation.gateway.trail import Recorder
from tests.no_leak.random_names import agree, masked, overlooked, recorded, released
from tests.no_leak.random_rights import (
    MASK_KEY,
    SECRET,
    VARIABLES,
    RecordingSubgraphs,
    Reference,
    Rights,
    World,
    check_requests,
    filtered,
    masks_some,
    row_filters,
    world_of,
)
from tests.support.as_bytes import AsBytes
from tests.support.operations import OperationWriter
from tests.support.random_graph import RandomGraph

SCHEMAS = int(os.environ.get("DATONG_NO_LEAK_SCHEMAS", "4"))
FIRST_SEED = int(os.environ.get("DATONG_NO_LEAK_FIRST_SEED", "0"))
OPERATIONS = 4
ON_STRUCTS = range(3)
"""Seeds of which some plan is known to run on structs."""
CALLERS = ("ann", "ben")
FAULT = f"{SECRET}fault"
LIMITS = LimitSettings(
    max_root_fields=1_000, max_aliases=1_000, max_fields=100_000, max_tokens=100_000
)
NO_PURPOSE = hmac.digest(MASK_KEY, b"", "sha256")


class Departments(RecordingSubgraphs):
    """Filter by the signed context of each request, and fail when told to."""

    def __init__(self, world: World) -> None:
        super().__init__(world.graph, {}, world.index)
        self.fails: Random | None = None

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        context = jwt.decode(request.headers[CONTEXT_HEADER], options={"verify_signature": False})
        self._filters = context["row_filters"]
        # So that callers who ask at once are really under way together.
        reply = await super().send(subgraph, request)
        await asyncio.sleep(0)
        return reply if self.fails is None else _spoilt(subgraph, reply, self.fails)


def _spoilt(subgraph: str, reply: SubgraphReply, random: Random) -> SubgraphReply:
    """An answer with errors that name rows, columns and values."""
    told = {
        "message": f"{FAULT} of row 7: f0 is {SECRET}12345",
        "extensions": {"code": "F0_WRONG", "row": FAULT, "exception": {"sql": FAULT}},
    }
    match random.randrange(5):
        case 0:
            raise SubgraphUnreachable(subgraph, "gone", 502)
        case 1:
            return SubgraphReply(None, (told,))
        case 2:
            data = reply.data if isinstance(reply.data, dict) else {}
            return SubgraphReply(dict.fromkeys(data), (told,))
        case 3:
            places: list[Any] = [[], [*list(reply.data or {})[:1]]]
            return SubgraphReply(reply.data, ({**told, "path": random.choice(places)},))
    return reply


class Engine:
    """Decides by random rights, the same for the same caller and operation.

    Attributes:
        rights: Of each caller.
    """

    def __init__(self) -> None:
        self.rights: dict[str, Rights] = {}

    def begin(self, graph: RandomGraph, seed: int) -> None:
        """Rights for the next operation."""
        for number, caller in enumerate(CALLERS):
            filters = row_filters(graph, Random(seed * 10 + number))
            self.rights[caller] = Rights(filters, seed * 10 + number)

    async def decide(self, request: AccessRequest) -> Decision:
        return self.rights[request.asker.caller.id].decide(request)


class Records:
    """An audit sink in memory."""

    def __init__(self) -> None:
        self.all: list[AuditRecord] = []

    async def append(self, record: AuditRecord, _: str | None = None) -> None:
        self.all.append(record)


class Lines(logging.Handler):
    """Every line of every logger."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)


class Site:
    """A gateway over one random world."""

    def __init__(
        self,
        world: World,
        departments: Departments,
        parts: Parts,
        engine: Engine,
        records: Records,
    ) -> None:
        self.world, self.engine, self.records = world, engine, records
        self.transport: AsBytes = parts.transport  # type: ignore[assignment]
        self.departments = departments
        # Every other world also lets equal queries of one caller wait for each other.
        http = Http(share_equal_queries=world.seed % 2 == 1)
        config = msgspec.structs.replace(Config(), limits=LIMITS, http=http)
        self.gateway = Gateway(build_state(world.supergraph), parts, config)

    async def ask(self, caller: str, text: str) -> Response:
        variables = {name: value for name, value in VARIABLES.items() if f"${name}" in text}
        request = Request("1", text, variables, headers=Headers({"who": caller}))
        answer = await self.gateway.answer(request)
        assert isinstance(answer, Response), answer
        # Code that was asked for meanwhile is there for the next one.
        for _ in CALLERS:
            await self.gateway._turns.take("", object(), lambda: None)  # noqa: SLF001
        return answer

    def reference(self, caller: str) -> Reference:
        rights = self.engine.rights[caller]
        return Reference(self.world, rights.given, rights.filters, NO_PURPOSE)


@asynccontextmanager
async def opened(world: World) -> AsyncIterator[Site]:
    async def identify(headers: Headers) -> Asker:
        return Asker(Caller(headers["who"], "person"), None, (), 1)

    engine, records = Engine(), Records()
    async with EventStreams({}, Subscriptions()) as streams:
        signer = ContextSigner(load_signing_key(""), 60, 1_000, time.time)
        recorder = Recorder(records, AccessLog())
        departments = Departments(world)
        # What takes no bytes would never run on structs.
        transport = AsBytes(departments)
        parts = Parts(identify, engine, view_of_all, transport, streams, signer, recorder, MASK_KEY)
        yield Site(world, departments, parts, engine, records)


def _row_texts(reference: Reference) -> Iterator[tuple[str, bool]]:
    """Marked texts of all rows, and whether the caller may see the field and the row of each."""
    world = reference.world
    for name, rows in world.graph.rows.items():
        for row in rows:
            is_shown = filtered(row, reference.filters) is not None
            for field, value in row.items():
                # A computed value shows its inputs to whoever may see it.
                may_show = reference.shows(name, field) or reference.feeds(name, field)
                is_opened = is_shown and may_show
                for text in _texts(value, world):
                    yield text, is_opened


def _texts(value: Any, world: World) -> Iterator[str]:
    if isinstance(value, Mapping):
        is_row = value.get("__typename") in world.graph.rows
        for each in () if is_row else value.values():
            yield from _texts(each, world)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, world)
    elif isinstance(value, str) and SECRET in value and "(" not in value:
        yield value


def _check_body(site: Site, caller: str, text: str, answer: Response, *, is_whole: bool) -> None:
    found, reference = json.loads(answer.body), site.reference(caller)
    truth = reference.answer(text)
    given = site.engine.rights[caller].given[0]
    is_exact = "addedNodes" not in text or not masks_some(given, site.world.graph.members("Node"))
    if is_whole and is_exact:
        assert found["data"] == truth, (caller, text)
    told = json.dumps([found, dict(answer.headers)], ensure_ascii=False)
    # Where departments fail, null spreads otherwise than in the whole answer: what may be seen can
    # then show although it does not stand there.
    shown = json.dumps(truth, ensure_ascii=False)
    for each, is_opened in _row_texts(reference) if is_exact else ():
        if each in told:
            assert each in shown or (is_opened and not is_whole), (each, text)
    assert SECRET not in json.dumps(found.get("errors"), ensure_ascii=False), text
    assert SECRET not in json.dumps(found.get("extensions"), ensure_ascii=False), text
    assert FAULT not in told


def _check_record(site: Site, caller: str, text: str, answer: Response) -> AuditRecord:
    """The record of a whole answer names every object that it shows, and no other.

    Returns:
        The record without what differs each time.
    """
    record, found = site.records.all[-1], json.loads(answer.body)
    assert record.caller.id == caller
    told = {str(each["extensions"]["code"]) for each in found.get("errors", ())}
    assert set(record.codes) == told
    assert record.outcome is (Outcome.PARTIAL if told else Outcome.ANSWERED)
    reference, identities = site.reference(caller), site.world.identities
    truth = released(reference, text, identities)
    assert agree(recorded(record.entities), truth), (caller, text, recorded(record.entities), truth)
    shown = masked(reference, text, identities)
    # What null propagation took away was masked before, and what is null may have been.
    assert record.masked >= shown, (caller, text)
    if not told and not reference.masks_to_null:
        assert record.masked == shown, (caller, text)
    return structs.replace(record, at=0, duration=0)


def _check_spoilt_record(site: Site, caller: str, text: str, answer: Response) -> None:
    """What departments that fail leave of an answer is named, too, or counted."""
    reference, identities = site.reference(caller), site.world.identities
    told = recorded(site.records.all[-1].entities)
    shown = answer.body.decode()
    assert overlooked(reference, shown, identities, told) == [], text


async def _take_turns(site: Site, text: str) -> None:
    first: dict[str, AuditRecord] = {}
    # The third time runs on structs, where a plan does at all.
    for _ in range(3):
        for caller in CALLERS:
            before = len(site.departments.requests)
            answer = await site.ask(caller, text)
            _check_body(site, caller, text, answer, is_whole=True)
            record = _check_record(site, caller, text, answer)
            assert record == first.setdefault(caller, record), text
            sent = site.departments.requests[before:]
            check_requests(site.world, site.reference(caller), sent)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS))
async def test_no_cache_fault_log_or_record_shows_what_the_reference_forbids(
    seed: int, lines: list[str]
) -> None:
    world = world_of(seed)
    async with opened(world) as site:
        for number in range(OPERATIONS):
            text = OperationWriter(world.monolith, Random(seed * 1_000 + number)).query()
            if validate(world.monolith, parse(text)):
                continue
            site.engine.begin(world.graph, seed * 1_000 + number)
            site.departments.fails = None
            await _take_turns(site, text)
            together = await asyncio.gather(*(site.ask(caller, text) for caller in CALLERS * 2))
            for caller, answer in zip(CALLERS * 2, together, strict=True):
                _check_body(site, caller, text, answer, is_whole=True)
            site.departments.fails = Random(seed * 1_000 + number)
            for caller in CALLERS * 2:
                answer = await site.ask(caller, text)
                _check_body(site, caller, text, answer, is_whole=False)
                _check_spoilt_record(site, caller, text, answer)
        records = msgspec.json.encode(site.records.all).decode()

    assert site.records.all
    assert site.transport.posted or seed not in ON_STRUCTS
    assert SECRET not in records
    assert [line for line in lines if SECRET in line] == []

"""Responses in parts over HTTP: formats, framing, order, decisions, records, and who leaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import msgspec
import pytest

from federation.access import AccessRequest, Decision, Effect, Verdict, allow_all
from federation.audit import Outcome, RecordKind
from federation.gateway.settings import Config, Http, LimitSettings
from tests.support.incremental import merged
from tests.support.parted_gateway import PartedGateway, Rows, parted_gateway, parts_of

LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'
SDLS = {
    "people": f"""{LINK}
        type Query {{ me: Person  all: [Person!]! }}
        type Person @key(fields: "id") {{ id: ID!  name: String }}
    """,
    "tax": f"""{LINK}
        type Person @key(fields: "id") {{ id: ID!  income: Int  rate: String! }}
    """,
    "health": f"""{LINK}
        type Person @key(fields: "id") {{ id: ID!  blood: String }}
    """,
}
PERSONS: list[dict[str, Any]] = [
    {"id": str(at), "name": f"n{at}", "income": at, "rate": f"r{at}", "blood": f"b{at}"}
    for at in range(4)
]
ROWS: Rows = {"Query": [{"me": {"id": "0"}, "all": PERSONS}], "Person": PERSONS}
SLOW = '{ me { name ... @defer(label: "t") { income ... @defer(label: "h") { blood } } } }'
CURRENT = "multipart/mixed;incrementalSpec=v0.2, application/json"
EARLIER = "multipart/mixed; deferSpec=20220824, application/json"


@pytest.fixture
async def gateway() -> AsyncIterator[PartedGateway]:
    async with parted_gateway(SDLS, ROWS) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


class Asked:
    """An answer on its way, read part by part."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self._parts = parts_of(response)

    async def next(self) -> Any:
        async with asyncio.timeout(5):
            return json.loads(await anext(self._parts))

    async def rest(self) -> list[Any]:
        async with asyncio.timeout(5):
            return [json.loads(part) async for part in self._parts]


async def _ask(
    client: aiohttp.ClientSession, gateway: PartedGateway, query: str, accept: str, **more: Any
) -> aiohttp.ClientResponse:
    body = {"query": query, **more}
    return await client.post(gateway.url, json=body, headers={"accept": accept})


async def _parts(
    client: aiohttp.ClientSession,
    gateway: PartedGateway,
    query: str = SLOW,
    accept: str = CURRENT,
    **more: Any,
) -> list[Any]:
    async with await _ask(client, gateway, query, accept, **more) as response:
        return await Asked(response).rest()


async def test_the_first_part_does_not_wait_for_what_is_deferred(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    tax, health = gateway.hold("tax"), gateway.hold("health")
    async with await _ask(client, gateway, SLOW, CURRENT) as response:
        asked = Asked(response)

        first = await asked.next()
        health.set()
        tax.set()
        second, third = await asked.rest()

    head = response.headers["content-type"]
    assert head == 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'
    assert response.headers["cache-control"] == "no-store"
    assert first == {
        "data": {"me": {"name": "n0"}},
        "pending": [{"id": "0", "path": ["me"], "label": "t"}],
        "hasNext": True,
    }
    assert second == {
        "pending": [{"id": "1", "path": ["me"], "label": "h"}],
        "incremental": [{"id": "0", "data": {"income": 0}}],
        "completed": [{"id": "0"}],
        "hasNext": True,
    }
    assert third == {
        "incremental": [{"id": "1", "data": {"blood": "b0"}}],
        "completed": [{"id": "1"}],
        "hasNext": False,
    }


async def test_the_earlier_format_tells_path_and_label_of_each_piece(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    async with await _ask(client, gateway, SLOW, EARLIER) as response:
        parts = await Asked(response).rest()

    assert response.headers["content-type"].endswith("; deferSpec=20220824")
    assert parts == [
        {"data": {"me": {"name": "n0"}}, "hasNext": True},
        {
            "incremental": [{"data": {"income": 0}, "path": ["me"], "label": "t"}],
            "hasNext": True,
        },
        {
            "incremental": [{"data": {"blood": "b0"}, "path": ["me"], "label": "h"}],
            "hasNext": False,
        },
    ]


async def test_event_streams_carry_the_current_format(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    async with await _ask(client, gateway, SLOW, "text/event-stream") as response:
        text = await response.text()

    events = [each for each in text.split("\n\n") if each.startswith("event: ")]
    assert [each.split("\n")[0] for each in events] == [
        "event: next",
        "event: next",
        "event: next",
        "event: complete",
    ]
    parts = [json.loads(each.partition("data: ")[2]) for each in events[:3]]
    assert merged(parts) == {"me": {"name": "n0", "income": 0, "blood": "b0"}}


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "*/*",
        "multipart/mixed;deferSpec=20990101, application/json",
        "multipart/mixed;subscriptionSpec=1.0, application/json",
    ],
)
async def test_who_takes_no_parts_gets_one_whole_answer(
    gateway: PartedGateway, client: aiohttp.ClientSession, accept: str
) -> None:
    async with await _ask(client, gateway, SLOW, accept) as response:
        assert response.content_type == "application/json"
        answer = await response.json()

    assert answer == {"data": {"me": {"name": "n0", "income": 0, "blood": "b0"}}}
    # What is not deferred travels together.
    assert len(gateway.desks.sent) == 3


@pytest.mark.parametrize(
    "query",
    ["{ me { name } }", "{ me { ... @defer(if: false) { name } } }"],
)
async def test_what_has_one_part_is_plain_where_that_is_accepted(
    gateway: PartedGateway, client: aiohttp.ClientSession, query: str
) -> None:
    async with await _ask(client, gateway, query, CURRENT) as response:
        assert response.content_type == "application/json"
        assert await response.json() == {"data": {"me": {"name": "n0"}}}

    parts = await _parts(client, gateway, query, "multipart/mixed")

    assert parts == [{"data": {"me": {"name": "n0"}}}]


async def test_a_variable_switches_deferral_off(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    query = "query ($slow: Boolean!) { me { ... @defer(if: $slow) { income } } }"

    parts = await _parts(client, gateway, query, variables={"slow": True})
    async with await _ask(client, gateway, query, CURRENT, variables={"slow": False}) as response:
        whole = await response.json()

    assert [sorted(each) for each in parts] == [
        ["data", "hasNext", "pending"],
        ["completed", "hasNext", "incremental"],
    ]
    assert whole == {"data": {"me": {"income": 0}}}


async def test_later_items_of_a_streamed_list_are_fetched_later(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    query = '{ all @stream(initialCount: 1, label: "s") { name income } }'
    parts = await _parts(client, gateway, query)

    assert parts[0]["data"] == {"all": [{"name": "n0", "income": 0}]}
    assert parts[0]["pending"] == [{"id": "0", "path": ["all"], "label": "s"}]
    assert parts[1]["incremental"][0]["items"] == [
        {"name": f"n{at}", "income": at} for at in range(1, 4)
    ]
    asked = [
        [each["id"] for each in request.variables["representations"]]
        for name, request in gateway.desks.sent
        if name == "tax"
    ]
    assert sorted(asked) == [["0"], ["1", "2", "3"]]


async def test_everything_is_decided_once_before_anything_runs(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    gateway.rules.rule = _deny("Person.blood")

    parts = await _parts(client, gateway)

    assert gateway.rules.asked == 1
    assert all(name != "health" for name, _ in gateway.desks.sent)
    errors = [
        (at, error["path"], error["extensions"]["code"])
        for at, part in enumerate(parts)
        for piece in (part, *part.get("incremental", ()), *part.get("completed", ()))
        for error in piece.get("errors", ())
    ]
    assert errors == [(2, ["me", "blood"], "ACCESS_DENIED")]
    assert merged(parts) == {"me": {"name": "n0", "income": 0, "blood": None}}


def _deny(coordinate: str) -> Any:
    verdict = Verdict(Effect.DENY, ("grade",), "clearance")

    def decide(request: AccessRequest) -> Decision:
        allowed = allow_all(request)
        return replace(allowed, verdicts={**allowed.verdicts, (coordinate, "select"): verdict})

    return decide


async def test_each_part_has_its_record_before_it_leaves(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    tax = gateway.hold("tax")
    async with await _ask(client, gateway, SLOW, CURRENT) as response:
        asked = Asked(response)
        await asked.next()
        before = [each.part for each in gateway.records.all if each.kind is RecordKind.RELEASE]
        tax.set()
        await asked.rest()

    assert before == [0]
    released = [each for each in gateway.records.all if each.kind is RecordKind.RELEASE]
    assert [each.part for each in released] == [0, 1, 2]
    assert {each.outcome for each in released} == {Outcome.ANSWERED}
    # The person is named in each part that says something of them.
    assert all(len(each.entities) == 1 for each in released)


async def test_a_record_names_no_item_that_has_not_left_yet(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    await _parts(client, gateway, "{ all @stream(initialCount: 1) { name } }")

    released = [each for each in gateway.records.all if each.kind is RecordKind.RELEASE]
    assert [len(each.entities[0].digests) for each in released] == [1, 3]


async def test_a_part_whose_record_cannot_be_written_does_not_leave(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    gateway.records.room = 1

    parts = await _parts(client, gateway)

    assert parts[0]["data"] == {"me": {"name": "n0"}}
    [completed] = parts[1]["completed"]
    assert completed["errors"][0]["extensions"]["code"] == "AUDIT_UNAVAILABLE"
    assert parts[1]["hasNext"] is False
    assert "income" not in json.dumps(parts)


async def test_without_a_record_of_the_first_part_the_answer_is_the_failure(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    gateway.records.room = 0
    async with await _ask(client, gateway, SLOW, CURRENT) as response:
        assert response.status == 503
        assert (await response.json())["errors"][0]["extensions"]["code"] == "AUDIT_UNAVAILABLE"


async def test_a_subgraph_lost_in_a_deferred_part_spoils_that_part_alone(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    gateway.desks.lost.add("tax")
    query = '{ me { name ... @defer(label: "a") { income } ... @defer(label: "b") { rate } } }'

    first, *others = await _parts(client, gateway, query)

    assert first["data"] == {"me": {"name": "n0"}}
    assert "errors" not in first
    increments = [each for part in others for each in part.get("incremental", ())]
    assert [each["data"] for each in increments] == [{"income": None}]
    assert increments[0]["errors"][0]["extensions"]["code"] == "SUBGRAPH_UNREACHABLE"
    failed = [each for part in others for each in part["completed"] if "errors" in each]
    # `rate` may not be null: its fragment is lost, and nothing around it.
    assert [each["id"] for each in failed] == ["1"]


async def test_a_client_that_leaves_ends_the_fetches(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    gateway.hold("tax")
    response = await _ask(client, gateway, SLOW, CURRENT)
    await Asked(response).next()

    response.close()

    async with asyncio.timeout(5):
        while not gateway.desks.given_up:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        while gateway.records.all[-1].outcome is not Outcome.CANCELLED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert set(gateway.desks.given_up) == {"tax"}


async def test_all_parts_have_one_deadline(client: aiohttp.ClientSession) -> None:
    config = msgspec.structs.replace(Config(), http=Http(deadline_seconds=0.3))
    async with parted_gateway(SDLS, ROWS, config) as gateway:
        gateway.hold("tax")

        parts = await _parts(client, gateway)

    assert merged(parts) == {"me": {"name": "n0", "income": None, "blood": "b0"}}
    assert parts[1]["incremental"][0]["errors"][0]["extensions"]["code"] == "SUBGRAPH_TIMEOUT"


async def test_too_many_deferrals_are_refused(client: aiohttp.ClientSession) -> None:
    config = msgspec.structs.replace(Config(), limits=LimitSettings(max_deferrals=1))
    async with (
        parted_gateway(SDLS, ROWS, config) as gateway,
        await _ask(client, gateway, SLOW, CURRENT) as response,
    ):
        answer = await response.json()

    assert answer["errors"][0]["extensions"]["limit"] == "max_deferrals"


@pytest.mark.parametrize(
    "query",
    [
        '{ me { ... @defer(label: "x") { name } ... @defer(label: "x") { id } } }',
        "{ me { name @stream } }",
        "query ($l: String) { me { ... @defer(label: $l) { name } } }",
    ],
)
async def test_directives_out_of_place_are_no_valid_operation(
    gateway: PartedGateway, client: aiohttp.ClientSession, query: str
) -> None:
    async with await _ask(client, gateway, query, CURRENT) as response:
        answer = await response.json()

    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("variables", [{"n": -1}, {"n": None}, {"n": "x"}])
async def test_an_initial_count_that_is_none_is_refused(
    gateway: PartedGateway, client: aiohttp.ClientSession, variables: dict[str, Any]
) -> None:
    query = "query ($n: Int!) { all @stream(initialCount: $n) { name } }"
    async with await _ask(client, gateway, query, CURRENT, variables=variables) as response:
        answer = await response.json()

    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_masks_hold_in_every_part_and_are_counted_there(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    mask = Verdict(Effect.MASK, (), "masking", mask="initial")

    def decide(request: AccessRequest) -> Decision:
        allowed = allow_all(request)
        masked = {("Person.name", "select"): mask, ("Person.blood", "select"): mask}
        return replace(allowed, verdicts={**allowed.verdicts, **masked})

    gateway.rules.rule = decide

    parts = await _parts(client, gateway, "{ me { name ... @defer { blood } } }")

    assert parts[0]["data"] == {"me": {"name": "n**"}}
    assert parts[1]["incremental"][0]["data"] == {"blood": "b**"}
    released = [each for each in gateway.records.all if each.kind is RecordKind.RELEASE]
    assert [each.masked for each in released] == [1, 1]


async def test_introspection_shows_both_directives(
    gateway: PartedGateway, client: aiohttp.ClientSession
) -> None:
    query = "{ ... @defer { __schema { directives { name args { name } } } } }"

    data = merged(await _parts(client, gateway, query))

    shown = {
        each["name"]: [argument["name"] for argument in each["args"]]
        for each in data["__schema"]["directives"]
    }
    assert shown["defer"] == ["if", "label"]
    assert shown["stream"] == ["if", "label", "initialCount"]

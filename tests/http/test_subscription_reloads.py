"""Subscriptions over HTTP while schema, policies and grants change under them."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from federation.gateway.engines import POLICY_FOLDER
from tests.support.event_subgraph import EventSubgraph, Stream, event_subgraph
from tests.support.served import Served, subgraph_list
from tests.support.subscribing import (
    GUARDED_DESK,
    GUARDED_PEOPLE,
    GuardedCity,
    events_to_the_end,
    gateway_over,
    next_event,
    subscribed,
)

PURPOSE = "loan-pre-approval"
CONDITIONAL = '@classified(level: 2) @sharing(class: CONDITIONAL, condition: "a purpose")'
PEOPLE = GUARDED_PEOPLE.replace("owner: String", f"owner: String {CONDITIONAL}")
GRANT = {"purposes": {PURPOSE: True}, "uses": {"select": True}, "expires": 4102444800}
OWNER_OF = "owner of"


def _data(grant: dict[str, Any] | None) -> dict[str, Any]:
    held = {"heming_bank": {"Ticket.owner": {"held": grant}}} if grant else {}
    return {"grants": held, "purposes": {PURPOSE: {}}, "organisations": {"heming_bank": {}}}


@dataclass
class Site:
    """A served gateway with one running subscription.

    Attributes:
        stream: As the subgraph sees it.
        response: As the client does.
    """

    folder: Path
    city: GuardedCity
    subgraph: EventSubgraph
    served: Served
    stream: Stream
    response: aiohttp.ClientResponse
    client: aiohttp.ClientSession

    async def event(self, number: int) -> tuple[str, Any]:
        """What the client gets of the ticket with this number."""
        self.stream.ticket(number)
        return await next_event(self.response)

    async def changed(self, *files: tuple[str, str]) -> None:
        """Returns when the gateway has taken up files of the folder."""
        before = await self._ready()
        for name, text in files:
            (self.folder / name).write_text(text)
        self.served.process.send_signal(signal.SIGHUP)
        await self._until(lambda now: now != before)

    async def refused(self, name: str, text: str) -> None:
        """Returns when the gateway has refused to take up a file."""
        (self.folder / name).write_text(text)
        self.served.process.send_signal(signal.SIGHUP)
        await self._until(lambda now: "reload_refused" in now)

    async def _until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds(await self._ready()):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)

    async def _ready(self) -> dict[str, Any]:
        async with self.client.get(f"{self.served.url}/ready") as reply:
            found: dict[str, Any] = await reply.json()
            return found

    async def refusal(self, query: str) -> str:
        """The code with which a new subscription is refused."""
        headers = {**self.city.headers(), "datong-purpose": PURPOSE}
        async with subscribed(self.client, self.served, query, headers) as response:
            _, told = await next_event(response)
        code: str = told["errors"][0]["extensions"]["code"]
        return code


@asynccontextmanager
async def _running(
    folder: Path, subgraph: EventSubgraph, fields: str = "subject owner"
) -> AsyncIterator[Site]:
    city = GuardedCity(folder)
    shutil.copytree(POLICY_FOLDER / "datong", folder / "datong")
    (folder / "data").mkdir()
    (folder / "data/all.json").write_text(json.dumps(_data(GRANT)))
    environment = {
        **city.environment,
        "DATONG_ACCESS_POLICIES": str(folder),
        "DATONG_SERVER_WATCH_SECONDS": "0",
    }
    query = f"subscription {{ ticket {{ {fields} }} }}"
    headers = {**city.headers(), "datong-purpose": PURPOSE}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=90)) as client,
        gateway_over(
            folder, subgraph, sdl=(GUARDED_DESK, PEOPLE), environment=environment
        ) as served,
        subscribed(client, served, query, headers) as response,
    ):
        stream = await subgraph.opened()
        yield Site(folder, city, subgraph, served, stream, response, client)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with event_subgraph() as subgraph, _running(tmp_path, subgraph) as running:
        yield running


def _ticket(number: int, owner: str | None = None) -> tuple[str, Any]:
    told = {"subject": f"s{number}", "owner": owner or f"{OWNER_OF} {number}"}
    return "next", {"data": {"ticket": told}}


def _schema(site: Site, desk: str) -> tuple[str, str]:
    url = site.subgraph.url
    file = subgraph_list(site.folder, [("desk", url, desk), ("people", url, PEOPLE)])
    return file.name, file.read_text()


async def test_a_subscription_goes_on_through_a_reload_of_the_schema(site: Site) -> None:
    assert await site.event(1) == _ticket(1)

    await site.changed(_schema(site, GUARDED_DESK.replace("most: Int", "least: Int")))

    assert await site.event(2) == _ticket(2)
    # New ones are answered on the new schema.
    refused = await site.refusal("subscription { ticket(most: 1) { subject } }")
    assert refused == "GRAPHQL_VALIDATION_FAILED"
    site.stream.complete()
    assert await events_to_the_end(site.response) == [("complete", None)]


async def test_a_subscription_to_what_a_new_schema_does_not_have_ends_since_nobody_grades_it(
    site: Site,
) -> None:
    assert await site.event(1) == _ticket(1)

    await site.changed(_schema(site, GUARDED_DESK.replace("ticket(most: Int)", "tickets")))
    site.stream.ticket(2)
    ended, _ = await events_to_the_end(site.response)

    assert ended[1]["errors"][0]["extensions"]["reasons"] == ["unknown_field"]
    assert "s2" not in json.dumps(ended)


async def test_a_subscription_goes_on_through_a_reload_of_policies_that_leave_its_rights(
    site: Site,
) -> None:
    assert await site.event(1) == _ticket(1)

    other = {**_data(GRANT), "purposes": {PURPOSE: {}, "another": {}}}
    await site.changed(("data/all.json", json.dumps(other)))
    assert await site.event(2) == _ticket(2)

    # What cannot be used changes nothing.
    await site.refused("data/all.json", "{ broken")
    assert await site.event(3) == _ticket(3)


async def test_a_mask_that_a_reload_puts_on_holds_from_the_next_event_on(site: Site) -> None:
    assert await site.event(1) == _ticket(1)

    masked = json.dumps(_data({**GRANT, "mask": "initial"}))
    await site.changed(("data/all.json", masked))

    assert await site.event(2) == _ticket(2, owner="o**")


async def test_rights_that_a_reload_takes_away_end_the_stream_before_the_next_event(
    site: Site,
) -> None:
    assert await site.event(1) == _ticket(1)

    await site.changed(("data/all.json", json.dumps(_data(None))))
    site.stream.ticket(2)
    ended, complete = await events_to_the_end(site.response)

    assert complete == ("complete", None)
    assert "data" not in ended[1]
    assert f"{OWNER_OF} 2" not in json.dumps(ended)
    [error] = ended[1]["errors"]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["extensions"]["coordinate"] == "Ticket.owner"
    async with asyncio.timeout(5):
        await site.stream.over.wait()
    assert [record["outcome"] for record in site.city.records()] == [
        "started",
        "answered",
        "refused",
    ]


async def test_a_rule_of_a_department_that_comes_with_a_reload_ends_the_stream(site: Site) -> None:
    assert await site.event(1) == _ticket(1)

    rule = 'package datong.departments.people\n\ndeny["Ticket.owner"] contains "closed"\n'
    await site.changed(("datong/departments/people.rego", rule))
    site.stream.ticket(2)
    ended, _ = await events_to_the_end(site.response)

    assert ended[1]["errors"][0]["extensions"]["reasons"] == ["closed"]
    assert f"{OWNER_OF} 2" not in json.dumps(ended)

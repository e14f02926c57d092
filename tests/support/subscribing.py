"""Subscribing at a served gateway as a client does, over server-sent events."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.event_subgraph import DESK, PEOPLE, EventSubgraph
from tests.support.issuer import Issuer
from tests.support.served import Served, serving, subgraph_list

TICKETS = "subscription { ticket(most: 2) { subject owner } }"
EVENTS = {"accept": "text/event-stream"}
GOVERNANCE = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@classified", "@sharing"])
directive @classified(level: Int!, category: String) on OBJECT | FIELD_DEFINITION
directive @sharing(class: datong__SharingClass!, condition: String, legalBasis: String)
  on OBJECT | FIELD_DEFINITION
enum datong__SharingClass { UNCONDITIONAL CONDITIONAL NOT_SHARED }
"""
OPEN = "@classified(level: 1) @sharing(class: UNCONDITIONAL)"
GUARDED_DESK = f"""{GOVERNANCE}
type Query {{ tickets: Int {OPEN} }}
type Subscription {{
  ticket(most: Int): Ticket {OPEN}
  secret: Ticket @classified(level: 4) @sharing(class: CONDITIONAL, condition: "a purpose")
}}
type Ticket @key(fields: "id") {OPEN} {{ id: ID! subject: String! }}
"""
GUARDED_PEOPLE = f"""{GOVERNANCE}
type Query {{ people: Int {OPEN} }}
type Ticket @key(fields: "id") {OPEN} {{ id: ID! owner: String }}
"""
GUARDED = (GUARDED_DESK, GUARDED_PEOPLE)


@asynccontextmanager
async def gateway_over(
    folder: Path,
    subgraph: EventSubgraph,
    *arguments: str,
    sdl: tuple[str, str] = (DESK, PEOPLE),
    environment: dict[str, str] | None = None,
) -> AsyncIterator[Served]:
    """A served gateway; starting and stopping it does not stop the subgraph."""
    desk, people = sdl
    file = subgraph_list(folder, [("desk", subgraph.url, desk), ("people", subgraph.url, people)])
    running = serving("--subgraphs", str(file), *arguments, environment=environment)
    served = await asyncio.to_thread(running.__enter__)
    try:
        yield served
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


@asynccontextmanager
async def subscribed(
    client: aiohttp.ClientSession,
    served: Served,
    query: str = TICKETS,
    headers: dict[str, str] | None = None,
) -> AsyncIterator[aiohttp.ClientResponse]:
    async with client.post(
        f"{served.url}/graphql", json={"query": query}, headers={**EVENTS, **(headers or {})}
    ) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        yield response


async def next_event(response: aiohttp.ClientResponse) -> tuple[str, Any]:
    """The next event that is no comment: its name, and its data as JSON if it has any."""
    name, data = "", ""
    async with asyncio.timeout(10):
        async for raw in response.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data:"):
                data += line[5:].strip()
            elif not line and name:
                return name, json.loads(data) if data else None
    return "end", None


async def events_to_the_end(response: aiohttp.ClientResponse) -> list[tuple[str, Any]]:
    """All events to the end of the stream."""
    found = [await next_event(response)]
    while found[-1][0] != "end":
        found.append(await next_event(response))
    return found[:-1]


class GuardedCity:
    """A guarded gateway's settings, and its audit trail."""

    def __init__(self, folder: Path) -> None:
        self.issuer = Issuer(int(time.time()))
        self._audit = folder / "audit.sqlite"
        self.environment = {
            "DATONG_IDENTITY_JWKS": self.issuer.publish(folder / "jwks.json"),
            "DATONG_AUDIT_DATABASE": f"sqlite+aiosqlite:///{self._audit}",
            "DATONG_IDENTITY_LEEWAY_SECONDS": "0",
        }

    def headers(self, **claims: object) -> dict[str, str]:
        return {"authorization": f"Bearer {self.issuer.token(**claims)}"}

    def records(self) -> list[dict[str, Any]]:
        with sqlite3.connect(self._audit) as connection:
            rows = connection.execute("select body from audit_entry order by rowid").fetchall()
        bodies = [json.loads(row[0]) for row in rows]
        return [body for body in bodies if "request_id" in body]

    async def recorded(self, count: int) -> list[tuple[str, int, str]]:
        """Kind, part and outcome of so many records, as soon as they are there."""
        async with asyncio.timeout(5):
            while len(self.records()) < count:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.02)
        return [(each["kind"], each["part"], each["outcome"]) for each in self.records()]

"""CPU of the gateway per request, for several kinds of requests.

    .venv/bin/python benchmarks/workloads.py [--seconds 1]

The gateway answers in this process, without a server in front of it; three subgraphs in another one
answer from memory over HTTP. ``--access open``; the audit trail, where it is on, is a new SQLite
file. Told is the best of three rounds, since other work on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httptools
import msgspec
import uvloop
from graphql import build_schema, graphql_sync
from starlette.datastructures import Headers

from federation.composition import SubgraphDocument, compose_documents
from federation.gateway.access_log import AccessLog
from federation.gateway.messages import Request, Response
from federation.gateway.pipeline import Gateway
from federation.gateway.running import start_gateway
from federation.gateway.settings import Access, Audit, Config, LimitSettings
from federation.supergraph import Supergraph

ROUNDS = 3
PEOPLE, BIO = 10_000, "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 15
SDL = {
    "people": """
      type Query { person(id: ID!): Person  people(first: Int!): [Person!] }
      type Mutation { rename(id: ID!, name: String!): Person }
      type Person @key(fields: "id") { id: ID!  name: String  bio: String }
    """,
    "homes": """
      type Person @key(fields: "id") { id: ID!  home: Home }
      type Home @key(fields: "code") { code: ID! }
    """,
    "places": """
      type Home @key(fields: "code") { code: ID!  street: String  rooms: Int }
    """,
}
_SERVED = """
  directive @key(fields: String!) repeatable on OBJECT
  scalar _Any
  union _Entity = {entities}
"""


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests that are much alike; ``variables`` makes those of each from its number."""

    name: str
    query: Callable[[int], str]
    variables: Callable[[int], dict[str, Any]] = field(default=lambda _: {})
    is_audited: bool = False


def workloads() -> Iterator[Workload]:
    """All of them."""
    chain = "query ($id: ID!) { person(id: $id) { name home { street } } }"
    rows = "{ people(first: 1000) { name home { street rooms } } }"
    yield Workload("one row of one subgraph", lambda _: _ONE, lambda at: {"id": str(at % 100)})
    yield Workload(
        "one row over three subgraphs", lambda _: chain, lambda at: {"id": str(at % 100)}
    )
    yield Workload("1,000 rows over three subgraphs", lambda _: rows)
    yield Workload("answer of 1 MB from one subgraph", lambda _: _bios(1_100))
    yield Workload("answer of 10 MB from one subgraph", lambda _: _bios(11_000))
    yield Workload(
        "mutation",
        lambda _: 'mutation ($id: ID!) { rename(id: $id, name: "x") { name } }',
        lambda at: {"id": str(at % 100)},
    )
    yield Workload(
        "one row over three subgraphs, never the same text",
        lambda at: chain.replace("name", f"n{at}: name"),
        lambda at: {"id": str(at % 100)},
    )
    for name, query in (("one row of one subgraph", _ONE), ("1,000 rows over three", rows)):
        yield Workload(
            f"{name}, with audit trail",
            lambda _, query=query: query,  # type: ignore[misc]
            lambda at: {"id": str(at % 100)},
            is_audited=True,
        )


_ONE = "query ($id: ID!) { person(id: $id) { id name } }"


def _bios(first: int) -> str:
    return f"{{ people(first: {first}) {{ id name bio }} }}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="CPU of the gateway per request.")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    seconds = parser.parse_args().seconds
    here, there = multiprocessing.Pipe()
    subgraphs = multiprocessing.get_context("spawn").Process(
        target=serve, args=(there,), daemon=True
    )
    subgraphs.start()
    try:
        uvloop.run(_measure(here.recv(), seconds))
    finally:
        subgraphs.terminate()
        subgraphs.join()


def composed(port: int) -> Supergraph:
    """The supergraph of the subgraphs on a port."""
    documents = [
        SubgraphDocument(name, f"http://127.0.0.1:{port}/{name}", LINK + sdl)
        for name, sdl in SDL.items()
    ]
    supergraph = compose_documents(documents).supergraph
    assert supergraph is not None, "the subgraphs compose"
    return supergraph


async def _measure(port: int, seconds: float) -> None:
    supergraph = composed(port)
    print("| requests | CPU ms | kB | requests a second |\n|---|---:|---:|---:|")
    for workload in workloads():
        with tempfile.TemporaryDirectory() as folder:
            print(await _row(workload, supergraph, Path(folder), seconds), flush=True)


async def _row(workload: Workload, supergraph: Supergraph, folder: Path, seconds: float) -> str:
    database = f"sqlite+aiosqlite:///{folder / 'audit.db'}" if workload.is_audited else ""
    config = Config(
        access=Access(engine="open"),
        audit=Audit(database=database),
        limits=LimitSettings(max_page_size=20_000),
    )
    async with start_gateway(config, supergraph, AccessLog("benchmark")) as running:
        numbers = iter(range(10_000_000))
        size = 0
        for _ in range(3):
            size = len(await ask(running.gateway, workload, next(numbers)))
        gc.collect()
        best, most = float("inf"), 0.0
        for _ in range(ROUNDS):
            count, ends = 0, time.perf_counter() + seconds
            began, cpu = time.perf_counter(), time.process_time()
            while time.perf_counter() < ends:
                await ask(running.gateway, workload, next(numbers))
                count += 1
            best = min(best, (time.process_time() - cpu) / count)
            most = max(most, count / (time.perf_counter() - began))
    return f"| {workload.name} | {best * 1000:.2f} | {size / 1000:.1f} | {most:.0f} |"


async def ask(gateway: Gateway, workload: Workload, number: int) -> bytes:
    request = Request(
        id="1",
        query=workload.query(number),
        variables=workload.variables(number),
        headers=Headers({}),
    )
    answer = await gateway.answer(request)
    assert isinstance(answer, Response), "no subscriptions here"
    assert b'"errors"' not in answer.body[-2_000:], answer.body[-2_000:]
    return answer.body


LINK = """
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
"""


# The subgraphs


def serve(told: Connection, delay_seconds: float = 0) -> None:
    """Answer on some port of this machine, and tell which."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        answers = _Answers()
        server = await loop.create_server(lambda: _Served(answers, delay_seconds), "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


class _Answers:
    """Answers of real subgraphs, each worked out once."""

    def __init__(self) -> None:
        self._schemas = {name: build_schema(_served(name)) for name in SDL}
        self._known: dict[tuple[str, bytes], bytes] = {}

    def answer(self, name: str, body: bytes) -> bytes:
        known = self._known.get((name, body))
        if known is None:
            asked = msgspec.json.decode(body)
            result = graphql_sync(
                self._schemas[name], asked["query"], _ROOT, variable_values=asked["variables"]
            )
            known = self._known[name, body] = json.dumps(result.formatted).encode()
        return known


def _person(at: str) -> dict[str, Any]:
    home = {"__typename": "Home", "code": f"h{at}"}
    return {"__typename": "Person", "id": at, "name": f"Person {at}", "bio": BIO, "home": home}


def _entity(sent: dict[str, Any]) -> dict[str, Any]:
    if sent["__typename"] == "Person":
        return _person(sent["id"])
    return {
        "__typename": "Home",
        "code": sent["code"],
        "street": f"Street {sent['code']}",
        "rooms": 3,
    }


_ROOT = {
    "person": lambda _, id: _person(id),  # noqa: A006 - the argument's name
    "people": lambda _, first: [_person(str(at)) for at in range(first)],
    "rename": lambda _, id, name: {**_person(id), "name": name},  # noqa: A006
    "_entities": lambda _, representations: [_entity(each) for each in representations],
}


def _served(name: str) -> str:
    entities = [each for each in ("Person", "Home") if f"type {each} @key" in SDL[name]]
    field = "_entities(representations: [_Any!]!): [_Entity]!"
    body = SDL[name]
    if "type Query" in body:
        body = body.replace("type Query {", f"type Query {{ {field}")
    else:
        body += f"type Query {{ {field} }}"
    return _SERVED.replace("{entities}", " | ".join(entities)) + body


class _Served(asyncio.Protocol):
    """One connection, and requests on it one after the other."""

    def __init__(self, answers: _Answers, delay_seconds: float) -> None:
        self._answers = answers
        self._delay_seconds = delay_seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._name = ""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._name = url.decode().strip("/")

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        answer = self._answers.answer(self._name, b"".join(self._body))
        self._body.clear()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        told = head % len(answer) + answer
        if self._delay_seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay_seconds, self._transport.write, told)
        else:
            self._transport.write(told)


if __name__ == "__main__":
    main()

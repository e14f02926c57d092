"""A gateway in this process, served on a socket, whose subgraphs answer when a test lets them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from federation.access import AccessRequest, Asker, Caller, Decision, allow_all
from federation.audit import AuditRecord, NameHashes
from federation.composition import compose
from federation.errors import AuditUnavailable, SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest
from federation.gateway.access_log import AccessLog
from federation.gateway.deciding import view_of_all
from federation.gateway.http import GraphQLEndpoint
from federation.gateway.pipeline import Gateway, Parts
from federation.gateway.settings import Config
from federation.gateway.signing import ContextSigner, load_signing_key
from federation.gateway.state import build_state
from federation.gateway.streams.transport import EventStreams
from federation.gateway.trail import Recorder
from federation.subgraph import load_subgraph
from tests.support.memory_subgraph import MemorySubgraph

Rows = Mapping[str, list[dict[str, Any]]]


class Rules:
    """A policy engine that answers by the rule it has now, and counts."""

    def __init__(self) -> None:
        self.rule: Callable[[AccessRequest], Decision] = allow_all
        self.asked = 0

    async def decide(self, request: AccessRequest) -> Decision:
        self.asked += 1
        return self.rule(request)


class Records:
    """An audit sink in memory; it fails from a number of records on."""

    def __init__(self) -> None:
        self.all: list[AuditRecord] = []
        self.room = 1_000

    async def append(self, record: AuditRecord, _: str | None = None) -> None:
        if len(self.all) >= self.room:
            raise AuditUnavailable("the disk is full")
        self.all.append(record)


class Desks:
    """Subgraphs in memory behind the Transport protocol.

    Attributes:
        waits: Subgraphs that answer only when their event is set.
        lost: Subgraphs that cannot be reached.
        given_up: Subgraphs whose request was cancelled.
    """

    def __init__(self, subgraphs: Mapping[str, MemorySubgraph]) -> None:
        self._subgraphs = subgraphs
        self.waits: dict[str, asyncio.Event] = {}
        self.lost: set[str] = set()
        self.given_up: list[str] = []
        self.sent: list[tuple[str, SubgraphRequest]] = []

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        self.sent.append((subgraph, request))
        try:
            if subgraph in self.waits:
                await self.waits[subgraph].wait()
        except asyncio.CancelledError:
            self.given_up.append(subgraph)
            raise
        if subgraph in self.lost:
            raise SubgraphUnreachable(subgraph, "lost")
        return self._subgraphs[subgraph].answer(request)


class PartedGateway:
    """The gateway with all that stands around it.

    Attributes:
        url: Of `/graphql`.
    """

    def __init__(self, desks: Desks, gateway: Gateway, rules: Rules, records: Records) -> None:
        self.desks, self.gateway, self.rules, self.records = desks, gateway, rules, records
        self.url = ""

    def hold(self, subgraph: str) -> asyncio.Event:
        """Let a subgraph wait until the event is set."""
        return self.desks.waits.setdefault(subgraph, asyncio.Event())


@asynccontextmanager
async def parted_gateway(
    sdls: Mapping[str, str], rows: Rows, config: Config | None = None
) -> AsyncIterator[PartedGateway]:
    """A gateway over subgraphs that all answer from the same rows."""
    composed = compose(load_subgraph(name, f"http://{name}", sdl) for name, sdl in sdls.items())
    assert composed.supergraph is not None, composed.diagnostics
    desks = Desks({name: MemorySubgraph(sdl, rows) for name, sdl in sdls.items()})
    rules, records, log, config = Rules(), Records(), AccessLog(), config or Config()

    async def identify(_: object) -> Asker:
        return Asker(Caller("clerk", "person"), None, (), 0)

    signer = ContextSigner(load_signing_key(""), 60, 100, lambda: 0.0)
    async with EventStreams({}, config.subscriptions) as streams:
        parts = Parts(
            identify,
            rules,
            view_of_all,
            desks,
            streams,
            signer,
            Recorder(records, log, NameHashes(b"key")),
            b"key",
        )
        made = PartedGateway(
            desks, Gateway(build_state(composed.supergraph), parts, config), rules, records
        )
        endpoint = GraphQLEndpoint(made.gateway, config.http, config.subscriptions, log)
        async with _listening(Starlette(routes=[Route("/graphql", endpoint)])) as url:
            made.url = f"{url}/graphql"
            yield made


@asynccontextmanager
async def _listening(app: Starlette) -> AsyncIterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    settings = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(settings)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.ensure_future(server._serve(sockets=[listener]))  # noqa: SLF001
    try:
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()


async def parts_of(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The parts of a multipart body, each as soon as the boundary after it has come."""
    assert response.content_type == "multipart/mixed"
    read, is_open = b"", True
    while is_open:
        chunk = await response.content.readany()
        is_open = bool(chunk)
        read += chunk
        *whole, read = read.split(b"\r\n---")
        for part in whole:
            head, _, body = part.partition(b"\r\n\r\n")
            if body:
                assert head == b"\r\nContent-Type: application/json; charset=utf-8"
                yield body
    assert read == b"--\r\n", "the end of the body"

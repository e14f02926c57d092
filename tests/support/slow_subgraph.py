"""A subgraph on a real socket that answers when a test lets it, and notes what happens to it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

SDL = """
type Query { quick: String slow: String }
type Mutation { change: String }
"""


class SlowSubgraph:
    """Answers `quick` at once, and `slow` and `change` when ``let_go`` is set.

    Attributes:
        asked: Operation texts, in order of arrival.
        headers: Of each request, likewise.
        ended: How many were answered.
        dropped: How many were given up by the gateway.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.ended = 0
        self.dropped = 0
        self.let_go = threading.Event()
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = json.loads(await request.read())
        self.asked.append(body["query"])
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        try:
            # An event of asyncio cannot be set from the test's thread.
            while "quick" not in body["query"] and not self.let_go.is_set():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            self.dropped += 1
            raise
        self.ended += 1
        name = next(name for name in ("quick", "slow", "change") if name in body["query"])
        return web.json_response({"data": {name: "done"}})


@contextmanager
def slow_subgraph() -> Iterator[SlowSubgraph]:
    """The subgraph, served from a thread of its own."""
    subgraph = SlowSubgraph()
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/graphql", subgraph.answer)
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        subgraph.url = f"http://127.0.0.1:{port}/graphql"
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait(10)
    try:
        yield subgraph
    finally:
        subgraph.let_go.set()
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()

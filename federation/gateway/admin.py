"""The admin listener: bundles for OPA, reload and counts, away from the public port.

Everything is behind a token.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from federation.gateway.inner_server import inner_server
from federation.gateway.running import Running
from federation.gateway.settings import Server

RETRY_SECONDS = 2.0
RELOAD_SECONDS = 120.0
MAX_WAIT_SECONDS = 60.0
Endpoint = Callable[[Request], Awaitable[Response]]
LONG_POLLING = "application/vnd.openpolicyagent.bundles"
"""Media type that tells OPA that it may wait for a change."""
_WAIT = re.compile(r"\bwait=(\d{1,6})\b")
NO_TOKEN = JSONResponse({"error": "a token is needed"}, status_code=401)


@asynccontextmanager
async def admin_listener(settings: Server, running: Running) -> AsyncIterator[None]:
    """Serves bundles while the context lasts.

    Of several workers the first to get the port serves; another takes over when that one ends.
    """
    app = Starlette(routes=_routes(settings, running))
    ended = asyncio.Event()
    task = asyncio.create_task(_serve(app, settings, ended), name="admin listener")
    try:
        yield
    finally:
        ended.set()
        await task


async def _serve(app: Starlette, settings: Server, ended: asyncio.Event) -> None:
    while not ended.is_set():
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.admin_host, settings.admin_port))
        except OSError:
            listener.close()
            await asyncio.wait((asyncio.ensure_future(ended.wait()),), timeout=RETRY_SECONDS)
            continue
        async with inner_server(app, listener):
            await ended.wait()


def _routes(settings: Server, running: Running) -> list[Route]:
    async def bundle(request: Request) -> Response:
        return await _answer_bundle(request, running)

    async def reload(_: Request) -> Response:
        faults = await _reload_all(settings, running)
        return JSONResponse({"refused": faults}, status_code=409 if faults else 200)

    async def dry_run(_: Request) -> Response:
        beside = running.live.current.dry_run
        if beside is None:
            return JSONResponse({"error": "no candidate: set access.candidate"}, status_code=404)
        return Response(msgspec.json.encode(beside.seen()), media_type="application/json")

    async def counts(_: Request) -> Response:
        return JSONResponse(
            {
                "requests": asdict(running.requests),
                "decisions": running.decisions(),
                "subscriptions": {"open": running.gateway.open_subscriptions},
            }
        )

    return [
        Route("/bundles/{name}.tar.gz", _guarded(settings, bundle)),
        Route("/counts", _guarded(settings, counts)),
        Route("/reload", _guarded(settings, reload), methods=["POST"]),
        Route("/dry-run", _guarded(settings, dry_run)),
    ]


def _guarded(settings: Server, answer: Endpoint) -> Endpoint:
    """The endpoint for those who have the token."""
    expected = f"Bearer {settings.admin_token}".encode()

    async def endpoint(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        return await answer(request) if hmac.compare_digest(given, expected) else NO_TOKEN

    return endpoint


async def _answer_bundle(request: Request, running: Running) -> Response:
    name, known = request.path_params["name"], request.headers.get("if-none-match")
    until = time.monotonic() + _seconds_to_wait(request)
    while True:
        changed = running.live.changed
        made = running.live.current.bundles.get(name)
        if made is None:
            return JSONResponse({"error": "no such bundle"}, status_code=404)
        headers = {"etag": f'"{made.revision}"', "cache-control": "no-store"}
        if known != headers["etag"]:
            return Response(made.archive, media_type=LONG_POLLING, headers=headers)
        seconds = until - time.monotonic()
        if seconds <= 0:
            return Response(status_code=304, headers={**headers, "content-type": LONG_POLLING})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), seconds)


def _seconds_to_wait(request: Request) -> float:
    """How long OPA waits for a change, as it asks for in the header Prefer."""
    found = _WAIT.search(request.headers.get("prefer", ""))
    return min(float(found[1]), MAX_WAIT_SECONDS) if found else 0.0


async def _reload_all(settings: Server, running: Running) -> dict[str, str]:
    """Reloads every process that shares the store, or this one; why some refused, by process."""
    if running.store is None:
        if settings.workers > 1:
            # The other workers hear of it from their parent, and this one hears it twice.
            os.kill(os.getppid(), signal.SIGHUP)
        fault = await running.reloader.reload()
        return {"this process": fault} if fault else {}
    number = await running.store.call_for_reload()
    until = time.monotonic() + RELOAD_SECONDS
    while True:
        alive = [each for each in await running.store.members() if each.is_alive]
        behind = [each for each in alive if each.reloads < number]
        if not behind:
            return {each.name: each.fault for each in alive if each.fault}
        if time.monotonic() > until:
            return {each.name: "it has not answered yet" for each in behind}
        await asyncio.sleep(0.1)

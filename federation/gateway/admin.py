"""The admin listener: bundles for OPA, behind a token and away from the public port."""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from federation.gateway.inner_server import inner_server
from federation.gateway.running import Running
from federation.gateway.settings import Server

RETRY_SECONDS = 2.0
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
    expected = f"Bearer {settings.admin_token}".encode()

    def allows(request: Request) -> bool:
        given = request.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, expected)

    async def bundle(request: Request) -> Response:
        if not allows(request):
            return NO_TOKEN
        made = running.live.current.bundles.get(request.path_params["name"])
        if made is None:
            return JSONResponse({"error": "no such bundle"}, status_code=404)
        headers = {"etag": f'"{made.revision}"', "cache-control": "no-store"}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(made.archive, media_type="application/gzip", headers=headers)

    async def counts(request: Request) -> Response:
        if not allows(request):
            return NO_TOKEN
        return JSONResponse(
            {
                "requests": asdict(running.requests),
                "decisions": running.decisions(),
                "subscriptions": {"open": running.gateway.open_subscriptions},
            }
        )

    return [Route("/bundles/{name}.tar.gz", bundle), Route("/counts", counts)]

"""The gateway as an ASGI application: its routes, and what lives as long as it does."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from federation.errors import FederationError
from federation.gateway.access_log import AccessLog
from federation.gateway.admin import admin_listener
from federation.gateway.closing import at_hangup, before_exit
from federation.gateway.handed import ALONE, Handed
from federation.gateway.http import GraphQLEndpoint
from federation.gateway.running import Running, start_gateway
from federation.gateway.settings import Config
from federation.supergraph import Supergraph

NO_STORE = {"cache-control": "no-store"}

PageRoutes = Callable[[], list[BaseRoute]]
"""Makes the routes of the pages; the console is a layer above and is handed in."""


class GatewayApplication(Starlette):
    """Starlette for everything but the one path that most requests come for.

    Attributes:
        start_fault: Why it cannot start, in words for its operator; empty when that is not known.
    """

    graphql: GraphQLEndpoint | None = None
    start_fault: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one connection."""
        if self.graphql is not None and scope["type"] == "http" and scope["path"] == "/graphql":
            await self.graphql(scope, receive, send)
        elif scope["type"] == "lifespan":
            await super().__call__(scope, receive, partial(self._tell_of_start, send))
        else:
            await super().__call__(scope, receive, send)

    async def _tell_of_start(self, send: Send, message: Message) -> None:
        # Who wrote a faulty policy is helped by its line, not by a traceback through the gateway.
        if message["type"] == "lifespan.startup.failed" and self.start_fault:
            message = {**message, "message": self.start_fault}
        await send(message)


def create_app(
    config: Config,
    supergraph: Supergraph,
    pages: PageRoutes | None = None,
    handed: Handed = ALONE,
) -> Starlette:
    """The application of one process.

    Args:
        config: All settings.
        supergraph: Composed or read before, so that a bad schema never opens a port.
        pages: Routes besides the gateway's own, such as the console's.
        handed: By the process that starts workers.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log = AccessLog()
        async with AsyncExitStack() as stack:
            try:
                running = await stack.enter_async_context(
                    start_gateway(config, supergraph, log, handed)
                )
            except FederationError as error:
                application.start_fault = f"error: {error.message} ({error.code})"
                raise
            if handed.is_successor:
                await running.reloader.reload()
            stack.enter_context(before_exit(running.end_streams))
            stack.enter_context(at_hangup(running.reloader.reload_soon))
            if config.server.admin_port:
                await stack.enter_async_context(admin_listener(config.server, running))
            endpoint = GraphQLEndpoint(running.gateway, config.http, config.subscriptions, log)
            application.graphql = endpoint
            app.router.routes.extend(
                [
                    *_state_routes(running),
                    *(pages() if pages else ()),
                ]
            )
            yield

    application = GatewayApplication(lifespan=lifespan)
    return application


def _state_routes(running: Running) -> list[BaseRoute]:
    started = time.time()

    async def health(_: Request) -> Response:
        seconds = round(time.time() - started)
        return JSONResponse({"status": "up", "uptime_seconds": seconds}, headers=NO_STORE)

    async def ready(_: Request) -> Response:
        faults = await running.faults()
        body = {
            "status": "not ready" if faults else "ready",
            "schema": running.gateway.state.revision,
            "access": running.access,
            "policies": running.live.current.revision,
            **({"faults": faults} if faults else {}),
            # Why names fields, files and grants, and clients can ask here, too.
            **({"reload_refused": "the log says why"} if running.reloader.fault else {}),
        }
        return JSONResponse(body, status_code=503 if faults else 200, headers=NO_STORE)

    async def jwks(_: Request) -> Response:
        return JSONResponse(running.signer.jwks(), headers={"cache-control": "max-age=60"})

    return [
        Route("/health", health),
        Route("/ready", ready),
        Route("/.well-known/jwks.json", jwks),
    ]

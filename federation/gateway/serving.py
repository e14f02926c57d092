"""The server process: one port, one or several workers, no query string in any log."""

from __future__ import annotations

import functools
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import uvicorn
from starlette.applications import Starlette

from federation.gateway.access_log import AccessLog
from federation.gateway.app import PageRoutes, create_app
from federation.gateway.handed import ALONE, Handed
from federation.gateway.interpreter import give_way_often, keep_what_is_freed, spare_what_stays
from federation.gateway.settings import Config
from federation.gateway.workers import Workers
from federation.supergraph import Supergraph

_LOG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "datong": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}


class PortTaken(Exception):
    """The address cannot be listened on."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that workers can share.

    Raises:
        PortTaken: It is in use, or not ours to use.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"{host}:{port} cannot be used: {error.strerror}") from None
    listener.set_inheritable(True)
    return listener


def run(
    config: Config,
    supergraph: Supergraph,
    listener: socket.socket,
    pages: PageRoutes | None = None,
    handed: Handed = ALONE,
    announce: Callable[[], None] = lambda: None,
) -> bool:
    """Serves until a signal ends it; whether it ever served.

    Args:
        config: Of the gateway.
        supergraph: What is served first.
        listener: A bound socket.
        pages: Routes beside those of the gateway.
        handed: What workers get from this process.
        announce: Called once, as soon as all workers have been ready.
    """
    server = uvicorn.Config(
        functools.partial(_create_process, config, supergraph, pages, handed),
        factory=True,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        # uvicorn's log holds query strings, and those hold identity numbers.
        access_log=False,
        log_config=_LOG,
        server_header=False,
        date_header=False,
        workers=config.server.workers,
        timeout_graceful_shutdown=round(config.server.shutdown_seconds),
    )
    if config.server.workers == 1:
        running = _Alone(server, announce)
        running.run(sockets=[listener])
        return running.started
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    workers = Workers(server, [listener], AccessLog(), announce)
    workers.run()
    return workers.has_served


class _Alone(uvicorn.Server):
    """The server of a gateway in one process."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts the application and listens, or ends the process."""
        await super().startup(sockets)
        if self.started:
            self._announce()


def _create_process(
    config: Config,
    supergraph: Supergraph,
    pages: PageRoutes | None,
    handed: Handed,
    *,
    is_successor: bool = False,
) -> Starlette:
    """The application of a process that does nothing else."""
    app = create_app(config, supergraph, pages, replace(handed, is_successor=is_successor))
    lifespan_of_app = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with lifespan_of_app(app):
            spare_what_stays()
            keep_what_is_freed()
            give_way_often()
            yield

    app.router.lifespan_context = lifespan
    return app


def address_of(listener: socket.socket) -> str:
    """The URL at which this machine reaches the listener."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown and '[' not in shown else shown}:{port}"


def tell(line: str) -> None:
    """One line on stderr, at once."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

"""Subgraphs over HTTP/1.1 with a client of our own: what a gateway needs, and little cost.

What the general client does otherwise stands in docs/performance.md, "Two HTTP clients".

Source: GraphQL over HTTP, "Request" and "Response"; RFC 9110 and RFC 9112.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from yarl import URL

from federation.errors import SubgraphUnreachable
from federation.execution import (
    ByteReply,
    SubgraphReply,
    SubgraphRequest,
    body_of,
    read_reply,
    unfinished_mutations,
)
from federation.gateway.deadlines import Deadlines
from federation.gateway.transports.exchange import Exchange
from federation.gateway.transports.pool import Attempt, Origin, Pool, PoolLimits
from federation.gateway.transports.target import Target, head_of

_MAX_HEAD_BYTES = 32_768
_BEGINS = Attempt(is_repeatable=True)
_CONTINUES = Attempt(is_repeatable=True, continues=True)


class FastTransport:
    """A Transport that posts to a URL for each subgraph; open while its context lasts."""

    def __init__(
        self,
        urls: Mapping[str, str],
        *,
        deadline_seconds: float = 10.0,
        connect_seconds: float = 2.0,
        max_reply_bytes: int = 33_554_432,
        connections: int = 100,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            urls: Where each subgraph answers, by name; used as they stand.
            deadline_seconds: For one request: waiting for a connection, connect, send and read.
            connect_seconds: For one attempt to connect, name resolution and TLS included.
            max_reply_bytes: Longest body that is read.
            connections: At most, open to one host and port.
            tls: Whom to trust; None for those whom the system trusts.
        """
        self._urls = {name: URL(url, encoded=True) for name, url in urls.items() if url}
        self._deadlines = Deadlines[Exchange](deadline_seconds)
        self._limits = PoolLimits(connections, connect_seconds, _MAX_HEAD_BYTES, max_reply_bytes)
        self._tls = tls
        self._targets: dict[str, Target] = {}
        self._pools: dict[tuple[str, str, int], Pool] = {}

    async def __aenter__(self) -> Self:
        self.route({})
        return self

    def route(self, urls: Mapping[str, str]) -> None:
        """Reach these subgraphs at these URLs from now on; others stay where they are."""
        self._urls |= {name: URL(url, encoded=True) for name, url in urls.items() if url}
        for name, url in self._urls.items():
            if _is_usable(url):
                assert url.raw_host is not None, "a usable URL has a host"
                assert url.port is not None, "http and https have default ports"
                key = (url.scheme, url.raw_host, url.port)
                if key not in self._pools:
                    tls = self._trust() if url.scheme == "https" else None
                    self._pools[key] = Pool(Origin(url.raw_host, url.port, tls), self._limits)
                pool = self._pools[key]
                self._targets[name] = Target(name, pool, head_of(url), self._deadlines)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Each ends within the deadline of its request.
        await unfinished_mutations()
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        """Post one GraphQL request.

        A query is sent once more if the connection broke before a byte of the answer came, as one
        does that the server closed while it was idle. A mutation never is.

        Returns:
            The parsed body; one with ``errors`` is a normal return, whatever its status.

        Raises:
            SubgraphUnreachable: No complete answer in time, one that is too long, or one that is no
                GraphQL response.
        """
        target = self._target(subgraph)
        message = target.message(body_of(request), request.headers)
        attempt = Attempt(is_repeatable=request.kind == "query", continues=request.continues)
        return read_reply(subgraph, await _begun(target, message, attempt))

    def post(
        self, subgraph: str, body: bytes, headers: Mapping[str, str], *, continues: bool = False
    ) -> asyncio.Future[ByteReply]:
        """Post the body of a query; see ``send``."""
        try:
            target = self._target(subgraph)
            message = target.message(body, headers)
        except SubgraphUnreachable as failure:
            failed: asyncio.Future[ByteReply] = asyncio.get_running_loop().create_future()
            failed.set_exception(failure)
            return failed
        return _begun(target, message, _CONTINUES if continues else _BEGINS)

    def _target(self, subgraph: str) -> Target:
        target = self._targets.get(subgraph)
        if target is None:
            raise SubgraphUnreachable(subgraph, "no URL is known")
        return target

    def _trust(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def _begun(target: Target, message: bytes, attempt: Attempt) -> asyncio.Future[ByteReply]:
    """The answer to a message that is on its way, or waits for a connection."""
    connection = target.pool.take_idle()
    if connection is None and not target.pool.is_full:
        return asyncio.ensure_future(target.send(message, attempt))
    exchange = Exchange(target, message, is_repeatable=attempt.is_repeatable)
    if connection is not None:
        exchange.begin(connection)
    else:
        exchange.wait(target.pool.wait(continues=attempt.continues))
    return exchange


def _is_usable(url: URL) -> bool:
    """Whether a URL can stand in a request as it is."""
    text = str(url)
    return (
        url.scheme in {"http", "https"}
        and bool(url.raw_host)
        and text.isascii()
        and text.isprintable()
        and " " not in text
    )

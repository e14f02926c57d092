"""Subgraphs over HTTP/1.1 with a client of our own: what a gateway needs, and little cost.

What the general client does otherwise stands in docs/performance.md, "Two HTTP clients".

Source: GraphQL over HTTP, "Request" and "Response"; RFC 9110 and RFC 9112.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
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
from federation.gateway.transports.answers import ACCEPT, check_media_type
from federation.gateway.transports.connection import Answer, NoAnswer
from federation.gateway.transports.exchange import Exchange
from federation.gateway.transports.pool import Attempt, Origin, Pool, PoolLimits

_MAX_HEAD_BYTES = 32_768

# Ours to say; a request's own headers do not replace them.
_RESERVED = frozenset(
    (
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    )
)


@dataclass(frozen=True, slots=True)
class _Target:
    """One subgraph: its pool and the part of every request's head that is the same."""

    pool: Pool
    head: bytes


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
        self._deadline_seconds = deadline_seconds
        self._limits = PoolLimits(connections, connect_seconds, _MAX_HEAD_BYTES, max_reply_bytes)
        self._tls = tls
        self._targets: dict[str, _Target] = {}
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
                self._targets[name] = _Target(self._pools[key], _head_of(url))

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
        body = body_of(request)
        if request.kind == "query":
            answer = await self.post(subgraph, body, request.headers, continues=request.continues)
        else:
            once = Attempt(continues=request.continues)
            answer = await self._post(subgraph, body, request.headers, once)
        return read_reply(subgraph, answer)

    def post(
        self, subgraph: str, body: bytes, headers: Mapping[str, str], *, continues: bool = False
    ) -> asyncio.Future[ByteReply]:
        """Post the body of a query; see ``send``."""
        post = partial(self._post, subgraph, body, headers)
        target = self._targets.get(subgraph)
        lines = _lines_of(tuple(headers.items()))
        if target is None or lines is None:
            return asyncio.ensure_future(post(Attempt()))
        connection = target.pool.take_idle()
        if connection is None and not target.pool.is_full:
            return asyncio.ensure_future(post(Attempt(is_repeatable=True)))
        exchange = Exchange(subgraph, target.pool)
        exchange.send(
            connection or target.pool.wait(continues=continues),
            b"%b%bContent-Length: %d\r\n\r\n%b" % (target.head, lines, len(body), body),
            self._deadline_seconds,
            partial(_reply, subgraph),
            post,
        )
        return exchange

    async def _post(
        self, subgraph: str, body: bytes, headers: Mapping[str, str], attempt: Attempt
    ) -> ByteReply:
        target = self._targets.get(subgraph)
        if target is None:
            raise SubgraphUnreachable(subgraph, "no URL is known")
        lines = _lines_of(tuple(headers.items()))
        if lines is None:
            raise SubgraphUnreachable(subgraph, "a header cannot be sent")
        message = b"%b%bContent-Length: %d\r\n\r\n%b" % (target.head, lines, len(body), body)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answer = await target.pool.exchange(message, attempt)
        except TimeoutError:
            raise SubgraphUnreachable(subgraph, "no complete answer in time") from None
        except NoAnswer as failure:
            raise SubgraphUnreachable(subgraph, str(failure), failure.status) from failure
        except OSError as error:
            raise SubgraphUnreachable(subgraph, type(error).__name__) from error
        return _reply(subgraph, answer)

    def _trust(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def _reply(subgraph: str, answer: Answer) -> ByteReply:
    if answer.coding not in {"", "identity"}:
        raise SubgraphUnreachable(subgraph, "the answer is encoded unasked", answer.status)
    return check_media_type(subgraph, answer.status, answer.media_type, answer.body)


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


def _head_of(url: URL) -> bytes:
    port = "" if url.is_default_port() else f":{url.port}"
    lines = [
        f"POST {url.raw_path_qs or '/'} HTTP/1.1",
        f"Host: {url.host_subcomponent}{port}",
        "User-Agent: datong",
        f"Accept: {ACCEPT}",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
    ]
    if url.user is not None:
        secret = b64encode(f"{url.user}:{url.password or ''}".encode()).decode()
        lines.append(f"Authorization: Basic {secret}")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


@lru_cache(maxsize=2_000)
def _lines_of(headers: tuple[tuple[str, str], ...]) -> bytes | None:
    """Headers as they are sent, None if they cannot be; most requests of a caller have the same."""
    lines = [f"{name}: {value}\r\n" for name, value in headers if name.lower() not in _RESERVED]
    text = "".join(lines)
    # A line break or a NUL in a header would be read as the end of it, and what follows as ours.
    if text.count("\n") != len(lines) or text.count("\r") != len(lines) or "\0" in text:
        return None
    return text.encode("latin-1", "replace")

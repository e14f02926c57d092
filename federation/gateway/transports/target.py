"""One subgraph: how requests to it are written and sent by a task, and its answers read."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from yarl import URL

from federation.errors import SubgraphUnreachable
from federation.execution import ByteReply
from federation.gateway.deadlines import Deadlines
from federation.gateway.messages import REQUEST_HEADER
from federation.gateway.transports.answers import ACCEPT, check_media_type
from federation.gateway.transports.connection import Answer, NoAnswer
from federation.gateway.transports.pool import Attempt, Pool

_REQUEST = REQUEST_HEADER.encode("ascii")

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
class Target:
    """Where one subgraph is.

    Attributes:
        subgraph: Its name.
        pool: Of connections to it.
        head: The part of every request's head that is the same.
        deadlines: For one request: waiting for a connection, connect, send and read.
    """

    subgraph: str
    pool: Pool
    head: bytes
    deadlines: Deadlines[Any]

    def message(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """A whole request.

        Raises:
            SubgraphUnreachable: A header cannot be sent.
        """
        # Each request has an id of its own, which would crowd out what is worth keeping.
        lines = _lines_of(tuple([each for each in headers.items() if each[0] != REQUEST_HEADER]))
        own = headers.get(REQUEST_HEADER, "")
        if lines is None or not (own.isalnum() or own == ""):
            raise SubgraphUnreachable(self.subgraph, "a header cannot be sent")
        told = b"%b: %b\r\n" % (_REQUEST, own.encode("ascii", "replace")) if own else b""
        size = len(body)
        return b"%b%b%bContent-Length: %d\r\n\r\n%b" % (self.head, lines, told, size, body)

    async def send(self, message: bytes, attempt: Attempt) -> ByteReply:
        """The answer to a message, on a new connection where none is idle.

        Raises:
            SubgraphUnreachable: None came in time, or none that can be a GraphQL response.
        """
        try:
            async with asyncio.timeout(self.deadlines.seconds):
                answer = await self.pool.exchange(message, attempt)
        except TimeoutError:
            raise self.late() from None
        except NoAnswer as failure:
            raise self.unreachable(failure) from failure
        except OSError as error:
            raise SubgraphUnreachable(self.subgraph, type(error).__name__) from error
        return self.read(answer)

    def read(self, answer: Answer) -> ByteReply:
        """The subgraph's answer out of that of its server.

        Raises:
            SubgraphUnreachable: It can be no GraphQL response.
        """
        if answer.coding not in {"", "identity"}:
            raise SubgraphUnreachable(self.subgraph, "the answer is encoded unasked", answer.status)
        return check_media_type(self.subgraph, answer.status, answer.media_type, answer.body)

    def unreachable(self, failure: NoAnswer) -> SubgraphUnreachable:
        """What a connection's failure means for the subgraph."""
        return SubgraphUnreachable(self.subgraph, str(failure), failure.status)

    def late(self) -> SubgraphUnreachable:
        """Time was up."""
        return SubgraphUnreachable(self.subgraph, "no complete answer in time")


def head_of(url: URL) -> bytes:
    """What all requests to a URL begin with."""
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

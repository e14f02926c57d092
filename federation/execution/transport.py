"""The doors through which execution has effects: requests, and streams of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeGuard


@dataclass(frozen=True, slots=True)
class SubgraphRequest:
    """One GraphQL request to one subgraph.

    Attributes:
        text: Operation text; the same bytes for the same plan, so that subgraphs can cache it.
        variables: JSON values; only those that have one.
        kind: ``query``, ``mutation`` or ``subscription``. Only a query may be sent twice.
        headers: To send along, such as the signed access context.
        continues: Whether earlier answers of the same execution are kept until this one is there.
            Where requests must wait for a connection, these go first: what has begun is ended
            before more is begun, so that few answers lie in memory.
    """

    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "query"
    headers: Mapping[str, str] = field(default_factory=dict)
    continues: bool = False


@dataclass(frozen=True, slots=True)
class SubgraphReply:
    """What a subgraph answered, as it came: nothing in it has been checked but that it is JSON.

    Attributes:
        data: Usually an object or None.
        errors: Entries of ``errors``, usually objects.
        extensions: The reply's own extensions.
        status: HTTP status, None where there is none.
    """

    data: Any
    errors: tuple[Any, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = None


class ByteReply(NamedTuple):
    """The body of an answer that can be a GraphQL response, and its HTTP status."""

    status: int
    body: bytes


class Transport(Protocol):
    """Sends requests to subgraphs by name."""

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        """The subgraph's answer; one with ``errors`` is a normal return.

        Raises:
            SubgraphUnreachable: There was no complete, well-formed answer.
        """
        ...


class ByteTransport(Transport, Protocol):
    """A transport for bodies that somebody else writes and reads."""

    def post(
        self, subgraph: str, body: bytes, headers: Mapping[str, str], *, continues: bool = False
    ) -> asyncio.Future[ByteReply]:
        """Send the body of a query; cancelling the answer means not to wait for it.

        The answer fails with ``SubgraphUnreachable`` where ``send`` would; for ``continues`` see
        ``SubgraphRequest``.
        """
        ...


def takes_bytes(transport: Transport) -> TypeGuard[ByteTransport]:
    """Whether a transport takes bodies as they are."""
    return hasattr(transport, "post")


class EventTransport(Protocol):
    """Opens event streams of subgraphs by name."""

    def events(
        self, subgraph: str, request: SubgraphRequest
    ) -> AbstractAsyncContextManager[AsyncIterator[SubgraphReply]]:
        """The events of one subscription; open while the context lasts, over when it ends.

        The subgraph is told when the context ends first.

        Raises:
            SubgraphUnreachable: While iterating: the stream could not be opened, or broke off.
        """
        ...

"""Every subgraph's event streams, each over the protocol that the settings name for it."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from yarl import URL

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest
from federation.gateway.settings import Subscriptions
from federation.gateway.streams.buffer import Buffer, fill
from federation.gateway.streams.payload import SubscriptionEnded

if TYPE_CHECKING:
    import aiohttp

_SCHEMES = {"http": "ws", "https": "wss"}


class EventStreams:
    """An EventTransport; open while its context lasts."""

    def __init__(
        self,
        urls: Mapping[str, str],
        settings: Subscriptions,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Nothing is opened yet.

        Args:
            urls: Where each subgraph answers requests, by name; its stream is there too, unless
                the settings name another place.
            settings: Limits, and each subgraph's protocol.
            tls: Whom to trust, and who we are, where URLs say `https` or `wss`.
        """
        self._urls = {**{name: url for name, url in urls.items() if url}, **settings.urls}
        self._settings = settings
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._buffers: set[Buffer[SubgraphReply]] = set()
        self._is_stopped = False

    async def __aenter__(self) -> Self:
        """Ready."""
        return self

    def route(self, urls: Mapping[str, str]) -> None:
        """Reach these subgraphs at these URLs from now on; open streams stay where they are."""
        self._urls |= {
            name: url for name, url in urls.items() if url and name not in self._settings.urls
        }

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is left; streams have ended before."""
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def events(
        self, subgraph: str, request: SubgraphRequest
    ) -> AsyncIterator[AsyncIterator[SubgraphReply]]:
        """The events of one subscription; see ``EventTransport``.

        Raises:
            SubgraphUnreachable: While iterating, as there.
            ClientTooSlow: While iterating: events were not taken as fast as they came.
            SubscriptionEnded: While iterating: ``stop`` was called.
        """
        settings = self._settings
        buffer: Buffer[SubgraphReply] = Buffer(
            settings.max_waiting_events, settings.slow_client_seconds
        )
        if self._is_stopped:
            buffer.end(_stopped())
        self._buffers.add(buffer)
        try:
            async with fill(buffer, self._source(subgraph, request)) as events:
                yield events
        finally:
            self._buffers.discard(buffer)

    def stop(self) -> None:
        """End every stream, and those to come, since the gateway stops."""
        self._is_stopped = True
        for buffer in self._buffers:
            buffer.end(_stopped())

    async def _source(
        self, subgraph: str, request: SubgraphRequest
    ) -> AsyncGenerator[SubgraphReply, None]:
        # Most gateways have no subscriptions, and the client library is large.
        from federation.gateway.streams.sse import sse_events  # noqa: PLC0415
        from federation.gateway.streams.websocket import websocket_events  # noqa: PLC0415

        known = self._urls.get(subgraph)
        if known is None:
            raise SubgraphUnreachable(subgraph, "no URL is known")
        url = URL(known, encoded=True)
        protocol = self._settings.protocols.get(subgraph, self._settings.protocol)
        open_source = sse_events
        if protocol == "websocket":
            open_source = websocket_events
            url = url.with_scheme(_SCHEMES.get(url.scheme, url.scheme))
        events = open_source(self._open_session(), url, subgraph, request, self._settings)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()

    def _open_session(self) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415

        if self._session is None:
            self._session = aiohttp.ClientSession(
                # Streams stay open: limited by subscriptions, not by connections.
                connector=aiohttp.TCPConnector(limit=0, ssl=self._tls or True),
                # Callers' answers must not meet in a cookie.
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self._settings.connect_seconds
                ),
                headers={"User-Agent": "datong", "Accept-Encoding": "identity"},
                auto_decompress=False,
                trust_env=False,
                trace_configs=[_without_redirects()],
            )
        return self._session


def _without_redirects() -> aiohttp.TraceConfig:
    """Opening a WebSocket would follow redirects, and hand the access context to whoever it is."""
    import aiohttp  # noqa: PLC0415

    async def refuse(*_: object) -> None:
        raise aiohttp.ClientError("a redirect is not followed")

    config = aiohttp.TraceConfig()
    config.on_request_redirect.append(refuse)
    return config


def _stopped() -> SubscriptionEnded:
    return SubscriptionEnded("the gateway stops; subscribe again")

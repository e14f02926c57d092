"""Subgraphs over HTTP with a general client: kept-alive connections, no trust in answers.

Source: GraphQL over HTTP, "Request" and "Response".
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import aiohttp
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
from federation.gateway.transports.answers import ACCEPT, IDLE_SECONDS, check_media_type

_HEADERS = {"Accept": ACCEPT, "Content-Type": "application/json"}


class HttpTransport:
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
            deadline_seconds: For one request: connect, send and read together.
            connect_seconds: For one attempt to connect.
            max_reply_bytes: Longest body that is read, decompressed.
            connections: At most, open to one host and port.
            tls: Whom to trust; None for those whom the system trusts.
        """
        self._urls = {name: URL(url, encoded=True) for name, url in urls.items() if url}
        self._deadline_seconds = deadline_seconds
        self._connect_seconds = connect_seconds
        self._max_reply_bytes = max_reply_bytes
        self._connections = connections
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                limit_per_host=self._connections,
                keepalive_timeout=IDLE_SECONDS,
                ssl=self._tls or True,
            ),
            # Callers' answers must not meet in a cookie.
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_seconds),
            headers={"User-Agent": "datong"},
            trust_env=False,
        )
        return self

    def route(self, urls: Mapping[str, str]) -> None:
        """Reach these subgraphs at these URLs from now on; others stay where they are."""
        self._urls |= {name: URL(url, encoded=True) for name, url in urls.items() if url}

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Each ends within the deadline of its request.
        await unfinished_mutations()
        if self._session is not None:
            await self._session.close()

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
        is_query = request.kind == "query"
        answer = await self._exchange(
            subgraph, body_of(request), request.headers, is_repeatable=is_query
        )
        return read_reply(subgraph, answer)

    def post(
        self,
        subgraph: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        continues: bool = False,  # noqa: ARG002 - there is one line for all
    ) -> asyncio.Future[ByteReply]:
        """Post the body of a query; see ``send``."""
        return asyncio.ensure_future(self._exchange(subgraph, body, headers, is_repeatable=True))

    async def _exchange(
        self, subgraph: str, body: bytes, given: Mapping[str, str], *, is_repeatable: bool
    ) -> ByteReply:
        url = self._urls.get(subgraph)
        if url is None:
            raise SubgraphUnreachable(subgraph, "no URL is known")
        headers = {**given, **_HEADERS}
        try:
            async with asyncio.timeout(self._deadline_seconds):
                try:
                    status, media_type, text = await self._post(url, body, headers)
                except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                    if not is_repeatable:
                        raise
                    status, media_type, text = await self._post(url, body, headers)
        except TimeoutError:
            raise SubgraphUnreachable(subgraph, "no complete answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SubgraphUnreachable(subgraph, type(error).__name__) from error
        if text is None:
            raise SubgraphUnreachable(subgraph, "the answer is too long", status)
        return check_media_type(subgraph, status, media_type, text)

    async def _post(
        self, url: URL, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str, bytes | None]:
        """Status, media type and body; no body if it is too long."""
        assert self._session is not None, "the transport is used within its context"
        async with self._session.post(
            url, data=body, headers=headers, allow_redirects=False
        ) as response:
            text = await self._read(response)
            return response.status, response.content_type, text

    async def _read(self, response: aiohttp.ClientResponse) -> bytes | None:
        chunks: list[bytes] = []
        length = 0
        async for chunk in response.content.iter_any():
            length += len(chunk)
            if length > self._max_reply_bytes:
                # The rest is not waited for; the connection is of no more use.
                response.close()
                return None
            chunks.append(chunk)
        return b"".join(chunks)

"""Subgraphs asked for their SDL."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable
from dataclasses import replace

import aiohttp

from federation.gateway.sources import (
    Progress,
    SchemaUnavailable,
    SignServiceQuery,
    SubgraphSource,
)

SERVICE_QUERY = "query SubgraphIntrospectQuery { _service { sdl } }"
_ATTEMPT_SECONDS = 5.0
_PAUSE_SECONDS = 0.2


async def ask_for_sdl(
    sources: Iterable[SubgraphSource],
    sign: SignServiceQuery,
    limit_seconds: float,
    progress: Progress,
    tls: ssl.SSLContext | None,
) -> tuple[SubgraphSource, ...]:
    """The sources with their SDL; see ``sources.fetch_missing``."""
    until = time.monotonic() + limit_seconds
    timeout = aiohttp.ClientTimeout(total=_ATTEMPT_SECONDS)
    connector = aiohttp.TCPConnector(ssl=tls or True)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        fetches = [_complete(source, session, sign, until, progress) for source in sources]
        return tuple(await asyncio.gather(*fetches))


async def _complete(
    source: SubgraphSource,
    session: aiohttp.ClientSession,
    sign: SignServiceQuery,
    until: float,
    progress: Progress,
) -> SubgraphSource:
    if source.sdl is not None:
        return source
    last_reason = ""
    while True:
        try:
            sdl = await _fetch_sdl(source, session, sign)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            if time.monotonic() >= until:
                raise SchemaUnavailable(
                    f"subgraph {source.name} at {source.url} hands over no SDL: {reason}"
                ) from None
            if reason != last_reason:
                progress(f"waiting for subgraph {source.name} at {source.url}: {reason}")
            last_reason = reason
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            progress(f"subgraph {source.name}: {len(sdl.splitlines())} lines of SDL")
            return replace(source, sdl=sdl)


async def _fetch_sdl(
    source: SubgraphSource, session: aiohttp.ClientSession, sign: SignServiceQuery
) -> str:
    headers = {"Datong-Context": sign(source.name, SERVICE_QUERY)}
    async with session.post(
        source.url, json={"query": SERVICE_QUERY}, headers=headers, allow_redirects=False
    ) as reply:
        try:
            document = await reply.json(content_type=None)
        except ValueError:
            document = None
        data = document.get("data") if isinstance(document, dict) else None
        sdl = ((data or {}).get("_service") or {}).get("sdl")
        if isinstance(sdl, str):
            return sdl
        errors = document.get("errors") if isinstance(document, dict) else None
        said = f": {errors[0].get('message')}" if isinstance(errors, list) and errors else ""
        raise ValueError(f"HTTP {reply.status} without _service.sdl{said}")

"""Decisions that gateway processes share through Redis, behind each one's own cache.

One document holds what was answered for one kind of caller under one revision. It is authenticated:
whoever can write to Redis could otherwise give rights. Redis that is slow, lost or tampered with is
as if nothing were kept there.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from aiocache import RedisCache
from aiocache.serializers import JsonSerializer
from redis.exceptions import RedisError

from federation.access import AccessRequest, Uses
from federation.gateway.engines.kept import FieldKey, KeptField
from federation.gateway.engines.release import PolicyFault

TIMEOUT_SECONDS = 0.05
PAUSE_SECONDS = 5.0
MAX_FIELDS = 5_000
MIN_SECRET_BYTES = 32
_HOW_TO_MAKE = f"make one with: openssl rand -hex {MIN_SECRET_BYTES}"


class _Entry(msgspec.Struct, frozen=True):
    coordinate: str
    uses: Uses
    kept: KeptField


class SecondLevel:
    """Documents in Redis, through aiocache."""

    def __init__(
        self,
        url: str,
        secret: bytes,
        revision: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares; nothing is opened.

        Args:
            url: Such as ``redis://user:password@host:6379/0``; with ``rediss``, over TLS.
            secret: Authenticates documents; the same in all processes.
            revision: Of the release; documents of another one are never read.
            clock: Monotonic seconds.
        """
        parts = urlsplit(url)
        # Those that Redis 6 knows by name; without, it is the default user.
        user = {"username": unquote(parts.username)} if parts.username else {}
        self.failures = 0
        self.forged = 0
        self._secret = secret
        self._revision = revision
        self._clock = clock
        self._rest_until = float("-inf")
        self._cache = RedisCache(
            serializer=JsonSerializer(),
            namespace="datong:decisions:1:",
            timeout=TIMEOUT_SECONDS,
            endpoint=parts.hostname or "localhost",
            port=parts.port or 6379,
            ssl=parts.scheme == "rediss",
            db=int(parts.path.strip("/") or 0),
            password=unquote(parts.password) if parts.password else None,
            connection_pool_kwargs=user,
        )

    async def get(self, request: AccessRequest) -> dict[FieldKey, KeptField]:
        """What is kept for the asker of this question; empty when nothing can be had."""
        if self._clock() < self._rest_until:
            return {}
        key = self._key(request)
        try:
            document = await self._cache.get(key)
        except (RedisError, OSError, TimeoutError, ValueError, RecursionError):
            self._failed()
            return {}
        return self._read(key, document)

    async def put(self, request: AccessRequest, fields: Mapping[FieldKey, KeptField]) -> None:
        """Keeps these fields beside what is kept there for the same asker."""
        if self._clock() < self._rest_until or not fields:
            return
        now = request.asker.now
        kept = {key: each for key, each in (await self.get(request)).items() if each.end > now}
        kept |= fields
        entries = [_Entry(*name, each) for name, each in list(kept.items())[-MAX_FIELDS:]]
        key, body = self._key(request), msgspec.json.encode(entries).decode()
        document = {"body": body, "mac": self._mac(key, body)}
        seconds = max(each.end for each in kept.values()) - now
        try:
            await self._cache.set(key, document, ttl=max(1, seconds))
        except (RedisError, OSError, TimeoutError):
            self._failed()

    async def close(self) -> None:
        """Gives up the connections."""
        with contextlib.suppress(RedisError, OSError, asyncio.CancelledError):
            await self._cache.close()

    def _read(self, key: str, document: Any) -> dict[FieldKey, KeptField]:
        if not isinstance(document, dict):
            return {}
        body, mac = document.get("body"), document.get("mac")
        if not isinstance(body, str) or not isinstance(mac, str):
            return {}
        told = mac.encode(errors="surrogatepass")
        if not hmac.compare_digest(told, self._mac(key, body).encode()):
            self.forged += 1
            return {}
        entries = msgspec.json.decode(body, type=list[_Entry])
        return {(each.coordinate, each.uses): each.kept for each in entries}

    def _key(self, request: AccessRequest) -> str:
        """A digest of all that is sent of a question but its fields and its time."""
        facts = request.about({}).to_json()
        consents = [each.to_json() for each in request.asker.consents]
        told = [self._revision, {**facts, "now": 0, "consents": consents}]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def _mac(self, key: str, body: str) -> str:
        # With the key: a document must not be put in another one's place.
        # A forged text may hold halves of characters, which no other encoding takes.
        told = f"{key}\n{body}".encode(errors="surrogatepass")
        return hmac.new(self._secret, told, "sha256").hexdigest()

    def _failed(self) -> None:
        self.failures += 1
        self._rest_until = self._clock() + PAUSE_SECONDS


def read_secret(file: str) -> bytes:
    """The secret that authenticates documents.

    White space at its ends goes, or a line end would tell the copies of a text apart. From random
    bytes it goes too: all processes have to agree, those of earlier versions among them.

    Raises:
        PolicyFault: The file cannot be read, or what it holds is too short.
    """
    place = f"access.cache_key_file: {file}"
    try:
        secret = Path(file).read_bytes().strip()
    except OSError as error:
        said = f"{place}: cannot be read: {error.strerror}; {_HOW_TO_MAKE}"
        raise PolicyFault((said,)) from None
    if len(secret) < MIN_SECRET_BYTES:
        said = (
            f"{place}: a secret of at least {MIN_SECRET_BYTES} bytes is needed, "
            f"white space at its ends not counted; {_HOW_TO_MAKE}"
        )
        raise PolicyFault((said,))
    return secret

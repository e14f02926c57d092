"""Public keys of token issuers: a JWKS from a file or a URL, kept, and renewed when keys rotate."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from federation.errors import Unavailable

FETCH_SECONDS = 5.0
MAX_JWKS_BYTES = 1_048_576
# An unknown key id refreshes the keys at most this often: forged ids must not flood the issuer.
RETRY_SECONDS = 10.0


class KeysUnavailable(Unavailable):
    """The keys of a token issuer cannot be read, and none are kept."""

    def __init__(self, detail: str) -> None:
        super().__init__("the keys of the token issuer cannot be read")
        self.detail = detail


class KeySet:
    """Verification keys by key id.

    Attributes:
        source: File path or http(s) URL of the JWKS.
        generation: Grows whenever the keys change; results of verification are kept under it.
    """

    def __init__(self, source: str, life_seconds: float, clock: Callable[[], float]) -> None:
        self.source = source
        self.generation = 0
        self._life = life_seconds
        self._clock = clock
        self._keys: dict[str, PyJWK] = {}
        self._text = ""
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str) -> PyJWK | None:
        """The key of that id; None when the issuer does not publish it.

        Raises:
            KeysUnavailable: No keys could ever be read.
        """
        now = self._clock()
        is_stale = now - self._read_at >= self._life
        if (is_stale or key_id not in self._keys) and now - self._tried_at >= (
            RETRY_SECONDS if self._keys else 0
        ):
            async with self._lock:
                if self._clock() - self._tried_at >= (RETRY_SECONDS if self._keys else 0):
                    await self._refresh()
        return self._keys.get(key_id)

    async def _refresh(self) -> None:
        self._tried_at = self._clock()
        try:
            text = await self._read()
            keys = {} if text == self._text else read_jwks(text)
        except (OSError, ValueError, PyJWTError, TimeoutError) as error:
            if not self._keys:
                raise KeysUnavailable(f"{self.source}: {_explain(error)}") from error
            # Old keys stay good: an issuer that is down must not lock everybody out.
            return
        self._read_at = self._clock()
        if text != self._text:
            self._text, self._keys = text, keys
            self.generation += 1

    async def _read(self) -> str:
        if not self.source.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(self.source).read_text)
        return await _fetch(self.source)


def _explain(error: Exception) -> str:
    """Why there are no keys, in our own words: others' may repeat what they read."""
    if isinstance(error, TimeoutError):
        return f"no answer within {FETCH_SECONDS:g} seconds"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, PyJWTError):
        return "one of the keys is damaged, or of a kind that is not known"
    return "no JWKS: a JSON object with a list `keys` is expected"


async def _fetch(url: str) -> str:
    """The text at a URL.

    Raises:
        OSError: It cannot be had.
        ValueError: It is too long, or no text.
    """
    # What is not configured is not imported: keys mostly come from a file.
    import aiohttp  # noqa: PLC0415

    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, allow_redirects=False) as reply,
        ):
            reply.raise_for_status()
            body = b""
            async for chunk in reply.content.iter_any():
                body += chunk
                if len(body) > MAX_JWKS_BYTES:
                    raise ValueError("the JWKS is too long")
            return body.decode()
    except aiohttp.ClientResponseError as error:
        raise OSError(f"it answers with status {error.status}") from error
    except aiohttp.ClientError as error:
        raise OSError("it does not answer") from error


def read_jwks(text: str) -> dict[str, PyJWK]:
    """Keys of a JWKS document by id; keys without an id or for other uses are passed over.

    Raises:
        ValueError: The text is no JWKS.
    """
    document: Any = json.loads(text)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("no JWKS: a JSON object with a list `keys` is expected")  # noqa: TRY004
    return {
        entry["kid"]: PyJWK.from_dict(entry)
        for entry in entries
        if isinstance(entry, dict)
        and isinstance(entry.get("kid"), str)
        and entry.get("kty") in {"OKP", "EC", "RSA"}
        and entry.get("use", "sig") == "sig"
    }

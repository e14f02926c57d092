"""The signed access context: who asks, for which purpose, which rows; verified before anything.

A token is bound to one subgraph (audience) and one operation text (hash), so that a department
cannot replay what it received, and nobody can ask another query with it.
"""

import asyncio
import hashlib
import json
import logging
import time
import urllib.request
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import jwt

from subgraphs.toolkit.errors import AccessRefused

log = logging.getLogger(__name__)

ISSUER = "datong-gateway"
MAX_LIFE = 60
# Clocks of gateway and department may differ by this many seconds.
LEEWAY = 5
# Keys are fetched anew after this many seconds, and for an unknown key at most this often.
KEYS_LIFE = 300.0
KEYS_PAUSE = 2.0
# One fetch takes no longer, however slowly an answer comes.
KEYS_PATIENCE = 10.0
CACHED_TOKENS = 4096


@dataclass(frozen=True, slots=True)
class AccessContext:
    """What a valid token says.

    Attributes:
        subject: Id of the caller.
        caller: id, kind, department and region as the gateway knows them.
        purpose: Code of the purpose, if any.
        row_filters: Condition tree by type, as sent.
        operation: SHA-256 of the operation text that the token is for; "" when nothing is checked.
        expires: Unix time in seconds.
    """

    subject: str
    caller: Mapping[str, Any] = field(default_factory=dict)
    purpose: str | None = None
    row_filters: Mapping[str, Any] = field(default_factory=dict)
    operation: str = ""
    expires: float = 0.0


ANYBODY = AccessContext("anybody")


class KeySet:
    """Public keys of the gateway from a JWKS file or URL, fetched again when a key is unknown.

    Known keys outlive a gateway that does not answer for ``KEYS_LIFE`` seconds more, not for ever.
    """

    def __init__(self, location: str) -> None:
        self._location = location
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")
        self._is_silent = False
        self._reading: asyncio.Task[None] | None = None

    async def key(self, key_id: str) -> jwt.PyJWK | None:
        """The key of that id, None when the gateway does not publish it.

        Raises:
            AccessRefused: The key set could not be read for too long.
        """
        now = time.monotonic()
        is_due = key_id not in self._keys or now - self._read_at > KEYS_LIFE
        # The pause holds for failures as well: strangers must not make us hammer the gateway.
        if is_due and self._reading is None and now - self._tried_at > KEYS_PAUSE:
            self._reading = asyncio.create_task(self._refresh())
        # Nobody whose key is known waits for a gateway that is known not to answer.
        can_wait = key_id in self._keys and self._is_silent and not self._is_over
        if is_due and self._reading is not None and not can_wait:
            await asyncio.shield(self._reading)
        if self._is_over:
            raise AccessRefused("ACCESS_CONTEXT_UNVERIFIABLE", "the gateway's keys cannot be read")
        return self._keys.get(key_id)

    @property
    def _is_over(self) -> bool:
        return time.monotonic() - self._read_at > 2 * KEYS_LIFE

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(KEYS_PATIENCE):
                self._keys = await asyncio.to_thread(self._read)
        except (OSError, HTTPException, ValueError, RecursionError, jwt.PyJWTError) as fault:
            why = _say(fault)
            log.warning("keys of the gateway cannot be read from %s: %s", self._location, why)
            self._is_silent = True
        else:
            self._read_at = time.monotonic()
            self._is_silent = False
        finally:
            self._tried_at = time.monotonic()
            self._reading = None

    def _read(self) -> dict[str, jwt.PyJWK]:
        if self._location.startswith(("http://", "https://")):
            with urllib.request.urlopen(self._location, timeout=5) as answer:  # noqa: S310  scheme checked above
                content = answer.read(1_000_000)
        else:
            content = Path(self._location).read_bytes()
        match json.loads(content):
            case {"keys": [*entries]} if all(isinstance(entry, dict) for entry in entries):
                keys = jwt.PyJWKSet(entries).keys
            case _:
                raise ValueError("a JSON object with a list of keys is expected")
        return {key.key_id: key for key in keys if key.key_id and key.key_type == "OKP"}


def _say(fault: Exception) -> str:
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    return str(fault) if isinstance(fault, OSError) else "no JWKS, as /.well-known/jwks.json has it"


class ContextVerifier:
    """Checks the access context of each request for one subgraph; remembers verified tokens."""

    def __init__(self, subgraph: str, keys: KeySet) -> None:
        self._subgraph = subgraph
        self._keys = keys
        self._verified: OrderedDict[str, AccessContext] = OrderedDict()

    async def verify(self, token: str | None, operation_text: str) -> AccessContext:
        """The context of a token that is valid here, now, for this operation text.

        Raises:
            AccessRefused: No token, or one that does not fit.
        """
        if not token:
            raise AccessRefused(
                "ACCESS_CONTEXT_REQUIRED", "this department answers the gateway only"
            )
        context = self._verified.get(token)
        if context is None:
            context = await self._verify(token)
            self._verified[token] = context
            if len(self._verified) > CACHED_TOKENS:
                self._verified.popitem(last=False)
        else:
            self._verified.move_to_end(token)
        if time.time() > context.expires + LEEWAY:
            del self._verified[token]
            raise AccessRefused("ACCESS_CONTEXT_INVALID", "the access context has expired")
        if hashlib.sha256(operation_text.encode()).hexdigest() != context.operation:
            raise AccessRefused("ACCESS_CONTEXT_INVALID", "the context is for another operation")
        return context

    async def _verify(self, token: str) -> AccessContext:
        refused = AccessRefused("ACCESS_CONTEXT_INVALID", "the access context is not valid here")
        try:
            key = await self._keys.key(str(jwt.get_unverified_header(token).get("kid")))
            if key is None:
                raise refused
            claims = jwt.decode(
                token,
                key.key,
                algorithms=["EdDSA"],
                audience=self._subgraph,
                issuer=ISSUER,
                leeway=LEEWAY,
                options={"require": ["iss", "aud", "iat", "exp", "sub", "op"]},
            )
        except jwt.PyJWTError as fault:
            raise refused from fault
        return _load_claims(claims, refused)


def _load_claims(claims: Mapping[str, Any], refused: AccessRefused) -> AccessContext:
    match claims:
        case {"sub": str(subject), "op": str(operation), "iat": int(issued), "exp": int(expires)}:
            caller = claims.get("caller", {})
            purpose = claims.get("purpose")
            row_filters = claims.get("row_filters", {})
            shapes_hold = (
                isinstance(caller, dict)
                and isinstance(row_filters, dict)
                and isinstance(purpose, str | None)
            )
            if shapes_hold and expires - issued <= MAX_LIFE:
                return AccessContext(subject, caller, purpose, row_filters, operation, expires)
    raise refused

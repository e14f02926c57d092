"""The signed access context: what a subgraph may believe about the request it gets.

Claims: `iss` datong-gateway, `aud` the subgraph, `iat`, `exp`, `sub` the caller's id, `caller`,
`purpose`, `row_filters`, and `op`, the SHA-256 of the operation text, so that another department
cannot replay the token with other fields.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.access import Caller
from federation.gateway.bounded import Bounded
from federation.gateway.config import InvalidConfig
from federation.gateway.pem import (
    ED25519_PRIVATE,
    ED25519_PUBLIC,
    UnusableKey,
    load_private_key,
    load_public_key,
)

CONTEXT_HEADER = "Datong-Context"
ISSUER = "datong-gateway"
NO_FILTERS = b"{}"
_GATEWAY = Caller(id=ISSUER, kind="application")


def load_signing_key(file: str) -> Ed25519PrivateKey:
    """The private key in a PEM file, or a new one when no file is named.

    Raises:
        InvalidConfig: The file holds no Ed25519 key.
    """
    if not file:
        return Ed25519PrivateKey.generate()
    try:
        return load_private_key(Path(file), ED25519_PRIVATE)
    except UnusableKey as error:
        raise InvalidConfig(f"signing.key_file: {error}") from None


def load_published_key(file: str) -> Ed25519PublicKey:
    """The public key in a PEM file, or that of the private key in it.

    Raises:
        InvalidConfig: The file holds no Ed25519 key.
    """
    try:
        return load_public_key(Path(file), ED25519_PUBLIC)
    except UnusableKey as error:
        raise InvalidConfig(f"signing.published_key_files: {error}") from None


def print_jwks(*keys: Ed25519PublicKey) -> dict[str, Any]:
    """Public keys as a JWKS document, each under its thumbprint.

    Source:
        RFC 7517, RFC 8037; the key id is RFC 7638's thumbprint.
    """
    entries = []
    for key in keys:
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        entry = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
        entries.append({**entry, "kid": key_id(key), "use": "sig", "alg": "EdDSA"})
    return {"keys": entries}


def key_id(key: Ed25519PublicKey) -> str:
    """The thumbprint under which a key is published."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    entry = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(text.encode()).digest())


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class ContextSigner:
    """Signs contexts, and hands the same one out again for half its life.

    Args:
        key: Signs.
        life_seconds: Of each context.
        capacity: Contexts kept for reuse.
        clock: Seconds since 1970.
        published: Keys that subgraphs may meet as well: other processes sign with them, or will.
    """

    def __init__(
        self,
        key: Ed25519PrivateKey,
        life_seconds: int,
        capacity: int,
        clock: Callable[[], float],
        published: tuple[Ed25519PublicKey, ...] = (),
    ) -> None:
        self._key = key
        self._published = published
        head = {"alg": "EdDSA", "kid": key_id(key.public_key()), "typ": "JWT"}
        self._head = _base64url(msgspec.json.encode(head))
        self._life = life_seconds
        self._clock = clock
        self._kept: Bounded[tuple[Any, ...], tuple[float, str]] = Bounded(capacity)

    def jwks(self) -> dict[str, Any]:
        """The keys that subgraphs verify with, as a JWKS document; that which signs comes first."""
        keys = {key_id(key): key for key in (self._key.public_key(), *self._published)}
        return print_jwks(*keys.values())

    def sign(
        self,
        subgraph: str,
        text: str,
        caller: Caller,
        purpose: str | None,
        row_filters: bytes = NO_FILTERS,
    ) -> str:
        """The context of one operation text for one subgraph, as the header's value.

        Args:
            subgraph: The only one that may accept it.
            text: The operation text exactly as sent.
            caller: Whose rights hold.
            purpose: Verified code.
            row_filters: JSON text: condition by type name, only those that this subgraph can apply.
        """
        rights = (caller.id, caller.kind, caller.department, caller.region, purpose, row_filters)
        kept = self._kept.get((*rights, subgraph, text))
        now = self._clock()
        if kept is not None and now < kept[0]:
            return kept[1]
        claims = {
            "iss": ISSUER,
            "aud": subgraph,
            "iat": int(now),
            "exp": int(now) + self._life,
            "sub": caller.id,
            "caller": {
                "id": caller.id,
                "kind": caller.kind,
                "department": caller.department,
                "region": caller.region,
            },
            "purpose": purpose,
            "row_filters": msgspec.Raw(row_filters),
            "op": hashlib.sha256(text.encode()).hexdigest(),
        }
        # RFC 7515, "JWS Compact Serialization"; a library would make the head anew each time.
        signed = f"{self._head}.{_base64url(msgspec.json.encode(claims))}"
        token = f"{signed}.{_base64url(self._key.sign(signed.encode()))}"
        self._kept.put((*rights, subgraph, text), (now + self._life / 2, token))
        return token

    def sign_for_gateway(self, subgraph: str, text: str) -> str:
        """The context of what the gateway asks for itself, such as a subgraph's SDL."""
        return self.sign(subgraph, text, _GATEWAY, None)

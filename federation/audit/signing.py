"""Signed heads: proof that a chain had a certain end at a certain time.

The signing key is not in the database, so whoever can rewrite the database, hashes included,
still cannot make a head for the rewritten chain.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.audit.chain import ChainHead

_TAG = b"datong audit head 1"


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with the time at which it was the chain's end.

    Attributes:
        head: The chain's end.
        at: Milliseconds since 1970 in UTC.
        key_id: ``key_id`` of the signing key's public half.
        signature: Ed25519 over all of the above, 64 bytes.
    """

    head: ChainHead
    at: int
    key_id: str
    signature: bytes


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a public key: the first 8 bytes of its SHA-256, in hex."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def sign_head(head: ChainHead, at: int, key: Ed25519PrivateKey) -> SignedHead:
    """State that ``head`` was its chain's end at ``at``."""
    name = key_id(key.public_key())
    return SignedHead(head, at, name, key.sign(_message(head, at, name)))


def is_authentic(signed: SignedHead, keys: Mapping[str, Ed25519PublicKey]) -> bool:
    """Was this head signed by one of these keys (by key id)?"""
    key = keys.get(signed.key_id)
    if key is None:
        return False
    try:
        key.verify(signed.signature, _message(signed.head, signed.at, signed.key_id))
    except (InvalidSignature, OverflowError):  # a stored number may have been made negative
        return False
    return True


def _message(head: ChainHead, at: int, name: str) -> bytes:
    chain = head.chain.encode()
    return b"".join(
        (
            _TAG,
            len(chain).to_bytes(4, "big"),
            chain,
            head.sequence.to_bytes(8, "big"),
            head.digest,
            at.to_bytes(8, "big"),
            name.encode(),
        )
    )

"""Retention as the command does it: what is old is found, then removed."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.audit import key_id
from federation.gateway.audit_retain import Retention, find_old, remove_old


async def retain(
    database: str,
    key: Ed25519PrivateKey,
    keys: Mapping[str, Ed25519PublicKey],
    before: int,
    now: int,
    *,
    is_dry: bool,
) -> Retention:
    """Trusts the key that signs, and others besides."""
    trusted = {**keys, key_id(key.public_key()): key.public_key()}
    found = await find_old(database, trusted, before)
    if not is_dry:
        await remove_old(database, found, key, now)
    return found

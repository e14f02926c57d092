"""Retention as the command does it: what is old is found, then removed; and as nobody may do it."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from federation.audit import REGISTER, ChainHead, ChainPruned, append, key_id
from federation.audit.register import event_bytes
from federation.gateway.audit.retain import Retention, find_old, remove_old


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


def forge_pruning(file: Path) -> None:
    """Remove the oldest chain and enter that as a pruning, without the key that signs heads."""
    connection = sqlite3.connect(file)
    last = "SELECT sequence, digest FROM audit_entry WHERE chain = ? ORDER BY sequence DESC LIMIT 1"
    oldest = "SELECT min(chain) FROM audit_entry WHERE chain != ?"
    with connection:
        (chain,) = connection.execute(oldest, (REGISTER,)).fetchone()
        sequence, digest = connection.execute(last, (chain,)).fetchone()
        end = ChainHead(REGISTER, *connection.execute(last, (REGISTER,)).fetchone())
        entries, _ = append(end, [event_bytes(ChainPruned(chain, sequence, digest.hex(), 2, 1))])
        columns = "chain, sequence, previous, digest, body"
        connection.executemany(
            f"INSERT INTO audit_entry ({columns}) VALUES (?, ?, ?, ?, ?)",
            [(REGISTER, each.sequence, each.previous, each.digest, each.body) for each in entries],
        )
        connection.execute("DELETE FROM audit_entry WHERE chain = ?", (chain,))
        connection.execute(
            "DELETE FROM audit_head WHERE chain = ? AND sequence < ?", (chain, sequence)
        )
    connection.close()

"""Retention: removing the oldest records while what is left stays verifiable.

The register says, before anything goes, up to which entry each chain may lack its beginning and on
which hash the rest builds; a signed head for that entry stays as a tombstone. Entries go in small
transactions, together with what the index says of them, so that a gateway that writes meanwhile
hardly waits. Broken off at any point, the trail is whole, and the next run removes the rest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from federation.audit import (
    REGISTER,
    ChainHead,
    ChainPruned,
    Entry,
    Register,
    read_register,
    sign_head,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit.database import AuditDatabase, audit_database, why
from federation.gateway.audit.index import forget_entries
from federation.gateway.audit.opening import enter
from federation.gateway.audit.progress import Told, tell_nobody
from federation.gateway.audit.read import TrailReport, read_trail, verify_all
from federation.gateway.audit.tables import (
    delete_entries,
    delete_heads,
    read_digest,
    read_entries,
    write_head,
)

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Pruning:
    """What goes, or went, of one chain.

    Attributes:
        chain: Its name.
        entries: How many entries.
        up_to: Number of the last of them.
        is_new: Whether the register has yet to say so; it does where a run was broken off.
        is_all: Whether nothing of the chain is left.
    """

    chain: str
    entries: int
    up_to: int
    is_new: bool
    is_all: bool


@dataclass(frozen=True, slots=True)
class Retention:
    """What retention found.

    Attributes:
        report: Of the trail before; where it is not whole, nothing is removed.
        prunings: By chain; empty when nothing is old enough.
        before: Milliseconds since 1970; what is older goes.
    """

    report: TrailReport
    prunings: tuple[Pruning, ...]
    before: int


async def find_old(
    database: str,
    keys: Mapping[str, Ed25519PublicKey],
    before: int,
    told: Told = tell_nobody,
) -> Retention:
    """Find out which records are older than a time, once the whole trail is verified.

    Args:
        database: SQLAlchemy URL; gateways may write to it meanwhile.
        keys: Trusted public keys by ``key_id``.
        before: Milliseconds since 1970.
        told: How much of the trail is verified.

    Raises:
        AuditUnavailable: The database cannot be read.
    """
    return await read_trail(
        database,
        lambda connection: _find(connection, before, verify_all(connection, keys, told=told)),
    )


async def remove_old(
    database: str, found: Retention, key: Ed25519PrivateKey, now: int, told: Told = tell_nobody
) -> None:
    """Remove what was found to be old.

    Args:
        database: SQLAlchemy URL; gateways may write to it meanwhile.
        found: In the same database.
        key: Signs the tombstones; that of the heads that are written now.
        now: Milliseconds since 1970.
        told: How many of these records are removed.

    Raises:
        AuditUnavailable: The database cannot be used. What was removed before is stated.
    """
    target = audit_database(database)
    total = sum(pruning.entries for pruning in found.prunings)
    done = 0
    try:
        for pruning in found.prunings:
            async for removed in _prune(target, pruning, key, found.before, now):
                done += removed
                told(done, total)
    except (SQLAlchemyError, OSError) as fault:
        raise AuditUnavailable(f"the audit database cannot be used: {why(fault)}") from fault
    finally:
        await target.close()


def _find(connection: Connection, before: int, report: TrailReport) -> Retention:
    if not report.is_whole:
        return Retention(report, (), before)
    register = read_register(read_entries(connection, REGISTER))
    chains = (
        each.chain for each in report.chains if each.entries or each.chain in register.prunings
    )
    prunings = (
        _pruning(chain, read_entries(connection, chain), before, register) for chain in chains
    )
    return Retention(report, tuple(each for each in prunings if each is not None), before)


def _pruning(
    chain: str, entries: Iterable[Entry], before: int, register: Register
) -> Pruning | None:
    """How much of a chain is old enough."""
    known = register.prunings.get(chain)
    stated = known.sequence if known is not None else 0
    count, up_to, is_all = 0, stated, True
    for entry in entries:
        if entry.sequence > stated and _time(entry.body) >= before:
            is_all = False
            break
        count += 1
        up_to = max(up_to, entry.sequence)
    if is_all and up_to > stated and chain not in register.closings:
        # What comes next in a chain that goes on builds upon its last entry.
        count, up_to, is_all = count - 1, up_to - 1, False
    return Pruning(chain, count, up_to, up_to > stated, is_all) if count else None


async def _prune(
    target: AuditDatabase, pruning: Pruning, key: Ed25519PrivateKey, before: int, now: int
) -> AsyncIterator[int]:
    """Remove what goes of one chain; after each transaction, how many entries went with it."""
    chain, up_to = pruning.chain, pruning.up_to

    def state(connection: Connection) -> None:
        digest = read_digest(connection, chain, up_to)
        if digest is None:
            raise AuditUnavailable("the audit trail was changed while its records were removed")
        stated = ChainPruned(chain, up_to, digest.hex(), now, before)
        enter(connection, stated, now, key)
        write_head(connection, sign_head(ChainHead(chain, up_to, digest), now, key))
        delete_heads(connection, chain, up_to)

    if pruning.is_new:
        await target.transact(state)

    def remove(connection: Connection) -> int:
        removed = delete_entries(connection, chain, up_to, BATCH)
        if removed:
            forget_entries(connection, chain, removed[0], removed[-1])
        return len(removed)

    removed = BATCH
    while removed == BATCH:
        removed = await target.transact(remove)
        yield removed


class _Dated(msgspec.Struct):
    at: int


_DATED = msgspec.json.Decoder(_Dated)


def _time(body: bytes) -> int:
    """When an entry was written; whatever does not say so is kept for ever."""
    try:
        return _DATED.decode(body).at
    except msgspec.MsgspecError:
        return 1 << 62

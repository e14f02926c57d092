"""Opening and closing chains: what a writer does to the register, in one transaction each."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from federation.audit import (
    REGISTER,
    ChainClosed,
    ChainHead,
    ChainOpened,
    Register,
    RegisterEvent,
    append,
    empty_chain,
    event_bytes,
    key_id,
    read_register,
    sign_head,
)
from federation.gateway.audit.tables import (
    hold_chain,
    is_abandoned,
    lock_shared_tables,
    read_entries,
    read_head,
    session_of,
    write_entries,
    write_head,
)

NEW_DIGEST_KEY = (
    "audit.key_file is not the key that this trail was written with last: keep that one too, since "
    "by it alone persons are found in the records until now"
)


class KeysDiffer(Exception):
    """Somebody else writes this trail now and hashes persons with another key."""

    def __init__(self, writer: str) -> None:
        super().__init__(
            f"{writer} writes this audit trail with another key than audit.key_file, so a person "
            "would be found in some of its records only; give all gateways the same file"
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A chain that was opened.

    Attributes:
        session: What holds it, see ``hold_chain``.
        has_new_digest_key: Whether the chain before it names persons by another key.
    """

    head: ChainHead
    session: object | None
    has_new_digest_key: bool


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens and closes chains.

    Attributes:
        key: Signs heads.
        writer: Name of the process, for people who read the register.
        digest_key_id: See ``ChainOpened``.
    """

    key: Ed25519PrivateKey
    writer: str
    digest_key_id: str | None

    def open(self, connection: Connection, at: int) -> Opened:
        """Open a new chain, and close those whose writers have died.

        Raises:
            KeysDiffer: What it wrote could not be searched together with what others write.
        """
        register = self.close_abandoned(connection, at)
        keyed = [each for each in register.openings.values() if each.digest_key_id is not None]
        others = [each for each in keyed if self.digest_key_id not in (None, each.digest_key_id)]
        for each in others:
            if each.chain not in register.closings and not is_abandoned(connection, each.chain):
                raise KeysDiffer(each.writer)
        chain = f"{at}-{secrets.token_hex(6)}"
        hold_chain(connection, chain)
        public = key_id(self.key.public_key())
        opening = ChainOpened(chain, self.writer, at, public, self.digest_key_id)
        enter(connection, opening, at, self.key)
        is_new = bool(others) and keyed[-1] is others[-1]
        return Opened(empty_chain(chain), session_of(connection), is_new)

    def close_abandoned(self, connection: Connection, at: int) -> Register:
        """Enter the ends of chains that nobody writes any more; the register as it was before."""
        lock_shared_tables(connection)
        register = read_register(read_entries(connection, REGISTER))
        for chain in sorted(set(register.openings) - set(register.closings)):
            if is_abandoned(connection, chain):
                closing = closing_at(read_head(connection, chain), at, orderly=False)
                enter(connection, closing, at, self.key)
        return register


def closing_at(end: ChainHead, at: int, *, orderly: bool) -> ChainClosed:
    """The event that a chain ends there."""
    return ChainClosed(end.chain, end.sequence, end.digest.hex(), at, orderly)


def enter(connection: Connection, what: RegisterEvent, at: int, key: Ed25519PrivateKey) -> None:
    """Enter an event at the end of the register and sign the register's new head."""
    lock_shared_tables(connection)
    entries, head = append(read_head(connection, REGISTER), [event_bytes(what)])
    write_entries(connection, REGISTER, entries)
    write_head(connection, sign_head(head, at, key))

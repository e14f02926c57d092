"""Reading the audit trail back to verify it, entry by entry, whatever its length."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from federation.audit import (
    REGISTER,
    ChainHead,
    ChainReport,
    ChainVerifier,
    Entry,
    Fault,
    SignedHead,
    read_register,
    text_digest,
    verify,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit_store import stored_entries, stored_entry
from federation.gateway.audit_tables import (
    ENTRIES,
    HEADS,
    OPERATIONS,
    audit_engine,
    stored_bytes,
    stored_number,
    stored_text,
)

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class TrailReport:
    """What could be said of a whole trail.

    Attributes:
        register: Of the register's own chain.
        chains: Of every chain, by name.
        faults: Faults that belong to no single chain: chains that are not registered, and
            operation texts that do not have the digest under which they are kept.
        texts: Digests of the operation texts that do not fit.
    """

    register: ChainReport
    chains: tuple[ChainReport, ...]
    faults: tuple[Fault, ...]
    texts: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Is nothing changed, dropped, swapped or cut, as far as heads prove it?"""
        reports = (self.register, *self.chains)
        return not (self.faults or self.texts or any(report.faults for report in reports))


async def verify_trail(
    database: str,
    keys: Mapping[str, Ed25519PublicKey],
    anchors: tuple[SignedHead, ...] = (),
) -> TrailReport:
    """Verify everything that an audit database holds.

    Args:
        database: SQLAlchemy URL.
        keys: Trusted public keys by ``key_id``.
        anchors: Signed heads that were kept outside the database; without them, entries that were
            cut from the end together with all later heads are not missed.

    Raises:
        AuditUnavailable: The database cannot be read.
    """
    engine = audit_engine(database, make=False)
    try:
        async with engine.connect() as connection:
            return await _verify(connection, keys, anchors)
    except (SQLAlchemyError, OSError) as fault:
        raise AuditUnavailable("the audit database cannot be read") from fault
    finally:
        await engine.dispose()


async def _verify(
    connection: AsyncConnection,
    keys: Mapping[str, Ed25519PublicKey],
    anchors: tuple[SignedHead, ...],
) -> TrailReport:
    heads: dict[str, list[SignedHead]] = {}
    for row in await connection.execute(select(HEADS)):
        chain = stored_text(row.chain)
        head = ChainHead(chain, stored_number(row.sequence), stored_bytes(row.digest))
        signature = stored_bytes(row.signature)
        signed = SignedHead(head, stored_number(row.at), stored_text(row.key_id), signature)
        heads.setdefault(chain, []).append(signed)
    for anchor in anchors:
        heads.setdefault(anchor.head.chain, []).append(anchor)

    register_entries = await stored_entries(connection, REGISTER)
    register = read_register(register_entries)
    names = (await connection.execute(select(ENTRIES.c.chain).distinct())).scalars()
    chains = sorted({*map(stored_text, names), *heads, *register.openings} - {REGISTER})
    reports = []
    for chain in chains:
        verifier = ChainVerifier(chain, heads.get(chain, ()), keys, register.closings.get(chain))
        async for entry in _entries(connection, chain):
            verifier.feed(entry)
        reports.append(verifier.report())

    texts = [
        (stored_text(row.digest), stored_text(row.text))
        for row in await connection.execute(select(OPERATIONS))
    ]
    return TrailReport(
        verify(REGISTER, register_entries, heads.get(REGISTER, ()), keys),
        tuple(reports),
        (*register.faults, *register.missing(chains)),
        tuple(digest for digest, text in texts if text_digest(text) != digest),
    )


async def _entries(connection: AsyncConnection, chain: str) -> AsyncIterator[Entry]:
    """The entries of a chain by number, a page at a time."""
    last = -(2**62)
    while True:
        query = (
            select(ENTRIES)
            .where(ENTRIES.c.chain == chain, ENTRIES.c.sequence > last)
            .order_by(ENTRIES.c.sequence)
            .limit(_PAGE)
        )
        rows = (await connection.execute(query)).all()
        for row in rows:
            yield stored_entry(row)
        if len(rows) < _PAGE:
            return
        last = rows[-1].sequence

"""Reading the audit trail back to verify it, entry by entry, whatever its length."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain as joined

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from federation.audit import (
    REGISTER,
    ChainReport,
    Fault,
    SignedHead,
    read_register,
    text_digest,
    verify,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit_database import audit_database
from federation.gateway.audit_tables import read_chains, read_entries, read_heads, read_operations


@dataclass(frozen=True, slots=True)
class TrailReport:
    """What could be said of a whole trail.

    Attributes:
        register: Of the register's own chain.
        chains: Of every chain, by name.
        faults: Faults that belong to no single chain: chains that are not registered, and
            register entries that are no events.
        texts: Digests of the operation texts that do not have the digest they are kept under.
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
    source = audit_database(database, make=False)
    try:
        return await source.transact(lambda connection: _verify(connection, keys, anchors))
    except (SQLAlchemyError, OSError) as fault:
        raise AuditUnavailable("the audit database cannot be read") from fault
    finally:
        await source.close()


def _verify(
    connection: Connection,
    keys: Mapping[str, Ed25519PublicKey],
    anchors: tuple[SignedHead, ...],
) -> TrailReport:
    # Heads first: a gateway that is writing meanwhile may add entries to what they cover, never
    # the other way round.
    heads: dict[str, list[SignedHead]] = {}
    for signed in joined(read_heads(connection), anchors):
        heads.setdefault(signed.head.chain, []).append(signed)
    register_entries = list(read_entries(connection, REGISTER))
    register = read_register(register_entries)
    chains = sorted({*read_chains(connection), *heads, *register.openings} - {REGISTER})
    return TrailReport(
        register=verify(REGISTER, register_entries, heads.get(REGISTER, ()), keys),
        chains=tuple(
            verify(
                chain,
                read_entries(connection, chain),
                heads.get(chain, ()),
                keys,
                register.closings.get(chain),
            )
            for chain in chains
        ),
        faults=(*register.faults, *register.missing(chains)),
        texts=tuple(
            digest for digest, text in read_operations(connection) if text_digest(text) != digest
        ),
    )

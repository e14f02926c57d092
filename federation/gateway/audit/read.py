"""Reading the audit trail back to verify it, entry by entry, whatever its length."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from federation.audit import (
    REGISTER,
    Anchor,
    ChainReport,
    ChainVerifier,
    Entry,
    Fault,
    FaultKind,
    Register,
    SignedHead,
    make_anchor,
    read_links,
    read_register,
    text_digest,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit.database import audit_database, why
from federation.gateway.audit.progress import Progress, Told, read_spans, tell_nobody
from federation.gateway.audit.tables import (
    PAGE,
    read_chains,
    read_digest,
    read_entries,
    read_heads,
    read_last_head,
    read_operations,
    read_signed_chains,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TrailReport:
    """What could be said of a whole trail.

    Attributes:
        register: Of the register's own chain.
        chains: Of every chain, by name.
        faults: Faults that belong to no single chain's own check: chains that are not registered,
            register entries that are no events, and ends that other chains link to and that are
            not there.
        texts: Digests of the operation texts that do not have the digest they are kept under.
        anchored_at: Time of the latest anchor; None without one.
    """

    register: ChainReport
    chains: tuple[ChainReport, ...]
    faults: tuple[Fault, ...]
    texts: tuple[str, ...]
    anchored_at: int | None = None

    @property
    def is_whole(self) -> bool:
        """Is nothing changed, dropped, swapped or cut, as far as heads prove it?"""
        reports = (self.register, *self.chains)
        return not (self.faults or self.texts or any(report.faults for report in reports))

    @property
    def anchored(self) -> int:
        """How many stored records of whole chains an anchor covers."""
        return sum(max(each.anchored - each.pruned, 0) for each in self.chains if not each.faults)

    @property
    def signed(self) -> int:
        """How many further records signed heads in the database itself cover."""
        covered = (each.proven - max(each.anchored, each.pruned) for each in self.chains)
        return sum(max(each, 0) for each in covered)

    @property
    def unsigned(self) -> int:
        """How many records lie after the last signed head of their chain."""
        return sum(each.unsigned for each in self.chains)


async def read_trail(database: str, work: Callable[[Connection], T]) -> T:
    """What ``work`` finds in the trail as it is at one moment; it can change nothing.

    Raises:
        AuditUnavailable: The database cannot be read.
    """
    source = audit_database(database, reads_only=True)
    try:
        return await source.transact(work)
    except (SQLAlchemyError, OSError) as fault:
        raise AuditUnavailable(f"the audit database cannot be read: {why(fault)}") from fault
    finally:
        await source.close()


async def verify_trail(
    database: str,
    keys: Mapping[str, Ed25519PublicKey],
    anchors: tuple[SignedHead, ...] = (),
    told: Told = tell_nobody,
) -> TrailReport:
    """Verify everything that an audit database holds.

    Args:
        database: SQLAlchemy URL.
        keys: Trusted public keys by ``key_id``.
        anchors: Signed heads that were kept outside the database; without them, entries that were
            cut from the end of all chains together with all later heads are not missed.
        told: How far it has come.

    Raises:
        AuditUnavailable: The database cannot be read.
    """
    return await read_trail(
        database, lambda connection: verify_all(connection, keys, anchors, told)
    )


def verify_all(
    connection: Connection,
    keys: Mapping[str, Ed25519PublicKey],
    anchors: tuple[SignedHead, ...] = (),
    told: Told = tell_nobody,
) -> TrailReport:
    """``verify_trail`` in a transaction."""
    outside: dict[str, list[SignedHead]] = {}
    for signed in anchors:
        outside.setdefault(signed.head.chain, []).append(signed)

    def verifier(chain: str, register: Register | None) -> ChainVerifier:
        return ChainVerifier(
            chain,
            read_heads(connection, chain),
            keys,
            register.closings.get(chain) if register else None,
            pruned=register.prunings.get(chain) if register else None,
            anchors=outside.get(chain, ()),
        )

    checking = verifier(REGISTER, None)
    links = _Links(connection)
    register = read_register(_fed(checking, read_entries(connection, REGISTER)))
    of_register = checking.report()
    stored = read_chains(connection) | read_signed_chains(connection)
    chains = sorted({*stored, *outside, *register.openings} - {REGISTER})
    reports: list[ChainReport] = []
    progress = Progress(read_spans(connection, chains, register), told)
    for chain in chains:
        checking = verifier(chain, register)
        for entry in _fed(checking, read_entries(connection, chain)):
            links.check(entry, register)
            if entry.sequence % PAGE == 0:
                progress.reach(chain, entry.sequence)
        progress.end(chain)
        reports.append(_covered(checking.report(), register, of_register))
    return TrailReport(
        register=of_register,
        chains=tuple(reports),
        faults=(*register.faults, *register.missing(chains), *links.faults),
        texts=tuple(
            digest for digest, text in read_operations(connection) if text_digest(text) != digest
        ),
        anchored_at=max((each.at for each in anchors), default=None),
    )


def current_anchor(connection: Connection, at: int) -> Anchor:
    """What the trail has come to, as far as its writers have signed it."""
    register = read_register(read_entries(connection, REGISTER))
    chains = (REGISTER, *sorted(set(register.openings) - set(register.closings)))
    heads = (read_last_head(connection, chain) for chain in chains)
    return make_anchor([head for head in heads if head is not None], at)


def _fed(checking: ChainVerifier, entries: Iterable[Entry]) -> Iterator[Entry]:
    for entry in entries:
        checking.feed(entry)
        yield entry


def _covered(report: ChainReport, register: Register, of_register: ChainReport) -> ChainReport:
    """A closed chain is covered by whatever covers the register's entry that tells its end."""
    closing = register.closings.get(report.chain)
    if closing is None or report.faults:
        return report
    at = register.closed_at[report.chain]
    proven = closing.sequence if at <= of_register.proven else report.proven
    anchored = closing.sequence if at <= of_register.anchored else report.anchored
    return replace(report, proven=proven, anchored=anchored)


class _Links:
    """Looks at what the entries of chains say of each other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._faults: dict[Fault, None] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Ends that are linked to and not there, each once."""
        return tuple(self._faults)

    def check(self, entry: Entry, register: Register) -> None:
        """Look for all ends that the entry links to."""
        links = read_links(entry.body)
        for linked in links.heads if links is not None else ():
            pruned = register.prunings.get(linked.chain)
            if pruned is not None and pruned.sequence >= linked.sequence:
                found = pruned.digest if pruned.sequence == linked.sequence else linked.digest
            else:
                digest = read_digest(self._connection, linked.chain, linked.sequence)
                found = digest.hex() if digest is not None else ""
            if found != linked.digest:
                kind = FaultKind.REWRITTEN if found else FaultKind.CUT
                self._faults[Fault(linked.chain, linked.sequence, kind)] = None

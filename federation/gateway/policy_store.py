"""What all processes of all gateways share about policies: revocations, leases, calls to reload.

A revocation counts up a number. Every process holds a lease that it must renew; it can do so only
after it has applied all revocations, so a lease ends at the latest ``LEASE_SECONDS`` after a
revocation that its holder does not know. A process without a lease denies everything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from federation.errors import AuditUnavailable, Unavailable
from federation.gateway.audit.database import AuditDatabase, audit_database, why

T = TypeVar("T")
LEASE_SECONDS = 2.0

_METADATA = MetaData()
_COUNTERS = Table(
    "policy_counter",
    _METADATA,
    Column("name", String(20), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
_GRANTS = Table(
    "policy_revoked_grant",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("department", String(200), nullable=False),
    Column("coordinate", String(400), nullable=False),
    Column("name", String(200), nullable=False),
)
_CONSENTS = Table(
    "policy_revoked_consent",
    _METADATA,
    Column("consent", String(400), primary_key=True),
)
_MEMBERS = Table(
    "policy_member",
    _METADATA,
    Column("name", String(200), primary_key=True),
    Column("lease_until", Float(53), nullable=False),
    Column("revocations", BigInteger, nullable=False),
    Column("reloads", BigInteger, nullable=False),
    Column("fault", Text, nullable=False),
)
_REVOCATIONS, _RELOADS = "revocations", "reloads"


class PolicyStoreUnavailable(Unavailable):
    """The shared policy store cannot be used."""


class RevokedGrant(NamedTuple):
    """A grant that does not count any more, named as in ``data.grants``."""

    department: str
    coordinate: str
    name: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What the store says.

    Attributes:
        revocations: How many there were.
        reloads: How often a reload was called for.
        grants: All that are revoked.
        consents: Ids of all that are revoked.
    """

    revocations: int
    reloads: int
    grants: frozenset[RevokedGrant]
    consents: frozenset[str]


@dataclass(frozen=True, slots=True)
class Member:
    """One gateway process.

    Attributes:
        name: Of the process, different from all others.
        revocations: How many it has applied.
        reloads: The last call to reload that it has answered.
        fault: Why its last reload was refused.
        is_alive: Whether its lease still runs.
    """

    name: str
    revocations: int
    reloads: int
    fault: str = ""
    is_alive: bool = True


class PolicyStore:
    """The shared tables, on SQLite (one machine) or PostgreSQL."""

    def __init__(self, database: AuditDatabase) -> None:
        self._database = database

    async def renew(self, member: Member) -> Shared:
        """Tells what a process has done and, when that is everything, renews its lease.

        Raises:
            PolicyStoreUnavailable: Nothing was told or renewed.
        """

        def work(connection: Connection) -> Shared:
            told = {
                "revocations": member.revocations,
                "reloads": member.reloads,
                "fault": member.fault,
            }
            mine = _MEMBERS.c.name == member.name
            # Written first: on SQLite that takes the lock that all others wait for.
            if not connection.execute(update(_MEMBERS).where(mine).values(told)).rowcount:
                new = {"name": member.name, "lease_until": 0.0, **told}
                connection.execute(insert(_MEMBERS).values(new))
            shared = _read(connection)
            if shared.revocations == member.revocations:
                until = _now(connection) + LEASE_SECONDS
                connection.execute(update(_MEMBERS).where(mine).values(lease_until=until))
            return shared

        return await self._transact(work)

    async def read(self) -> Shared:
        """What the store says now.

        Raises:
            PolicyStoreUnavailable: It cannot be read.
        """
        return await self._transact(_read)

    async def leave(self, name: str) -> None:
        """Gives up a lease, since the process ends.

        Raises:
            PolicyStoreUnavailable: It runs out by itself.
        """
        await self._transact(lambda c: c.execute(delete(_MEMBERS).where(_MEMBERS.c.name == name)))

    async def revoke_grant(self, grant: RevokedGrant) -> int:
        """Takes a grant back; the number that every process must come to.

        Raises:
            PolicyStoreUnavailable: Nothing was revoked.
        """

        def work(connection: Connection) -> int:
            number = _count_up(connection, _REVOCATIONS)
            values = {
                "department": grant.department,
                "coordinate": grant.coordinate,
                "name": grant.name,
            }
            same = [_GRANTS.c[name] == value for name, value in values.items()]
            if connection.execute(select(_GRANTS.c.id).where(*same)).first() is None:
                connection.execute(insert(_GRANTS).values(values))
            return number

        return await self._transact(work)

    async def revoke_consent(self, consent: str) -> int:
        """Takes a consent back; the number that every process must come to.

        Raises:
            PolicyStoreUnavailable: Nothing was revoked.
        """

        def work(connection: Connection) -> int:
            number = _count_up(connection, _REVOCATIONS)
            same = _CONSENTS.c.consent == consent
            if connection.execute(select(_CONSENTS.c.consent).where(same)).first() is None:
                connection.execute(insert(_CONSENTS).values(consent=consent))
            return number

        return await self._transact(work)

    async def call_for_reload(self) -> int:
        """Makes all processes reload; the number that they answer with.

        Raises:
            PolicyStoreUnavailable: Nobody was called.
        """
        return await self._transact(lambda connection: _count_up(connection, _RELOADS))

    async def members(self) -> list[Member]:
        """All processes that hold or held a lease and did not leave.

        Raises:
            PolicyStoreUnavailable: It cannot be read.
        """

        def work(connection: Connection) -> list[Member]:
            now = _now(connection)
            return [
                Member(row.name, row.revocations, row.reloads, row.fault, row.lease_until > now)
                for row in connection.execute(select(_MEMBERS).order_by(_MEMBERS.c.name))
            ]

        return await self._transact(work)

    async def _transact(self, work: Callable[[Connection], T]) -> T:
        try:
            return await self._database.transact(work)
        except (SQLAlchemyError, OSError) as error:
            raise PolicyStoreUnavailable(
                f"the policy store cannot be used: {type(error).__name__}"
            ) from error


@asynccontextmanager
async def open_policy_store(database: str, *, make: bool = True) -> AsyncIterator[PolicyStore]:
    """The store behind a SQLAlchemy URL.

    Args:
        database: The URL.
        make: Whether its tables are made where they are missing.

    Raises:
        PolicyStoreUnavailable: The URL or the database cannot be used.
    """
    try:
        opened = audit_database(database, make=make)
    except AuditUnavailable as error:
        raise PolicyStoreUnavailable(f"the policy store cannot be used: {error.message}") from None
    try:
        try:
            await (_make_tables(opened) if make else opened.transact(_check_tables))
        except (SQLAlchemyError, OSError) as error:
            raise PolicyStoreUnavailable(
                f"the policy store cannot be used: {why(error)}"
            ) from error
        yield PolicyStore(opened)
    finally:
        await opened.close()


async def read_shared(database: str) -> Shared:
    """What a store says, for who only asks what gateways decide.

    Raises:
        PolicyStoreUnavailable: It cannot be read. That holds for a store that nobody has used yet
            too: it looks like the wrong one, in which nothing is ever revoked.
    """
    async with open_policy_store(database, make=False) as store:
        return await store.read()


async def _make_tables(database: AuditDatabase) -> None:
    for attempts in (1, 0):
        try:
            await database.transact(_make)
        except SQLAlchemyError:
            # Two processes that start at once may both find nothing there; one of them fails.
            if not attempts:
                raise
            await asyncio.sleep(0.1)
        else:
            return


def _make(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Of several processes that start at once one makes the tables.
        connection.execute(select(func.pg_advisory_xact_lock(0x4441544F4E50)))
    _METADATA.create_all(connection)
    known = set(connection.scalars(select(_COUNTERS.c.name)))
    for name in {_REVOCATIONS, _RELOADS} - known:
        connection.execute(insert(_COUNTERS).values(name=name, value=0))


def _check_tables(connection: Connection) -> None:
    if not inspect(connection).has_table(_COUNTERS.name):
        raise PolicyStoreUnavailable("the policy store was never used: its tables are missing")


def _read(connection: Connection) -> Shared:
    # Locked against counting up until the lease that depends on them is committed.
    rows = connection.execute(select(_COUNTERS).with_for_update(read=True))
    counters = {row.name: row.value for row in rows}
    grants = connection.execute(select(_GRANTS.c.department, _GRANTS.c.coordinate, _GRANTS.c.name))
    return Shared(
        counters[_REVOCATIONS],
        counters[_RELOADS],
        frozenset(RevokedGrant(*row) for row in grants),
        frozenset(connection.scalars(select(_CONSENTS.c.consent))),
    )


def _count_up(connection: Connection, name: str) -> int:
    mine = _COUNTERS.c.name == name
    connection.execute(update(_COUNTERS).where(mine).values(value=_COUNTERS.c.value + 1))
    return int(connection.execute(select(_COUNTERS.c.value).where(mine)).scalar_one())


def _now(connection: Connection) -> float:
    """Seconds by a clock that all who use this database share."""
    if connection.dialect.name == "postgresql":
        seconds: Any = connection.execute(
            select(func.extract("epoch", func.clock_timestamp()))
        ).scalar_one()
        return float(seconds)
    # A SQLite file serves one machine, and this clock is the machine's; nobody sets it.
    return time.monotonic()

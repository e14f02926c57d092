"""The tables of the audit trail, and engines for the two kinds of database that hold them."""

from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from federation.errors import AuditUnavailable

_METADATA = MetaData()

# Records and the register alike: what an entry means is its chain's business. The columns that
# people search by are in the body; an index over them is a matter of reading, not of writing.
ENTRIES = Table(
    "audit_entry",
    _METADATA,
    Column("chain", String(80), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("chain", "sequence"),
)

HEADS = Table(
    "audit_head",
    _METADATA,
    Column("chain", String(80), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    PrimaryKeyConstraint("chain", "sequence", "at"),
)

OPERATIONS = Table(
    "audit_operation",
    _METADATA,
    Column("digest", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_LOCK_SECONDS = 5
# An arbitrary number that every Datong process takes for this lock.
_LOCK_NUMBER = 0x4441544F4E47


def audit_engine(database: str, *, make: bool) -> AsyncEngine:
    """An engine for an audit database; a commit on it returns when the data is on the disk.

    Args:
        database: SQLAlchemy URL, ``sqlite:///path`` or ``postgresql://...``; the driver may be
            left out.
        make: Whether a SQLite file that does not exist is made, readable for its owner alone.

    Raises:
        AuditUnavailable: The URL is none, names another kind of database, or a file that cannot
            be used.
    """
    try:
        url = make_url(database)
    except ArgumentError as fault:
        raise AuditUnavailable("the audit database is not a SQLAlchemy URL") from fault
    backend = url.get_backend_name()
    if backend not in _DRIVERS:
        raise AuditUnavailable(f"audit records go to SQLite or PostgreSQL, not to {backend}")
    url = url.set(drivername=_DRIVERS[backend])
    if backend == "postgresql":
        return create_async_engine(url, pool_size=1)
    _check_file(Path(url.database or ""), make)
    engine = create_async_engine(url, pool_size=1, connect_args={"timeout": _LOCK_SECONDS})
    event.listen(engine.sync_engine, "connect", _make_durable)
    return engine


def stored_bytes(value: object) -> bytes:
    """A column of bytes as read; SQLite returns what somebody else put in, of whatever type."""
    return value if isinstance(value, bytes) else repr(value).encode()


def stored_number(value: object) -> int:
    """A column of whole numbers as read; -1, which is never written, for anything else."""
    return value if isinstance(value, int) else -1


def stored_text(value: object) -> str:
    """A column of text as read."""
    return value if isinstance(value, str) else repr(value)


async def create_tables(engine: AsyncEngine) -> None:
    """Create what is missing."""
    async with engine.begin() as connection:
        await lock_shared_tables(connection)
        await connection.run_sync(_METADATA.create_all)


async def lock_shared_tables(connection: AsyncConnection) -> None:
    """Let no other process create tables or write the register until this transaction ends.

    Needed on PostgreSQL only, where every worker writes; SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))


def _check_file(file: Path, make: bool) -> None:
    """Fail here and clearly; the driver's own failure leaves a thread behind."""
    try:
        if make and not file.exists():
            file.touch(0o600)
        with file.open("r+b"):
            pass
    except OSError as fault:
        raise AuditUnavailable(
            f"the audit database {file} cannot be used: {fault.strerror}"
        ) from fault


def _make_durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor: Any = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL loses the last commits with the power; FULL syncs each one.
    cursor.execute("PRAGMA synchronous = FULL")
    # On macOS a plain fsync stops at the disk's own cache; elsewhere this changes nothing.
    cursor.execute("PRAGMA fullfsync = ON")
    cursor.close()

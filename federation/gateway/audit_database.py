"""Transactions on an audit database, the same functions on SQLite and on PostgreSQL.

SQLite's driver blocks, so it has one thread in which a whole transaction runs: one hop out of the
event loop and back for hundreds of records. PostgreSQL's driver is asynchronous.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from federation.errors import AuditUnavailable

T = TypeVar("T")
_LOCK_SECONDS = 5


class AuditDatabase(Protocol):
    """A database, and how to run transactions on it.

    Attributes:
        has_one_writer: Whether only one process at a time may write.
    """

    has_one_writer: bool

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns, once what it did is durable; nothing of it when it raises."""
        ...

    async def close(self) -> None:
        """Give up all connections."""
        ...


def audit_database(database: str, *, make: bool) -> AuditDatabase:
    """The database behind a URL.

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
    if backend == "postgresql":
        return _Postgresql(url)
    if backend != "sqlite":
        raise AuditUnavailable(f"audit records go to SQLite or PostgreSQL, not to {backend}")
    _check_file(Path(url.database or ""), make)
    return _Sqlite(url)


class _Sqlite:
    """One connection in one thread."""

    has_one_writer = True

    def __init__(self, url: URL) -> None:
        settings = {"timeout": _LOCK_SECONDS}
        self._engine = create_engine(url.set(drivername="sqlite"), connect_args=settings)
        event.listen(self._engine, "connect", _make_durable)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audit")

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """See ``AuditDatabase``."""

        def run() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    async def close(self) -> None:
        """See ``AuditDatabase``."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown()


class _Postgresql:
    """One connection on the event loop."""

    has_one_writer = False

    def __init__(self, url: URL) -> None:
        self._engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"), pool_size=1, pool_pre_ping=True
        )

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """See ``AuditDatabase``."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """See ``AuditDatabase``."""
        await self._engine.dispose()


def _check_file(file: Path, make: bool) -> None:
    """Fail here with the name of the file; SQLite's own message has none."""
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

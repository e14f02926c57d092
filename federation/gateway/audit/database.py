"""Transactions on an audit database, the same functions on SQLite and on PostgreSQL.

SQLite's driver blocks, so it has one thread in which a whole transaction runs: one hop out of the
event loop and back for hundreds of records. PostgreSQL's driver is asynchronous.
"""

import asyncio
import contextlib
import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol, TypeAlias, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Dialect, create_engine, event, make_url
from sqlalchemy.engine.interfaces import AdaptedConnection, DBAPIConnection, ExceptionContext
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from federation.audit import Entry
from federation.errors import AuditUnavailable
from federation.gateway.audit.tables import ADD_ON_POSTGRESQL, columns_of, write_entries
from federation.gateway.settling import settle
from federation.gateway.sqlite import sqlite_connection

T = TypeVar("T")
# Longer than a gateway that is being replaced takes to end its last requests.
CLAIM_SECONDS = 15.0
CLAIM_PAUSE_SECONDS = 0.05
_LOCK_SECONDS = 5
_CONNECT_SECONDS = 5
# A server misses a client whose machine has vanished after half a minute, not after hours.
_KEEPALIVES = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class AuditDatabase(Protocol):
    """A database, and how to run transactions on it."""

    async def claim(self) -> None:
        """Become the one writer, where there may be only one; held until ``close`` or death.

        Raises:
            AuditUnavailable: Another process is the writer, and stays so for longer than a gateway
                takes to stop.
        """
        ...

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns, once what it did is durable; nothing of it when it raises.

        A transaction that writes is alone with the chain's tables on SQLite; one that reads sees
        one state from its beginning to its end.
        """
        ...

    async def add(self, entries: Sequence[Entry], chain: str, session: object | None) -> bool:
        """Add entries to a chain, all or none, durable when this returns.

        The way of nearly every commit, so it goes past what SQLAlchemy does for a transaction.

        Args:
            entries: At most ``MOST_ROWS``.
            session: What holds the chain, see ``session_of``.

        Returns:
            False where that session has ended; nothing is done then.
        """
        ...

    def has_ended(self, session: object | None) -> bool:
        """Whether it is known to be lost; see ``session_of``."""
        ...

    async def close(self) -> None:
        """Give up all connections."""
        ...


def audit_database(database: str, *, make: bool = False, reads_only: bool = False) -> AuditDatabase:
    """The database behind a URL.

    Args:
        database: SQLAlchemy URL, ``sqlite:///path`` or ``postgresql://...``; the driver may be
            left out.
        make: Whether a SQLite file that does not exist is made, readable for its owner alone.
        reads_only: The database itself refuses whatever would change it.

    Raises:
        AuditUnavailable: The URL is none, names another kind of database, or a file that cannot
            be used.
    """
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        # A port that is no number is repeated, and may be a password that stands at its place.
        raise AuditUnavailable("the database is not named by a SQLAlchemy URL") from None
    backend = url.get_backend_name()
    if backend == "postgresql":
        return _Postgresql(url, reads_only)
    if backend != "sqlite":
        raise AuditUnavailable(f"the database can be SQLite or PostgreSQL, not {backend}")
    file = Path(url.database or "")
    _check_file(file, make, reads_only)
    return _Sqlite(_read_only(url, file) if reads_only else url, file, reads_only)


def why(fault: Exception) -> str:
    """What the database or the system says of a fault, in a line, for its operator.

    Of the database's URL it holds at most names and the address, never the password.
    """
    said = getattr(fault, "orig", None) or getattr(fault, "strerror", None) or fault
    line = str(said).partition("\n")[0]
    file = getattr(fault, "filename", None)
    if isinstance(fault, TimeoutError) and not line:
        return "it does not answer"
    return f"{file}: {line}" if file else line


class _Sqlite:
    """One connection in one thread."""

    def __init__(self, url: URL, file: Path, reads_only: bool) -> None:
        self._lock = file.with_name(f"{file.name}.lock")
        self._claimed: IO[bytes] | None = None
        # The driver would begin a transaction with the first writing statement, when what was read
        # before may be old already.
        settings = {"timeout": _LOCK_SECONDS, "isolation_level": None}
        self._engine = create_engine(url.set(drivername="sqlite"), connect_args=settings)
        if not reads_only:
            event.listen(self._engine, "connect", _make_durable)
        self._begin = "BEGIN" if reads_only else "BEGIN IMMEDIATE"
        self._worker = _Worker()
        self._connection: Connection | None = None

    async def claim(self) -> None:
        """See ``AuditDatabase``."""
        deadline = time.monotonic() + CLAIM_SECONDS
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        self._claimed = os.fdopen(handle, "r+b")
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise AuditUnavailable(
                        f"another process writes the audit trail that {self._lock} guards"
                    ) from None
                await asyncio.sleep(CLAIM_PAUSE_SECONDS)
            else:
                return

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """See ``AuditDatabase``."""

        def run(connection: Connection) -> T:
            driver = sqlite_connection(connection)
            # Through SQLAlchemy this takes a sixth of a commit's processor time.
            driver.execute(self._begin)
            result = work(connection)
            driver.execute("COMMIT")
            return result

        return await self._worker.run(lambda: self._run(run))

    async def add(self, entries: Sequence[Entry], chain: str, _session: object | None) -> bool:
        """See ``AuditDatabase``."""
        # One statement is a transaction by itself. After each one this thread has to wait until
        # the event loop's lets it go on.
        work = partial(write_entries, chain=chain, entries=entries)
        await self._worker.run(lambda: self._run(work))
        return True

    def has_ended(self, _session: object | None) -> bool:
        """Never: what was claimed is held until ``close``."""
        return False

    def _run(self, work: Callable[[Connection], T]) -> T:
        # Kept from one transaction to the next: taking it from the pool costs as much as a commit.
        connection = self._connection or self._engine.connect()
        self._connection = None
        try:
            result = work(connection)
            if connection.in_transaction():
                # Where the work went through SQLAlchemy; what is rolled back is its notion alone.
                connection.rollback()
        except BaseException:
            # Whatever state it is in, nobody shall build on it.
            connection.invalidate()
            connection.close()
            raise
        self._connection = connection
        return result

    async def close(self) -> None:
        """See ``AuditDatabase``."""
        await self._worker.run(self._end)
        self._worker.stop()
        if self._claimed is not None:
            self._claimed.close()

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


class _Worker:
    """A thread that does one thing after the other for an event loop.

    An executor does the same for twice the processor time, and it is used for every commit.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """What ``work`` returns or raises; it is done even if nobody waits for it any more."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._asked.put((loop, done, work))
        return done

    def stop(self) -> None:
        """End the thread, once it has done what was asked before."""
        self._asked.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (task := self._asked.get()) is not None:
            loop, done, work = task
            try:
                result, fault = work(), None
            except BaseException as raised:  # noqa: BLE001 - whoever asked decides
                result, fault = None, raised
            # A loop that has ended was not waiting either.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, done, result, fault)


_Task: TypeAlias = tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[[], Any]]


class _Postgresql:
    """One connection on the event loop."""

    def __init__(self, url: URL, reads_only: bool) -> None:
        # Waits for the disk also where the server's administrator chose not to.
        settings = {"synchronous_commit": "on", **_KEEPALIVES}
        if reads_only:
            settings = {
                "default_transaction_read_only": "on",
                "default_transaction_isolation": "repeatable read",
            }
        # What is not configured is not imported: this brings along the whole object mapper.
        from asyncpg import PostgresError  # noqa: PLC0415
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415

        self._refusal = PostgresError
        self._engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=1,
            connect_args={"timeout": _CONNECT_SECONDS, "server_settings": settings},
        )
        event.listen(self._engine.sync_engine, "do_connect", _connect)
        # The pool's own way to find a connection dead asks the server three times, each time.
        event.listen(self._engine.sync_engine, "checkout", _refuse_a_closed_one)
        event.listen(self._engine.sync_engine, "handle_error", _tell_a_lost_one)

    async def claim(self) -> None:
        """Nothing to do: everybody writes a chain of its own."""

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """See ``AuditDatabase``."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def add(self, entries: Sequence[Entry], chain: str, session: object | None) -> bool:
        """See ``AuditDatabase``."""
        if not isinstance(session, AdaptedConnection) or self.has_ended(session):
            return False
        driver = session.driver_connection
        try:
            # Neither BEGIN nor COMMIT, for each of which the server would be asked.
            await driver.execute(ADD_ON_POSTGRESQL, *columns_of(entries, chain))
        except self._refusal:
            raise  # by the server, which has undone it
        except BaseException:
            # Whatever state it is in, nobody shall build on it.
            driver.terminate()
            raise
        return True

    def has_ended(self, session: object | None) -> bool:
        """See ``AuditDatabase``."""
        return isinstance(session, AdaptedConnection) and session.driver_connection.is_closed()

    async def close(self) -> None:
        """See ``AuditDatabase``."""
        await self._engine.dispose()


def _connect(
    dialect: Dialect, _: ConnectionPoolEntry, positional: list[Any], named: dict[str, Any]
) -> DBAPIConnection:
    """Connect, and tell what is wrong with the URL where the driver fails by its own code."""
    try:
        return dialect.connect(*positional, **named)
    except (TypeError, ValueError, OverflowError):
        # What is repeated in their texts may be a part of a password that was not escaped.
        raise ArgumentError(
            "no such host or port, or an option behind ? in its URL that the driver asyncpg does "
            "not take (TLS is ssl=require, not sslmode)"
        ) from None


def _refuse_a_closed_one(connection: DBAPIConnection, *_: object) -> None:
    """Let the pool connect anew where the server has ended a session that nobody used."""
    driver: Any = connection
    if driver.driver_connection.is_closed():
        raise DisconnectionError


def _tell_a_lost_one(context: ExceptionContext) -> None:
    """Tell as a lost connection what the driver says of one whose end it has half noticed."""
    driver: Any = context.dialect.loaded_dbapi
    if isinstance(context.original_exception, driver.InternalClientError):
        context.is_disconnect = True


def _check_file(file: Path, make: bool, reads_only: bool) -> None:
    """Fail here with the name of the file; SQLite's own message has none."""
    try:
        if make and not file.exists():
            file.touch(0o600)
        with file.open("rb" if reads_only else "r+b"):
            pass
    except OSError as fault:
        raise AuditUnavailable(f"the database {file} cannot be used: {fault.strerror}") from fault


def _read_only(url: URL, file: Path) -> URL:
    """The URL under which SQLite opens a file without the right to change it."""
    query = {"mode": "ro", "uri": "true"}
    beside = [file.with_name(f"{file.name}-{each}") for each in ("wal", "shm")]
    if not any(each.exists() for each in beside) and not os.access(file.parent, os.W_OK):
        # A copy on a medium that cannot be written: nobody else changes it either.
        query["immutable"] = "1"
    return url.set(database=f"file:{quote(str(file))}", query=query)


def _make_durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor: Any = connection.cursor()
    # Of a new file only. A page is written by two calls, and records have some kilobytes.
    cursor.execute("PRAGMA page_size = 8192")
    cursor.execute("PRAGMA journal_mode = WAL")
    # In WAL mode NORMAL loses the last commits with the power; FULL syncs each one.
    cursor.execute("PRAGMA synchronous = FULL")
    # On macOS a plain fsync stops at the disk's own cache; elsewhere this changes nothing.
    cursor.execute("PRAGMA fullfsync = ON")
    # What retention removes is overwritten, not only unlinked.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()

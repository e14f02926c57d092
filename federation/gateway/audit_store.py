"""The audit sink on a database: one chain per store, many records in each transaction.

Group commit: while one transaction is being written to the disk, the records that arrive wait
together for the next. Under load that is one fsync for hundreds of records, without load it is one
fsync for one record and no added delay.
"""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Executable, Row, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from federation.audit import (
    REGISTER,
    AuditRecord,
    ChainClosed,
    ChainHead,
    ChainOpened,
    Entry,
    RegisterEvent,
    append,
    canonical_bytes,
    empty_chain,
    event_bytes,
    key_id,
    read_register,
    sign_head,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit_tables import (
    ENTRIES,
    HEADS,
    OPERATIONS,
    audit_engine,
    create_tables,
    lock_shared_tables,
    stored_bytes,
    stored_number,
)

MAX_WAITING = 10_000
MAX_BATCH = 500
HEAD_SECONDS = 5.0
MAX_KNOWN_OPERATIONS = 10_000


def now_ms() -> int:
    """Milliseconds since 1970 in UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A record on its way to the disk."""

    body: bytes
    operation: tuple[str, str] | None
    done: asyncio.Future[None]


class AuditStore:
    """An ``AuditSink`` that writes its own chain; made by ``open_audit_store``.

    Attributes:
        head: The chain's end, as far as it is known to be durable.
    """

    def __init__(
        self, engine: AsyncEngine, head: ChainHead, key: Ed25519PrivateKey, clock: Callable[[], int]
    ) -> None:
        self.head = head
        self._engine = engine
        self._key = key
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._known_operations: dict[str, None] = {}
        self._signed = head
        self._signed_at = time.monotonic()
        self._is_certain = True
        self._is_closed = False

    async def append(self, record: AuditRecord, operation_text: str | None = None) -> None:
        """Return when the record is durable; see ``AuditSink``."""
        if self._is_closed:
            raise AuditUnavailable("the audit trail is closed")
        if len(self._waiting) >= MAX_WAITING:
            raise AuditUnavailable("too many audit records wait to be written")
        operation = None
        if operation_text is not None and record.operation.digest not in self._known_operations:
            operation = (record.operation.digest, operation_text)
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(canonical_bytes(record), operation, done))
        self._arrived.set()
        await done

    async def run(self) -> None:
        """Write what arrives until closed; the one task that may write this chain."""
        try:
            while self._waiting or not self._is_closed:
                if not self._waiting:
                    await self._wait()
                size = min(len(self._waiting), MAX_BATCH)
                batch = [self._waiting.popleft() for _ in range(size)]
                if batch or self._head_is_due():
                    await self._write(batch)
        finally:
            self._is_closed = True
            _settle(self._waiting, AuditUnavailable("the audit trail is closed"))

    async def close(self, writer: asyncio.Task[None]) -> None:
        """Refuse new records, write those that wait, and enter the chain's end in the register.

        Args:
            writer: The task in which ``run`` runs.

        Raises:
            AuditUnavailable: The end could not be entered; the chain counts as left open.
        """
        self._is_closed = True
        self._arrived.set()
        await asyncio.wait([writer])
        at = self._clock()
        try:
            async with self._engine.begin() as connection:
                end = await stored_head(connection, self.head.chain)
                closed = ChainClosed(end.chain, end.sequence, end.digest.hex(), at, orderly=True)
                await _store_head(connection, end, at, self._key)
                await _register(connection, closed, at, self._key)
        except (SQLAlchemyError, OSError) as fault:
            raise AuditUnavailable("the audit chain could not be closed") from fault

    def _head_is_due(self) -> bool:
        is_old = time.monotonic() >= self._signed_at + HEAD_SECONDS
        return is_old and self._signed != self.head

    async def _wait(self) -> None:
        """Until something arrives, or the last written entries want a signed head."""
        self._arrived.clear()
        rest = None
        if self._signed != self.head:
            rest = max(self._signed_at + HEAD_SECONDS - time.monotonic(), 0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(rest):
                await self._arrived.wait()

    async def _write(self, batch: list[_Waiting]) -> None:
        """Write a batch whole, or tell all who wait for it that it is not certain."""
        try:
            await self._commit(batch)
        except Exception as fault:  # noqa: BLE001 (whatever failed, nobody may be told "durable")
            _settle(batch, fault)
            # An endless fault on an idle chain must not become a busy loop.
            self._signed_at = time.monotonic()
        except asyncio.CancelledError as cancelled:
            _settle(batch, cancelled)
            raise
        else:
            _settle(batch, None)

    async def _commit(self, batch: list[_Waiting]) -> None:
        async with self._engine.begin() as connection:
            if not self._is_certain:
                # A failed commit may have reached the disk all the same: the database knows.
                self.head = await stored_head(connection, self.head.chain)
            self._is_certain = False
            entries, head = append(self.head, [waiting.body for waiting in batch])
            if entries:
                await connection.execute(insert(ENTRIES), _rows(head.chain, entries))
            texts = dict(waiting.operation for waiting in batch if waiting.operation)
            await _store_operations(connection, texts)
            is_due = time.monotonic() >= self._signed_at + HEAD_SECONDS
            if is_due:
                await _store_head(connection, head, self._clock(), self._key)
        self.head = head
        self._is_certain = True
        if is_due:
            self._signed, self._signed_at = head, time.monotonic()
        for digest in texts:
            self._known_operations[digest] = None
        while len(self._known_operations) > MAX_KNOWN_OPERATIONS:
            del self._known_operations[next(iter(self._known_operations))]


@contextlib.asynccontextmanager
async def open_audit_store(
    database: str,
    key: Ed25519PrivateKey,
    writer: str,
    clock: Callable[[], int] = now_ms,
) -> AsyncIterator[AuditStore]:
    """Open a new chain, keep it while the context lasts, and close it.

    On SQLite one process at a time may do this; it closes chains whose writers have died. On
    PostgreSQL each process writes a chain of its own.

    Args:
        database: SQLAlchemy URL.
        key: Signs heads.
        writer: Name of the process, for people who read the register.
        clock: Milliseconds since 1970.

    Raises:
        AuditUnavailable: The database cannot be used.
    """
    engine = audit_engine(database, make=True)
    try:
        try:
            await create_tables(engine)
            head = await _open_chain(engine, key, writer, clock())
        except (SQLAlchemyError, OSError) as fault:
            raise AuditUnavailable("the audit database cannot be used") from fault
        store = AuditStore(engine, head, key, clock)
        task = asyncio.create_task(store.run(), name="audit writer")
        try:
            yield store
        finally:
            await store.close(task)
    finally:
        await engine.dispose()


async def _open_chain(
    engine: AsyncEngine, key: Ed25519PrivateKey, writer: str, at: int
) -> ChainHead:
    chain = f"{at}-{secrets.token_hex(6)}"
    async with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            register = read_register(await stored_entries(connection, REGISTER))
            for dead in sorted(set(register.openings) - set(register.closings)):
                end = await stored_head(connection, dead)
                digest = end.digest.hex()
                closed = ChainClosed(dead, end.sequence, digest, at, orderly=False)
                await _register(connection, closed, at, key)
        opened = ChainOpened(chain, writer, at, key_id(key.public_key()))
        await _register(connection, opened, at, key)
    return empty_chain(chain)


async def _register(
    connection: AsyncConnection, what: RegisterEvent, at: int, key: Ed25519PrivateKey
) -> None:
    """Enter an event at the end of the register and sign the register's new head."""
    await lock_shared_tables(connection)
    entries, head = append(await stored_head(connection, REGISTER), [event_bytes(what)])
    await connection.execute(insert(ENTRIES), _rows(REGISTER, entries))
    await _store_head(connection, head, at, key)


async def stored_head(connection: AsyncConnection, chain: str) -> ChainHead:
    """The end of a chain as the database has it."""
    query = select(ENTRIES.c.sequence, ENTRIES.c.digest).where(ENTRIES.c.chain == chain)
    row = (await connection.execute(query.order_by(ENTRIES.c.sequence.desc()).limit(1))).first()
    return ChainHead(chain, row.sequence, row.digest) if row else empty_chain(chain)


async def stored_entries(connection: AsyncConnection, chain: str) -> list[Entry]:
    """All entries of a chain, in order; for the register, which is short."""
    query = select(ENTRIES).where(ENTRIES.c.chain == chain).order_by(ENTRIES.c.sequence)
    rows = await connection.execute(query)
    return [stored_entry(row) for row in rows]


def stored_entry(row: Row[Any]) -> Entry:
    """A row of the entries' table as an entry, well-formed or not."""
    return Entry(
        stored_number(row.sequence),
        stored_bytes(row.previous),
        stored_bytes(row.body),
        stored_bytes(row.digest),
    )


async def _store_head(
    connection: AsyncConnection, head: ChainHead, at: int, key: Ed25519PrivateKey
) -> None:
    signed = sign_head(head, at, key)
    row = {
        "chain": head.chain,
        "sequence": head.sequence,
        "digest": head.digest,
        "at": at,
        "key_id": signed.key_id,
        "signature": signed.signature,
    }
    await connection.execute(_insert_new(connection, HEADS), [row])


async def _store_operations(connection: AsyncConnection, texts: dict[str, str]) -> None:
    if not texts:
        return
    rows = [{"digest": digest, "text": text} for digest, text in sorted(texts.items())]
    await connection.execute(_insert_new(connection, OPERATIONS), rows)


def _insert_new(connection: AsyncConnection, table: Table) -> Executable:
    """An insert that leaves rows alone which are there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def _rows(chain: str, entries: list[Entry]) -> list[dict[str, object]]:
    return [
        {
            "chain": chain,
            "sequence": entry.sequence,
            "previous": entry.previous,
            "digest": entry.digest,
            "body": entry.body,
        }
        for entry in entries
    ]


def _settle(batch: Iterable[_Waiting], fault: BaseException | None) -> None:
    """Tell everyone who still waits how it went."""
    for waiting in batch:
        if waiting.done.done():  # its request was cancelled; the record is written all the same
            continue
        if fault is None:
            waiting.done.set_result(None)
        else:
            answer = AuditUnavailable("the audit record could not be written")
            answer.__cause__ = fault
            waiting.done.set_exception(answer)

"""The audit sink on a database: one chain per store, many records in each transaction."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from federation.audit import (
    AuditRecord,
    ChainHead,
    append,
    canonical_bytes,
    links_bytes,
    sign_head,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit.company import Company, Waiting, settle
from federation.gateway.audit.database import (
    CLAIM_PAUSE_SECONDS,
    CLAIM_SECONDS,
    AuditDatabase,
    audit_database,
    why,
)
from federation.gateway.audit.opening import KeysDiffer, Opened, Opener, closing_at, enter
from federation.gateway.audit.tables import (
    MOST_ROWS,
    create_tables,
    read_digest,
    read_head,
    read_recent_heads,
    session_of,
    wait_until_abandoned,
    write_entries,
    write_head,
    write_operations,
)

WRITE_SECONDS = 8.0
HEAD_SECONDS = 5.0
LINK_OVERLAP_SECONDS = 60
MAX_KNOWN_OPERATIONS = 10_000


def now_ms() -> int:
    """Milliseconds since 1970 in UTC."""
    return time.time_ns() // 1_000_000


class _Sent(NamedTuple):
    """What the last attempt to write went through, and the end of a chain that it builds on.

    None where it did not come so far.
    """

    session: object | None
    behind: ChainHead | None


class AuditStore:
    """An ``AuditSink`` that writes its own chain; made by ``open_audit_store``.

    Attributes:
        head: The chain's end, as far as it is known to be durable.
        has_new_digest_key: Whether the trail was written with another key until now.
    """

    def __init__(
        self, database: AuditDatabase, opened: Opened, opener: Opener, clock: Callable[[], int]
    ) -> None:
        self.head = head = opened.head
        self.has_new_digest_key = opened.has_new_digest_key
        self._session = opened.session
        self._database = database
        self._opener = opener
        self._key = opener.key
        self._clock = clock
        self._company = Company()
        self._known_operations: dict[str, None] = {}
        self._signed = head
        self._signed_at = time.monotonic()
        self._linked: dict[str, int] = {}
        self._linked_at = clock() - LINK_OVERLAP_SECONDS * 1000
        self._is_certain = True
        self._sent = _Sent(None, None)
        self._head_timer: asyncio.TimerHandle | None = None

    def append(
        self, record: AuditRecord, operation_text: str | None = None
    ) -> asyncio.Future[None]:
        """See ``AuditSink``; no task and no thread of its own, since every answer comes by here."""
        return self.append_body(record, canonical_bytes(record), operation_text)

    def append_body(
        self, record: AuditRecord, body: bytes, operation_text: str | None
    ) -> asyncio.Future[None]:
        """``append`` of a record whose canonical form is known."""
        operation, digest = None, record.operation.digest
        if operation_text is not None and digest not in self._known_operations:
            operation = (digest, operation_text)
        return self._company.add(body, operation)

    async def run(self) -> None:
        """Write what arrives until closed; the one task that may write this chain."""
        try:
            while not self._company.is_over:
                self._time_head()
                batch = await self._company.take()
                if batch or self._head_is_due():
                    await self._write(batch)
        finally:
            self._company.give_up()
            if self._head_timer is not None:
                self._head_timer.cancel()

    async def close(self, writer: asyncio.Task[None]) -> None:
        """Refuse new records, write those that wait, and enter the chain's end in the register.

        Args:
            writer: The task in which ``run`` runs.

        Raises:
            AuditUnavailable: The end could not be entered; the chain counts as left open.
        """
        self._company.close()
        await asyncio.wait([writer])

        def enter_end(connection: Connection) -> None:
            at = self._clock()
            if session_of(connection) is not self._session:
                # Somebody may have closed it already, as that of a dead writer.
                self._opener.close_abandoned(connection, at)
                return
            end = read_head(connection, self.head.chain)
            write_head(connection, sign_head(end, at, self._key))
            enter(connection, closing_at(end, at, orderly=True), at, self._key)

        try:
            try:
                await self._database.transact(enter_end)
            except DBAPIError as fault:
                if not fault.connection_invalidated:
                    raise
                # The session had ended unnoticed, since nothing was written for a while.
                await self._database.transact(enter_end)
        except (SQLAlchemyError, OSError) as fault:
            raise AuditUnavailable(f"the audit chain could not be closed: {why(fault)}") from fault

    def _head_is_due(self) -> bool:
        is_old = time.monotonic() >= self._signed_at + HEAD_SECONDS
        return is_old and self._signed != self.head

    def _time_head(self) -> None:
        """See to it that the last written entries get a signed head though nothing arrives."""
        if self._head_timer is None and self._signed != self.head:
            rest = max(self._signed_at + HEAD_SECONDS - time.monotonic(), 0)
            self._head_timer = asyncio.get_running_loop().call_later(rest, self._end_head_timer)

    def _end_head_timer(self) -> None:
        self._head_timer = None
        self._company.wake()

    async def _write(self, batch: list[Waiting]) -> None:
        """Write a batch whole, or tell all who wait for it that it is not certain."""
        try:
            await self._commit(batch)
        except Exception as fault:  # noqa: BLE001 (whatever failed, nobody may be told "durable")
            settle(batch, fault)
            # An endless fault on an idle chain must not become a busy loop.
            self._signed_at = time.monotonic()
        except asyncio.CancelledError as cancelled:
            settle(batch, cancelled)
            raise
        else:
            settle(batch, None)

    async def _commit(self, batch: list[Waiting]) -> None:
        texts = dict(waiting.operation for waiting in batch if waiting.operation)
        # Nobody waits for a database for ever: the answer is refused, and the next one asks again.
        async with asyncio.timeout(WRITE_SECONDS):
            try:
                await self._commit_next(batch, texts)
            except Exception:
                if not (batch and self._database.has_ended(self._sent.session)):
                    raise
                await self._commit_anew(batch, texts, self._sent.behind)
        for digest in texts:
            self._known_operations[digest] = None
        while len(self._known_operations) > MAX_KNOWN_OPERATIONS:
            del self._known_operations[next(iter(self._known_operations))]

    async def _commit_next(self, batch: list[Waiting], texts: Mapping[str, str]) -> None:
        """Commit behind the end of the chain, or in a new one where it is known to be lost."""
        self._sent = _Sent(None, None)
        is_due = time.monotonic() >= self._signed_at + HEAD_SECONDS
        is_plain = self._is_certain and not is_due and not texts and len(batch) <= MOST_ROWS
        if not (is_plain and await self._commit_entries(batch)):
            await self._commit_all(batch, texts, is_due=is_due)

    async def _commit_anew(
        self, batch: list[Waiting], texts: Mapping[str, str], behind: ChainHead | None
    ) -> None:
        """Commit in a new chain what a session was given that was then lost, unless it is there.

        The new chain is opened in any case: where writes wait for a second server, that has all
        that came before when it has this.

        Args:
            behind: Where it is, if it is; None where that session did not come so far.

        Raises:
            DBAPIError: For the server that session still lives, so that nothing is certain; or the
                new one was lost, too.
        """
        is_there = behind is not None and await self._database.transact(
            partial(_was_written, behind, batch)
        )
        await self._commit_all([] if is_there else batch, texts, is_due=False)

    async def _commit_entries(self, batch: list[Waiting]) -> bool:
        """Commit what is nothing but entries behind the known end of the chain, as mostly.

        Returns:
            False where that end is no longer this writer's to build upon; nothing is done then.
        """
        entries, head = append(self.head, [waiting.body for waiting in batch])
        self._sent = _Sent(self._session, self.head)
        self._is_certain = False
        is_done = await self._database.add(entries, head.chain, self._session)
        self._is_certain = True
        if is_done:
            self.head = head
        else:
            self._sent = _Sent(None, None)
        return is_done

    async def _commit_all(
        self, batch: list[Waiting], texts: Mapping[str, str], *, is_due: bool
    ) -> None:
        """Commit entries with new operation texts, and with a signed head where one is due."""
        start = self.head if self._is_certain else None
        self._is_certain = False
        links: list[ChainHead] = []
        opened: Opened | None = None
        now = self._clock()

        def write(connection: Connection) -> ChainHead:
            nonlocal opened
            session = session_of(connection)
            self._sent = _Sent(session, None)
            if session is not self._session:
                # To other writers this one has died with its session: it begins anew.
                opened = self._opener.open(connection, now)
                before = opened.head
            else:
                # A failed commit may have reached the disk all the same: the database knows.
                before = start or read_head(connection, self.head.chain)
            self._sent = _Sent(session, before)
            bodies = [waiting.body for waiting in batch]
            if is_due:
                links[:] = self._new_links(connection)
                if links:
                    bodies.append(links_bytes(now, links))
            entries, head = append(before, bodies)
            write_entries(connection, head.chain, entries)
            write_operations(connection, texts)
            if is_due:
                write_head(connection, sign_head(head, now, self._key))
            return head

        self.head = await self._database.transact(write)
        self._is_certain = True
        if opened is not None:
            self._session, self._linked = opened.session, {}
        if is_due:
            self._signed, self._signed_at = self.head, time.monotonic()
            self._linked |= {each.chain: each.sequence for each in links}
            self._linked_at = now

    def _new_links(self, connection: Connection) -> list[ChainHead]:
        """Heads of other chains that were signed since this chain linked to them last."""
        # Clocks of two machines differ, and a head is seen only when its transaction has ended.
        since = self._linked_at - LINK_OVERLAP_SECONDS * 1000
        return [
            each.head
            for each in read_recent_heads(connection, since)
            if each.head.chain != self.head.chain
            and each.head.sequence > self._linked.get(each.head.chain, 0)
        ]


@contextlib.asynccontextmanager
async def open_audit_store(
    database: str,
    key: Ed25519PrivateKey,
    writer: str,
    clock: Callable[[], int] = now_ms,
    *,
    digest_key_id: str | None = None,
) -> AsyncIterator[AuditStore]:
    """Open a new chain, keep it while the context lasts, and close it.

    On SQLite one process at a time may do this, on PostgreSQL each process writes a chain of its
    own. Chains whose writers have died are closed first.

    Args:
        database: SQLAlchemy URL.
        key: Signs heads.
        writer: Name of the process, for people who read the register.
        clock: Milliseconds since 1970.
        digest_key_id: Of the key by which records name persons; None for one that is kept nowhere.

    Raises:
        AuditUnavailable: The database cannot be used, or others write with another such key.
    """
    target = audit_database(database, make=True)
    opener = Opener(key, writer, digest_key_id)
    try:
        try:
            await target.claim()
            await target.transact(create_tables)
            opened = await _open(target, opener, clock)
        except (SQLAlchemyError, OSError) as fault:
            raise AuditUnavailable(f"the audit database cannot be used: {why(fault)}") from fault
        store = AuditStore(target, opened, opener, clock)
        task = asyncio.create_task(store.run(), name="audit writer")
        try:
            yield store
        finally:
            await store.close(task)
    finally:
        await target.close()


async def _open(target: AuditDatabase, opener: Opener, clock: Callable[[], int]) -> Opened:
    """Open the first chain, once a gateway with another key that is being replaced has ended."""
    deadline = time.monotonic() + CLAIM_SECONDS
    while True:
        try:
            return await target.transact(lambda connection: opener.open(connection, clock()))
        except KeysDiffer as fault:
            if time.monotonic() > deadline:
                raise AuditUnavailable(str(fault)) from None
            await asyncio.sleep(CLAIM_PAUSE_SECONDS)


def _was_written(behind: ChainHead, batch: Sequence[Waiting], connection: Connection) -> bool:
    """Whether a batch was committed behind the end of a chain though its session was lost."""
    wait_until_abandoned(connection, behind.chain)
    _, head = append(behind, [waiting.body for waiting in batch])
    return read_digest(connection, head.chain, head.sequence) == head.digest

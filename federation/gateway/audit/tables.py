"""The tables of the audit trail: what is written into them and read from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Executable,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from federation.audit import ChainHead, Entry, SignedHead, empty_chain
from federation.gateway.sqlite import sqlite_connection

_METADATA = MetaData()

# Records and the register alike: what an entry means is its chain's business. What people search
# by is in the body; an index over it (`index`) is a matter of reading, not of writing.
_ENTRIES = Table(
    "audit_entry",
    _METADATA,
    Column("chain", String(80), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("previous", LargeBinary(32), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("chain", "sequence"),
)

_HEADS = Table(
    "audit_head",
    _METADATA,
    Column("chain", String(80), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    PrimaryKeyConstraint("chain", "sequence", "at"),
    # Writers look for what others signed lately.
    Index("audit_head_at", "at"),
)

_OPERATIONS = Table(
    "audit_operation",
    _METADATA,
    Column("digest", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)

_INSERT = insert(_ENTRIES)
_INSERT_ON_SQLITE = f"INSERT INTO {_ENTRIES.name} ({', '.join(_ENTRIES.columns.keys())}) VALUES "  # noqa: S608
ADD_ON_POSTGRESQL = (
    f"INSERT INTO {_ENTRIES.name} ({', '.join(_ENTRIES.columns.keys())}) "  # noqa: S608
    "SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[])"
)
"""Adds entries to a chain; takes ``columns_of`` them."""
MOST_ROWS = 100
"""Rows in one statement on SQLite; old versions of it take 999 parameters."""
PAGE = 1_000
"""Entries that are read at once."""
# An arbitrary number that every Datong process takes for this lock.
_LOCK_NUMBER = 0x4441544F4E47
# A server that has ended a session needs some milliseconds to give up its locks.
_END_SECONDS = 2


def create_tables(connection: Connection) -> None:
    """Create what is missing."""
    lock_shared_tables(connection)
    _METADATA.create_all(connection)


def lock_shared_tables(connection: Connection) -> None:
    """Let no other process create tables or write the register until this transaction ends.

    Needed on PostgreSQL only, where every worker writes; SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))


def session_of(connection: Connection) -> object | None:
    """What a writer's hold on its chain lives and dies with; None where a claimed file does so.

    See ``AuditDatabase.claim``.
    """
    if connection.dialect.name == "postgresql":
        return connection.connection.dbapi_connection
    return None


def hold_chain(connection: Connection, chain: str) -> None:
    """Show to other writers that the writer of a chain lives, until this session has ended.

    The server ends a session when its process has died, and gives up its locks only then: nothing
    can be added to the chain afterwards by a transaction of this session.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_lock(_number_of(chain))))


def is_abandoned(connection: Connection, chain: str) -> bool:
    """Whether nobody writes an open chain any more; for a writer that is about to open its own."""
    if connection.dialect.name == "postgresql":
        lock = func.pg_try_advisory_xact_lock(_number_of(chain))
        return bool(connection.scalar(select(lock)))
    return True  # who has claimed the file is its one writer


def wait_until_abandoned(connection: Connection, chain: str) -> None:
    """Return when the writer's session has ended for the server too; nothing comes after that.

    The server answers with an error after ``_END_SECONDS``, since a session that it has not missed
    may still commit what it was sent.
    """
    connection.execute(text(f"SET LOCAL lock_timeout = '{_END_SECONDS}s'"))
    connection.execute(select(func.pg_advisory_xact_lock(_number_of(chain))))


def _number_of(chain: str) -> int:
    return int.from_bytes(sha256(chain.encode()).digest()[:8], "big", signed=True)


def write_entries(connection: Connection, chain: str, entries: Sequence[Entry]) -> None:
    """Add entries to the end of a chain."""
    rows = [(chain, entry.sequence, entry.previous, entry.digest, entry.body) for entry in entries]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        driver = sqlite_connection(connection)
        # Few long statements: in between, this thread would have to wait for the event loop's.
        for at in range(0, len(rows), MOST_ROWS):
            some = rows[at : at + MOST_ROWS]
            driver.execute(_insert_on_sqlite(len(some)), [value for row in some for value in row])
    else:
        names = ("chain", "sequence", "previous", "digest", "body")
        connection.execute(_INSERT, [dict(zip(names, row, strict=True)) for row in rows])


def columns_of(
    entries: Sequence[Entry], chain: str
) -> tuple[str, list[int], list[bytes], list[bytes], list[bytes]]:
    """Entries as PostgreSQL's driver takes many rows at once."""
    return (
        chain,
        [each.sequence for each in entries],
        [each.previous for each in entries],
        [each.digest for each in entries],
        [each.body for each in entries],
    )


@lru_cache(MOST_ROWS)
def _insert_on_sqlite(rows: int) -> str:
    row = f"({', '.join('?' * len(_ENTRIES.columns))})"
    return _INSERT_ON_SQLITE + ", ".join([row] * rows)


def write_head(connection: Connection, signed: SignedHead) -> None:
    """Keep a signed head."""
    row = {
        "chain": signed.head.chain,
        "sequence": signed.head.sequence,
        "digest": signed.head.digest,
        "at": signed.at,
        "key_id": signed.key_id,
        "signature": signed.signature,
    }
    connection.execute(_insert_new(connection, _HEADS), [row])


def write_operations(connection: Connection, texts: Mapping[str, str]) -> None:
    """Keep operation texts under their digests, unless they are there."""
    rows = [{"digest": digest, "text": text} for digest, text in sorted(texts.items())]
    if rows:
        connection.execute(_insert_new(connection, _OPERATIONS), rows)


def read_head(connection: Connection, chain: str) -> ChainHead:
    """The end of a chain as the database has it."""
    query = select(_ENTRIES.c.sequence, _ENTRIES.c.digest).where(_ENTRIES.c.chain == chain)
    row = connection.execute(query.order_by(_ENTRIES.c.sequence.desc()).limit(1)).first()
    if row is None:
        return empty_chain(chain)
    return ChainHead(chain, _number(row.sequence), _bytes(row.digest))


def read_chains(connection: Connection) -> set[str]:
    """Names of all chains that have entries."""
    return _names_in(connection, _ENTRIES)


def _names_in(connection: Connection, table: Table) -> set[str]:
    """The chains of a table, from one to the next: to sort out all rows takes minutes."""
    found = select(func.min(table.c.chain).label("chain")).cte(recursive=True)
    behind = select(func.min(table.c.chain)).where(table.c.chain > found.c.chain)
    found = found.union_all(select(behind.scalar_subquery()).where(found.c.chain.is_not(None)))
    return {_text(name) for name in connection.scalars(select(found)) if name is not None}


def read_entries(connection: Connection, chain: str) -> Iterator[Entry]:
    """The entries of a chain by number, well-formed or not, a page at a time."""
    yield from _paged(connection, select(_ENTRIES).where(_ENTRIES.c.chain == chain), PAGE)


def read_entries_at(
    connection: Connection,
    chain: str,
    numbers: range | Sequence[int],
    needles: Sequence[bytes] = (),
    size: int = PAGE,
) -> Iterator[Entry]:
    """The entries of a chain under these numbers whose bodies hold all bytes, so many at once.

    Args:
        numbers: In order.
    """
    query = select(_ENTRIES).where(_ENTRIES.c.chain == chain)
    for needle in needles:
        sought = literal(needle, LargeBinary)
        if connection.dialect.name == "postgresql":
            query = query.where(func.position(sought.op("IN")(_ENTRIES.c.body)) > 0)
        else:
            query = query.where(func.instr(_ENTRIES.c.body, sought) > 0)
    if isinstance(numbers, range):
        bounds = _ENTRIES.c.sequence >= numbers.start, _ENTRIES.c.sequence < numbers.stop
        yield from _paged(connection, query.where(*bounds), size)
        return
    for at in range(0, len(numbers), size):
        some = _ENTRIES.c.sequence.in_(numbers[at : at + size])
        yield from _paged(connection, query.where(some), size)


def _paged(connection: Connection, query: Select[Any], size: int) -> Iterator[Entry]:
    query = query.order_by(_ENTRIES.c.sequence)
    rows = connection.execute(query.limit(size)).all()
    while rows:
        for row in rows:
            yield Entry(
                _number(row.sequence), _bytes(row.previous), _bytes(row.body), _bytes(row.digest)
            )
        if len(rows) < size:
            return
        rest = query.where(_ENTRIES.c.sequence > rows[-1].sequence)
        rows = connection.execute(rest.limit(size)).all()


def read_digest(connection: Connection, chain: str, sequence: int) -> bytes | None:
    """The hash that one entry bears; None when it is not there."""
    query = select(_ENTRIES.c.digest).where(
        _ENTRIES.c.chain == chain, _ENTRIES.c.sequence == sequence
    )
    row = connection.execute(query).first()
    return None if row is None else _bytes(row.digest)


def read_heads(connection: Connection, chain: str) -> list[SignedHead]:
    """All signed heads of a chain, authentic or not."""
    return _heads(connection.execute(select(_HEADS).where(_HEADS.c.chain == chain)))


def read_signed_chains(connection: Connection) -> set[str]:
    """Names of all chains that have heads."""
    return _names_in(connection, _HEADS)


def read_recent_heads(connection: Connection, since: int) -> list[SignedHead]:
    """The latest head of each chain of which one was signed at that time or later."""
    query = select(_HEADS).where(_HEADS.c.at >= since).order_by(_HEADS.c.chain, _HEADS.c.sequence)
    return list({each.head.chain: each for each in _heads(connection.execute(query))}.values())


def read_last_head(connection: Connection, chain: str) -> SignedHead | None:
    """The latest signed head of a chain."""
    query = select(_HEADS).where(_HEADS.c.chain == chain)
    query = query.order_by(_HEADS.c.sequence.desc(), _HEADS.c.at.desc()).limit(1)
    return next(iter(_heads(connection.execute(query))), None)


def delete_entries(connection: Connection, chain: str, up_to: int, count: int) -> list[int]:
    """Remove so many of the oldest entries up to a number; which were there."""
    oldest = select(_ENTRIES.c.sequence).where(
        _ENTRIES.c.chain == chain, _ENTRIES.c.sequence <= up_to
    )
    oldest = oldest.order_by(_ENTRIES.c.sequence).limit(count)
    numbers = list(connection.scalars(oldest))
    if numbers:
        connection.execute(
            delete(_ENTRIES).where(
                _ENTRIES.c.chain == chain,
                _ENTRIES.c.sequence >= numbers[0],
                _ENTRIES.c.sequence <= numbers[-1],
            )
        )
    return numbers


def delete_heads(connection: Connection, chain: str, before: int) -> None:
    """Remove the heads of a chain below a number."""
    connection.execute(delete(_HEADS).where(_HEADS.c.chain == chain, _HEADS.c.sequence < before))


def _heads(rows: Iterable[Any]) -> list[SignedHead]:
    return [
        SignedHead(
            ChainHead(_text(row.chain), _number(row.sequence), _bytes(row.digest)),
            _number(row.at),
            _text(row.key_id),
            _bytes(row.signature),
        )
        for row in rows
    ]


def read_operations(connection: Connection) -> Iterator[tuple[str, str]]:
    """Digest and text of every operation."""
    for row in connection.execute(select(_OPERATIONS)):
        yield _text(row.digest), _text(row.text)


# SQLite gives back what somebody else put in, of whatever type; the verifier then finds that it
# does not fit.


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else repr(value).encode()


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _insert_new(connection: Connection, table: Table) -> Executable:
    """An insert that leaves rows alone which are there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()

"""An index over the audit trail, in tables beside it; whoever searches makes it, not who writes.

A block stands for some thousand entries of one chain that follow each other. It tells their times
and, for every term (a caller, a field, a person's hash), which of them hold it. Its terms are
spread over parts by their numbers, and a search reads one part of each block for each term, whether
the term is there or not. So a part that was lost is missed, and the entries themselves are read,
like all that are in no block.

The index proves nothing. It tells where to look; what is there is read from the entries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import accumulate
from zlib import crc32

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
)

from federation.gateway.audit.tables import lock_shared_tables, read_digest

BLOCK = 4_096
"""Entries in a block; the last one of a chain may have fewer, and is made anew until it is full."""

_METADATA = MetaData()

_BLOCKS = Table(
    "audit_index_block",
    _METADATA,
    Column("chain", String(80), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("parts", BigInteger, nullable=False),
    PrimaryKeyConstraint("chain", "first"),
)

_PARTS = Table(
    "audit_index_part",
    _METADATA,
    Column("chain", String(80), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("part", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("chain", "first", "part"),
)

END = 1 << 62
"""Behind every number, and every time."""

# Blocks that are looked into at once: one at first, since its find may be all that is wanted.
_MOST_BLOCKS = 256
_LOCK_NUMBER = 0x4441544F4E49

Places = dict[int, list[int]]
"""Of each term, the first entry that holds it, from 0, and how far each other one is behind."""

_DECODER = msgspec.msgpack.Decoder(Places)


def term(kind: str, value: str) -> int:
    """The number of a term. Where two share one, what is found too much is judged away later."""
    return crc32(f"{kind}\0{value}".encode())


@dataclass(frozen=True, slots=True)
class Block:
    """Entries of one chain, all that are stored from the first to the last.

    Attributes:
        since: Time of the earliest of its records; ``END`` for none.
        until: Time of the latest; -1 for none.
        parts: How many parts its terms are spread over, a power of two.
    """

    chain: str
    first: int
    last: int
    since: int
    until: int
    parts: int

    def is_of(self, since: int | None, until: int | None) -> bool:
        """Whether some record can be of this time."""
        return (since is None or self.until >= since) and (until is None or self.since < until)


class IndexReader:
    """Says where records may be, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._exists = index_exists(connection)

    def places(
        self,
        chain: str,
        terms: Collection[int],
        since: int | None = None,
        until: int | None = None,
        after: int = 0,
    ) -> Iterator[range | list[int]]:
        """Numbers of the entries behind one that may be of this time and hold all terms, in order.

        Yields:
            Lists where the index knows, ranges where it does not.
        """
        at, size = after + 1, 1
        while blocks := read_blocks(self.connection, chain, at, size) if self._exists else []:
            timely = [block for block in blocks if block.is_of(since, until)]
            parts = self._parts(timely, terms) if timely and terms else {}
            for block in blocks:
                if block.first > at:
                    yield range(at, block.first)
                if block.is_of(since, until):
                    numbers = _numbers(block, parts, terms) if terms else None
                    if numbers is None:
                        yield range(max(block.first, at), block.last + 1)
                    else:
                        yield [number for number in numbers if number >= at]
                at = block.last + 1
            size = min(size * 4, _MOST_BLOCKS)
        yield range(at, END)

    def _parts(
        self, blocks: Sequence[Block], terms: Collection[int]
    ) -> Mapping[tuple[int, int], bytes]:
        """The parts in which the terms would be, by block and number."""
        found: dict[tuple[int, int], bytes] = {}
        for count in {block.parts for block in blocks}:
            query = select(_PARTS.c.first, _PARTS.c.part, _PARTS.c.body).where(
                _PARTS.c.chain == blocks[0].chain,
                _PARTS.c.first.in_([block.first for block in blocks if block.parts == count]),
                _PARTS.c.part.in_({each & (count - 1) for each in terms}),
            )
            found |= {(row.first, row.part): row.body for row in self.connection.execute(query)}
        return found


def _numbers(
    block: Block, parts: Mapping[tuple[int, int], bytes], terms: Collection[int]
) -> list[int] | None:
    """The entries of a block that hold all terms; None where the index has lost what it knew."""
    found: set[int] | None = None
    for each in terms:
        body = parts.get((block.first, each & (block.parts - 1)))
        try:
            places = _DECODER.decode(body) if body is not None else None
        except msgspec.MsgspecError:
            places = None
        if places is None:
            return None
        holding = set(accumulate(places.get(each, ())))
        found = holding if found is None else found & holding
    return [block.first + place for place in sorted(found or ())]


def index_exists(connection: Connection) -> bool:
    """Whether anybody has made an index yet."""
    return inspect(connection).has_table(_PARTS.name)


def make_index_tables(connection: Connection) -> None:
    """Create what is missing."""
    lock_shared_tables(connection)
    _METADATA.create_all(connection)


def read_blocks(connection: Connection, chain: str, at: int, count: int) -> list[Block]:
    """The first blocks that end at this number or behind it."""
    query = select(_BLOCKS).where(
        # The first condition says nothing new, but is found by the table's key.
        _BLOCKS.c.chain == chain,
        _BLOCKS.c.first > at - BLOCK,
        _BLOCKS.c.last >= at,
    )
    rows = connection.execute(query.order_by(_BLOCKS.c.first).limit(count))
    return [Block(*row) for row in rows]


def read_parts(connection: Connection, block: Block) -> dict[int, bytes]:
    """All parts of a block, by number."""
    query = select(_PARTS.c.part, _PARTS.c.body).where(
        _PARTS.c.chain == block.chain, _PARTS.c.first == block.first
    )
    return {row.part: row.body for row in connection.execute(query)}


def write_block(connection: Connection, block: Block, parts: Mapping[int, bytes]) -> None:
    """Add a block in place of all that speak of the same entries, unless these are gone."""
    forget_entries(connection, block.chain, block.first, block.last)
    if read_digest(connection, block.chain, block.first) is None:
        return  # removed since they were read, the oldest first
    connection.execute(insert(_BLOCKS).values(astuple(block)))
    rows = [
        {"chain": block.chain, "first": block.first, "part": part, "body": body}
        for part, body in parts.items()
    ]
    connection.execute(insert(_PARTS), rows)


def forget_entries(connection: Connection, chain: str, first: int, last: int) -> None:
    """Remove every block that speaks of one of these entries.

    No other process changes the index before this transaction ends; so whoever adds a block behind
    this sees which entries are still there.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK_NUMBER)))
    if not index_exists(connection):
        return
    query = select(_BLOCKS.c.first).where(
        _BLOCKS.c.chain == chain, _BLOCKS.c.first <= last, _BLOCKS.c.last >= first
    )
    for at in connection.scalars(query).all():
        for table in (_PARTS, _BLOCKS):
            connection.execute(delete(table).where(table.c.chain == chain, table.c.first == at))


def forget_everything(connection: Connection) -> None:
    """Remove the index."""
    for table in (_PARTS, _BLOCKS):
        connection.execute(delete(table))

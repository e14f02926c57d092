"""Making the index over the audit trail, and comparing it with the trail."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from federation.audit import (
    REGISTER,
    AuditedVerdicts,
    AuditRecord,
    Entry,
    MalformedRecord,
    read_links,
    read_record,
    read_register,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit.database import AuditDatabase, audit_database, why
from federation.gateway.audit.index import (
    BLOCK,
    END,
    Block,
    Places,
    forget_everything,
    index_exists,
    make_index_tables,
    read_blocks,
    read_parts,
    term,
    write_block,
)
from federation.gateway.audit.progress import Progress, Told, read_spans, tell_nobody
from federation.gateway.audit.tables import (
    read_chains,
    read_entries,
    read_entries_at,
    read_head,
)

TERMS_IN_PART = 64
_ENCODER = msgspec.msgpack.Encoder()


async def build_index(database: str, *, anew: bool = False, told: Told = tell_nobody) -> int:
    """Bring the index up to the end of every chain, while gateways may write.

    Blocks are made of what one transaction reads and written in another, so that a gateway waits
    for the writing alone, some milliseconds. Broken off at any point, the next run goes on.

    Args:
        database: SQLAlchemy URL.
        anew: Remove first what there is.
        told: How much of the trail the index covers.

    Returns:
        How many entries were read.

    Raises:
        AuditUnavailable: The database cannot be used.
    """
    source, target = audit_database(database, reads_only=True), audit_database(database)
    try:
        # First, so that nothing is made in a database that holds no trail.
        spans = await source.transact(_read_spans)
        await target.transact(make_index_tables)
        if anew:
            await target.transact(forget_everything)
        progress = Progress(spans, told)
        return sum([await _index_chain(source, target, chain, progress) for chain in spans])
    except (SQLAlchemyError, OSError) as fault:
        raise AuditUnavailable(f"the audit database cannot be used: {why(fault)}") from fault
    finally:
        await source.close()
        await target.close()


def _read_spans(connection: Connection) -> dict[str, range]:
    """The numbers of the entries of all chains but the register, by chain, in order."""
    register = read_register(read_entries(connection, REGISTER))
    return read_spans(connection, sorted(read_chains(connection) - {REGISTER}), register)


async def _index_chain(
    source: AuditDatabase, target: AuditDatabase, chain: str, progress: Progress
) -> int:
    count = 0
    for gap in await source.transact(lambda connection: _gaps(connection, chain)):
        progress.reach(chain, gap.start - 1)
        rest = gap
        while rest:
            block, parts = await _read(source, chain, rest)
            if block is None:
                break
            await _write(target, block, parts)
            count += block.last - block.first + 1
            progress.reach(chain, block.last)
            rest = range(block.last + 1, gap.stop)
    progress.end(chain)
    return count


async def _read(
    source: AuditDatabase, chain: str, numbers: range
) -> tuple[Block | None, dict[int, bytes]]:
    return await source.transact(lambda connection: _make_block(connection, chain, numbers))


async def _write(target: AuditDatabase, block: Block, parts: dict[int, bytes]) -> None:
    await target.transact(lambda connection: write_block(connection, block, parts))


def wrong_blocks(connection: Connection, told: Told = tell_nobody) -> Iterator[Block]:
    """Blocks that do not say what their entries say.

    Args:
        connection: To the trail.
        told: How much of it was compared.
    """
    if not index_exists(connection):
        return
    progress = Progress(_read_spans(connection), told)
    for chain in progress.spans:
        for block in _all_blocks(connection, chain):
            right = _make_block(connection, chain, range(block.first, block.last + 1))
            if right != (block, read_parts(connection, block)):
                yield block
            progress.reach(chain, block.last)
        progress.end(chain)


def _all_blocks(connection: Connection, chain: str) -> Iterator[Block]:
    at = 0
    while blocks := read_blocks(connection, chain, at, BLOCK):
        yield from blocks
        at = blocks[-1].last + 1


def _gaps(connection: Connection, chain: str) -> list[range]:
    """Numbers in no block, and those of the last block where more entries are to be added to it."""
    gaps, at, block = [], 1, None
    for block in _all_blocks(connection, chain):
        if block.first > at:
            gaps.append(range(at, block.first))
        at = block.last + 1
    is_behind = read_head(connection, chain).sequence >= at
    if block is not None and is_behind and at - block.first < BLOCK:
        at = block.first
    return [*gaps, range(at, END)] if is_behind else gaps


def _make_block(
    connection: Connection, chain: str, numbers: range
) -> tuple[Block | None, dict[int, bytes]]:
    """The first block of these numbers and its parts; None where nothing is stored."""
    start = next(read_entries_at(connection, chain, numbers, size=1), None)
    if start is None:
        return None, {}
    first = last = start.sequence
    since, until = END, -1
    holding: dict[int, list[int]] = {}
    numbers = range(first, min(first + BLOCK, numbers.stop))
    for entry in read_entries_at(connection, chain, numbers):
        last = entry.sequence
        record = _record(entry)
        if record is not None:
            since, until = min(since, record.at), max(until, record.at)
            for each in terms_of(record):
                holding.setdefault(each, []).append(entry.sequence - first)
    parts = 1 << (len(holding) // TERMS_IN_PART).bit_length()
    spread: list[Places] = [{} for _ in range(parts)]
    for each, places in holding.items():
        steps = [after - before for before, after in pairwise(places)]
        spread[each & (parts - 1)][each] = [places[0], *steps]
    bodies = {part: _ENCODER.encode(places) for part, places in enumerate(spread)}
    return Block(chain, first, last, since, until, parts), bodies


def _record(entry: Entry) -> AuditRecord | None:
    """The record that a search finds in an entry."""
    if read_links(entry.body) is not None:
        return None
    try:
        return read_record(entry.body)
    except MalformedRecord:
        return None


def terms_of(record: AuditRecord) -> set[int]:
    """All that a record can be found by, but its time."""
    terms = {
        term("caller", record.caller.id),
        term("office", record.caller.department),
        term("purpose", record.purpose or ""),
        term("outcome", record.outcome.value),
        term("request", record.request_id),
    }
    for group in record.verdicts:
        terms |= _terms_of_group(group)
    for entities in record.entities:
        terms.update(term("digest", each) for each in entities.digests)
    terms.update(term("digest", each) for each in record.subjects)
    return terms


@lru_cache(2_000)
def _terms_of_group(group: AuditedVerdicts) -> frozenset[int]:
    """The same few decisions stand in nearly all records."""
    fields = {term("field", each) for each in group.coordinates}
    types = {term("type", each.partition(".")[0]) for each in group.coordinates}
    return frozenset(fields | types | {term("department", each) for each in group.departments})

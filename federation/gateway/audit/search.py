"""Finding records: by caller, purpose, time, field, outcome, department or person.

The index says where to look, as far as it goes. Elsewhere the database looks for the bytes that a
match must hold. What is found is read and judged here, so that what is found does not depend on
the index, and both databases find alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush, heapreplace
from typing import TypeVar

import msgspec
from sqlalchemy import Connection

from federation.audit import (
    REGISTER,
    AuditedVerdicts,
    AuditRecord,
    ChainClosed,
    ChainOpened,
    Entry,
    MalformedRecord,
    Outcome,
    RecordKind,
    Register,
    read_links,
    read_record,
    read_register,
)
from federation.gateway.audit.index import IndexReader, term
from federation.gateway.audit.progress import Progress, Told, read_spans, tell_nobody
from federation.gateway.audit.tables import PAGE, read_chains, read_entries, read_entries_at

T = TypeVar("T")
# Clocks of writers may differ by as much; a chain is passed over only when it surely ended before.
_CLOCK_SLACK_MS = 3_600_000
# Entries that are looked through before anybody is told how far the search has come.
_STEP = 5_000
_MOST_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What records must say; what is not given may be anything.

    Attributes:
        caller: Id of the caller.
        office: Department that vouches for the caller.
        purpose: Code; empty for none stated.
        since: Milliseconds since 1970, included.
        until: The same, excluded.
        coordinate: ``Type.field``, or ``Type.*`` for any field of a type.
        department: One that holds a field that was decided on.
        digest: Keyed hash of a person or entity.
        kinds: Empty for all.
    """

    caller: str | None = None
    office: str | None = None
    purpose: str | None = None
    since: int | None = None
    until: int | None = None
    coordinate: str | None = None
    outcome: Outcome | None = None
    department: str | None = None
    request_id: str | None = None
    digest: str | None = None
    kinds: frozenset[RecordKind] = frozenset()

    def needles(self) -> list[bytes]:
        """Bytes that stand in the canonical form of every record that matches."""
        members = {
            "id": self.caller,
            "department": self.office,
            "purpose": self.purpose or None,
            "outcome": self.outcome.value if self.outcome else None,
            "request_id": self.request_id,
        }
        found = [_json(name) + b":" + _json(value) for name, value in members.items() if value]
        found += [_json(each) for each in (self.department, self.digest) if each]
        if self.coordinate:
            whole = _json(self.coordinate)
            found.append(whole.removesuffix(b'*"') if self.coordinate.endswith(".*") else whole)
        if len(self.kinds) == 1:
            found += [b'"kind":' + _json(each.value) for each in self.kinds]
        return found

    def terms(self) -> frozenset[int]:
        """Terms of every record that matches; see ``indexing.terms_of``."""
        named = {
            "caller": self.caller,
            "office": self.office,
            "purpose": self.purpose,
            "outcome": self.outcome.value if self.outcome else None,
            "request": self.request_id,
            "department": self.department,
            "digest": self.digest,
        }
        if self.coordinate is not None:
            is_type = self.coordinate.endswith(".*")
            named["type" if is_type else "field"] = self.coordinate.removesuffix(".*")
        return frozenset(term(kind, value) for kind, value in named.items() if value is not None)

    def matches(self, record: AuditRecord) -> bool:
        """Whether a record says all of it."""
        return (
            (self.caller in (None, record.caller.id))
            and (self.office in (None, record.caller.department))
            and (self.purpose is None or self.purpose == (record.purpose or ""))
            and (self.since is None or record.at >= self.since)
            and (self.until is None or record.at < self.until)
            and (self.outcome in (None, record.outcome))
            and (self.request_id in (None, record.request_id))
            and (not self.kinds or record.kind in self.kinds)
            and (self.coordinate is None or any(map(self.is_asked, coordinates(record))))
            and (self.department is None or self.department in departments(record))
            and (self.digest is None or names(record, self.digest))
        )

    def is_asked(self, coordinate: str) -> bool:
        """Whether it is the coordinate, or one of the type."""
        assert self.coordinate is not None, "asked only where there is one"
        if self.coordinate.endswith(".*"):
            return coordinate.startswith(self.coordinate[:-1])
        return coordinate == self.coordinate


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record and its place."""

    chain: str
    sequence: int
    digest: bytes
    body: bytes
    record: AuditRecord


@dataclass(slots=True)
class Reads:
    """How often one caller read a department's fields for one purpose.

    Attributes:
        fields: Coordinates that were allowed or masked, to be read.
        uses: Coordinates that were allowed to be searched by, sorted by or computed with.
        last: Time of the latest, milliseconds since 1970.
    """

    requests: int = 0
    objects: int = 0
    masked: int = 0
    denied: int = 0
    last: int = 0
    fields: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)

    @property
    def used(self) -> set[str]:
        """Coordinates that were allowed for another use than reading, and never to be read."""
        return self.uses - self.fields


@dataclass(frozen=True, slots=True)
class SubjectRead:
    """A record that concerns one person.

    Attributes:
        found: The record that says what was decided.
        types: Types of the released objects that are about the person; empty for a search alone.
        searched: Whether an argument named the person.
    """

    found: FoundRecord
    types: tuple[str, ...]
    searched: bool

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of these types that were allowed or masked to be read, sorted."""
        return tuple(sorted(self._granted(lambda group: group.is_reading)))

    @property
    def used(self) -> tuple[str, ...]:
        """Further fields of these types that were allowed for another use only, sorted."""
        return tuple(sorted(self._granted(lambda _: True).difference(self.fields)))

    def _granted(self, is_meant: Callable[[AuditedVerdicts], bool]) -> set[str]:
        return {
            each
            for group in self.found.record.verdicts
            if group.effect != "deny" and is_meant(group)
            for each in group.coordinates
            if each.partition(".")[0] in self.types
        }


def search(
    connection: Connection, wanted: Wanted, told: Told = tell_nobody
) -> Iterator[FoundRecord]:
    """All records that match, in order of time.

    A chain is begun when its records may be the next: of each that was begun there are up to
    ``PAGE`` records in memory, and after years there are thousands of chains.
    """
    reading: list[tuple[int, str, FoundRecord, Iterator[FoundRecord]]] = []

    def take() -> FoundRecord:
        _, chain, found, rest = reading[0]
        after = next(rest, None)
        if after is None:
            heappop(reading)
        else:
            heapreplace(reading, (after.record.at, chain, after, rest))
        return found

    for chain, opened, records in _searched(connection, wanted, told):
        while reading and reading[0][0] < opened - _CLOCK_SLACK_MS:
            yield take()
        first = next(records, None)
        if first is not None:
            heappush(reading, (first.record.at, chain, first, records))
    while reading:
        yield take()


def page_of(records: Iterator[T], number: int, size: int) -> list[T]:
    """One page, counted from 1, and one more of them where there are further ones."""
    start = (number - 1) * size
    return list(itertools.islice(records, start, start + size + 1))


def reads_of_department(
    connection: Connection, wanted: Wanted, told: Told = tell_nobody
) -> dict[tuple[str, str, str], Reads]:
    """Reads of a department's fields by the caller's department, caller and purpose."""
    assert wanted.department is not None, "whose reads"
    reads: dict[tuple[str, str, str], Reads] = {}
    wanted = replace(wanted, kinds=frozenset({RecordKind.RELEASE}))
    # In no order, so that one chain after the other can be read.
    chains = (records for _, _, records in _searched(connection, wanted, told))
    for found in itertools.chain.from_iterable(chains):
        record = found.record
        who = (record.caller.department, record.caller.id, record.purpose or "")
        count = reads.setdefault(who, Reads())
        count.requests += 1
        count.last = max(count.last, record.at)
        for group in record.verdicts:
            if wanted.department not in group.departments:
                continue
            if group.effect == "deny":
                count.denied += len(group.coordinates)
                continue
            if not group.is_reading:
                count.uses.update(group.coordinates)
                continue
            count.fields.update(group.coordinates)
            count.masked += len(group.coordinates) if group.effect == "mask" else 0
        count.objects += sum(len(each.digests) for each in record.entities)
    return reads


def reads_of_subject(
    connection: Connection, digest: str, wanted: Wanted, told: Told = tell_nobody
) -> Iterator[SubjectRead]:
    """What was released about a person or asked with its number, in order of time.

    Of a request that named the person in an argument and was answered there is one, with the
    answer's record; what a page holds counts for the record that it belongs to.
    """
    index = IndexReader(connection)
    for found in search(connection, replace(wanted, digest=digest), told):
        record = found.record
        if record.kind is RecordKind.PAGE:
            whole = _owner(index, found)
        elif record.kind is RecordKind.INTENT and _has_release(index, found):
            continue
        else:
            whole = found
        types = sorted({each.type for each in record.entities if digest in each.digests})
        yield SubjectRead(whole, tuple(types), digest in record.subjects)


def keys_of_chains(connection: Connection, wanted: Wanted) -> list[str | None]:
    """By which key each chain of the time in question names persons; None where nobody said."""
    register = _read_register(connection)
    opened = map(register.openings.get, _chains(connection, register, wanted))
    return [each.digest_key_id if each is not None else None for each in opened]


def coordinates(record: AuditRecord) -> Iterator[str]:
    """Every coordinate that was decided on."""
    for group in record.verdicts:
        yield from group.coordinates


def departments(record: AuditRecord) -> set[str]:
    """Departments that hold a field that was decided on."""
    return {name for group in record.verdicts for name in group.departments}


def names(record: AuditRecord, digest: str) -> bool:
    """Whether a person or entity is named, as released or as sought."""
    return digest in record.subjects or any(digest in each.digests for each in record.entities)


def _read_register(connection: Connection) -> Register:
    return read_register(read_entries(connection, REGISTER))


def _chains(connection: Connection, register: Register, wanted: Wanted) -> list[str]:
    """Chains that can hold records of the time in question, oldest first."""

    def opened(chain: str) -> int:
        known: ChainOpened | None = register.openings.get(chain)
        return known.at if known else 0

    def may_hold(chain: str) -> bool:
        closing: ChainClosed | None = register.closings.get(chain)
        if wanted.until is not None and opened(chain) - _CLOCK_SLACK_MS >= wanted.until:
            return False
        ended = closing.at + _CLOCK_SLACK_MS if closing is not None else None
        return wanted.since is None or ended is None or ended >= wanted.since

    return sorted(filter(may_hold, read_chains(connection) - {REGISTER}), key=opened)


def _searched(
    connection: Connection, wanted: Wanted, told: Told
) -> Iterator[tuple[str, int, Iterator[FoundRecord]]]:
    """Each chain that can hold what is wanted, when it was opened, and what it holds of it."""
    index, register = IndexReader(connection), _read_register(connection)
    chains = _chains(connection, register, wanted)
    progress = Progress(read_spans(connection, chains, register), told)
    for chain in chains:
        opening = register.openings.get(chain)
        records = _of_whole_chain(index, chain, wanted, progress)
        yield chain, opening.at if opening is not None else 0, records


def _of_whole_chain(
    index: IndexReader, chain: str, wanted: Wanted, progress: Progress
) -> Iterator[FoundRecord]:
    needles, span = wanted.needles(), progress.spans[chain]
    places = index.places(chain, wanted.terms(), wanted.since, wanted.until)
    for numbers in _steps(places, span.stop):
        entries = read_entries_at(index.connection, chain, numbers, needles)
        yield from _records(entries, chain, wanted)
        if numbers:
            progress.reach(chain, numbers[-1])
    progress.end(chain)


def _steps(places: Iterable[range | list[int]], stop: int) -> Iterator[range | list[int]]:
    """The same places in small pieces, none of them behind the end."""
    for numbers in places:
        if isinstance(numbers, list):
            yield numbers
            continue
        behind = min(numbers.stop, stop)
        # Somebody may have put an entry at a number that is years away.
        step = max(_STEP, (behind - numbers.start) // _MOST_STEPS)
        for at in range(numbers.start, behind, step):
            yield range(at, min(at + step, behind))


def _of_chain(
    index: IndexReader, chain: str, wanted: Wanted, after: int = 0, size: int = PAGE
) -> Iterator[FoundRecord]:
    """Records of a chain behind a number; so many are read at once."""
    needles = wanted.needles()
    for numbers in index.places(chain, wanted.terms(), wanted.since, wanted.until, after):
        entries = read_entries_at(index.connection, chain, numbers, needles, size)
        yield from _records(entries, chain, wanted)


def _behind(index: IndexReader, earlier: FoundRecord, wanted: Wanted) -> Iterator[FoundRecord]:
    """Records that were written a little later to the same chain."""
    # One at a time, since the first is nearly always the one.
    return _of_chain(index, earlier.chain, wanted, earlier.sequence, 1)


def _records(entries: Iterable[Entry], chain: str, wanted: Wanted) -> Iterator[FoundRecord]:
    for entry in entries:
        if read_links(entry.body) is not None:
            continue
        try:
            record = read_record(entry.body)
        except MalformedRecord:
            continue  # `verify` is there to find it
        if wanted.matches(record):
            yield FoundRecord(chain, entry.sequence, entry.digest, entry.body, record)


def _owner(index: IndexReader, page: FoundRecord) -> FoundRecord:
    """The record that a page belongs to; the page itself where it was never written."""
    same = Wanted(request_id=page.record.request_id)
    for found in _behind(index, page, same):
        if found.record.kind is not RecordKind.PAGE and found.record.part == page.record.part:
            return found
    return page


def _has_release(index: IndexReader, intent: FoundRecord) -> bool:
    same = Wanted(request_id=intent.record.request_id, kinds=frozenset({RecordKind.RELEASE}))
    return next(_behind(index, intent, same), None) is not None


def _json(value: str) -> bytes:
    return msgspec.json.encode(value)

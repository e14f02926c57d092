"""Records are found by everything they say, alike on SQLite and PostgreSQL."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from msgspec import structs
from sqlalchemy import Connection, make_url

from federation.audit import (
    AuditedCaller,
    AuditedVerdicts,
    AuditRecord,
    Entry,
    Outcome,
    RecordKind,
    TouchedEntities,
    subject_digest,
)
from federation.gateway.audit import index as audit_index
from federation.gateway.audit import indexing as audit_indexing
from federation.gateway.audit import search as audit_search
from federation.gateway.audit.export import ExportFormat, export_records
from federation.gateway.audit.indexing import build_index
from federation.gateway.audit.read import read_trail
from federation.gateway.audit.search import (
    Wanted,
    page_of,
    reads_of_department,
    reads_of_subject,
    search,
)
from federation.gateway.audit.store import open_audit_store
from federation.gateway.audit.tables import read_entries_at
from tests.unit.audit.test_store import KEY, change, record

SECRET = b"s" * 32
ANN, BEN = (subject_digest(SECRET, number) for number in ("1", "2"))
TAX = AuditedVerdicts(
    effect="allow",
    rule="grants",
    coordinates=("Citizen.income", "Query.firms"),
    departments=("tax",),
)
COMPUTED = AuditedVerdicts(
    effect="allow",
    rule="sharing",
    coordinates=("Citizen.income", "Citizen.tax"),
    departments=("tax",),
    use="join",
)
MASKED = AuditedVerdicts(
    effect="mask", rule="masking", coordinates=("Citizen.name",), departments=("people",)
)
DENIED = AuditedVerdicts(
    effect="deny", rule="grants", coordinates=("Citizen.debt",), departments=("tax",)
)


def citizens(*people: str) -> tuple[TouchedEntities, ...]:
    return (TouchedEntities(type="Citizen", by="subject", digests=tuple(sorted(people))),)


def trail() -> list[AuditRecord]:
    base = structs.replace(
        record("r1"), at=1_000, caller=AuditedCaller(id="app", department="bank"), purpose="loan"
    )
    release = structs.replace(base, kind=RecordKind.RELEASE, outcome=Outcome.ANSWERED)
    other = structs.replace(
        release, caller=AuditedCaller(id="clerk", department="county"), purpose=None
    )
    return [
        structs.replace(base, subjects=(ANN,)),
        structs.replace(
            release,
            at=1_100,
            verdicts=(TAX, COMPUTED, MASKED),
            entities=citizens(ANN),
            subjects=(ANN,),
        ),
        structs.replace(base, request_id="r2", at=2_000),
        structs.replace(
            base, request_id="r2", at=2_050, kind=RecordKind.PAGE, entities=citizens(ANN, BEN)
        ),
        structs.replace(release, request_id="r3", at=2_060, verdicts=(MASKED,)),
        structs.replace(
            release,
            request_id="r2",
            at=2_100,
            verdicts=(TAX, DENIED),
            pages=1,
            outcome=Outcome.PARTIAL,
        ),
        structs.replace(other, request_id="r4", at=3_000, verdicts=(TAX,)),
        structs.replace(other, request_id="r5", at=4_000, subjects=(BEN,), outcome=Outcome.REFUSED),
    ]


@pytest.fixture(params=["sqlite", "postgresql", "sqlite, indexed", "postgresql, indexed"])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    """A trail in one chain, and a second chain with one record."""
    kind, _, indexed = request.param.partition(", ")
    make_small(monkeypatch)
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'audit.sqlite'}"
        await _fill(url, is_indexed=bool(indexed))
        yield url
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"audit_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    await _fill(url, is_indexed=bool(indexed))
    yield url
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of blocks of three entries, and parts of a few terms."""
    for module in (audit_index, audit_indexing):
        monkeypatch.setattr(module, "BLOCK", 3)
    monkeypatch.setattr(audit_indexing, "TERMS_IN_PART", 4)


async def _fill(url: str, *, is_indexed: bool) -> None:
    clock = iter(range(10**6))
    async with open_audit_store(url, KEY, "one", lambda: next(clock)) as store:
        for each in trail():
            await store.append(each)
        if is_indexed:
            assert await build_index(url) == len(trail())
    async with open_audit_store(url, KEY, "two", lambda: next(clock)) as store:
        await store.append(
            structs.replace(
                record('r"6'), at=2_500, kind=RecordKind.RELEASE, outcome=Outcome.FAILED
            )
        )


async def found(database: str, wanted: Wanted) -> list[str]:
    records = await read_trail(database, lambda trail: list(search(trail, wanted)))
    return [each.record.request_id for each in records]


RELEASES = Wanted(kinds=frozenset({RecordKind.RELEASE}))


async def test_records_are_found_by_what_they_say(database: str) -> None:
    cases = {
        Wanted(caller="app"): ["r1", "r1", "r2", "r2", "r3", "r2"],
        replace(RELEASES): ["r1", "r3", "r2", 'r"6', "r4", "r5"],
        replace(RELEASES, office="county"): ["r4", "r5"],
        replace(RELEASES, purpose=""): ['r"6', "r4", "r5"],
        replace(RELEASES, purpose="loan"): ["r1", "r3", "r2"],
        replace(RELEASES, since=2_060, until=3_000): ["r3", "r2", 'r"6'],
        replace(RELEASES, coordinate="Citizen.income"): ["r1", "r2", "r4"],
        replace(RELEASES, coordinate="Citizen.*"): ["r1", "r3", "r2", "r4"],
        replace(RELEASES, coordinate="Citizen.inc"): [],
        replace(RELEASES, outcome=Outcome.REFUSED): ["r5"],
        replace(RELEASES, department="people"): ["r1", "r3"],
        Wanted(request_id='r"6'): ['r"6'],
        Wanted(digest=BEN): ["r2", "r5"],
        replace(RELEASES, caller="app", department="tax", purpose="loan"): ["r1", "r2"],
    }
    for wanted, expected in cases.items():
        assert await found(database, wanted) == expected, wanted


@pytest.fixture
async def long_trail(tmp_path: Path) -> str:
    """URL of a trail of six chains, each opened an hour and more after the one before."""
    url = f"sqlite:///{tmp_path / 'audit.sqlite'}"
    for hour in range(1, 7):
        at = hour * 4_000_000
        async with open_audit_store(url, KEY, "one", lambda at=at: at) as store:  # type: ignore[misc]
            for number in range(3):
                # The last of a long request whose chain was closed soon after.
                late = 6_000_000 * (number == 2)
                released = structs.replace(
                    record(f"{hour}.{number}"),
                    at=at + number + late,
                    kind=RecordKind.RELEASE,
                    verdicts=(TAX,),
                )
                await store.append(released)
    return url


async def test_records_of_many_chains_come_in_order_of_time(long_trail: str) -> None:
    def search_all(trail: Connection) -> list[int]:
        return [each.record.at for each in search(trail, RELEASES)]

    times = await read_trail(long_trail, search_all)

    assert times == sorted(times)
    assert len(times) == 18


async def test_a_chain_is_read_from_when_its_records_may_be_the_next(
    long_trail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(trail: Connection, chain: str, *rest: Any) -> Iterator[Entry]:
        read.append(chain)
        return read_entries_at(trail, chain, *rest)

    monkeypatch.setattr(audit_search, "read_entries_at", noted)

    await read_trail(long_trail, lambda trail: page_of(search(trail, RELEASES), 1, 1))

    assert len(set(read)) == 1


async def test_how_far_a_search_is_grows_to_all_records(
    database: str, long_trail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "_STEP", 2)
    tax = replace(RELEASES, department="tax")
    for url in (database, long_trail):
        for work in (search, reads_of_department):
            told: list[tuple[int, int]] = []

            def run(trail: Connection, work: Any = work, told: Any = told) -> None:
                list(work(trail, tax, lambda *how_far: told.append(how_far)))

            await read_trail(url, run)

            (total,) = {total for _, total in told}
            assert [done for done, _ in told] == sorted({done for done, _ in told})
            assert told[-1] == (total, total)
            assert len(told) > 4


async def test_an_entry_at_a_number_that_somebody_made_up_does_not_delay_a_search(
    long_trail: str,
) -> None:
    change(
        Path(long_trail.removeprefix("sqlite:///")),
        f"UPDATE audit_entry SET sequence = {1 << 61} WHERE sequence = 3 AND chain != 'register'",
    )

    assert len(await found(long_trail, RELEASES)) == 18


async def test_pages_follow_each_other_without_gaps(database: str) -> None:
    pages = [
        await read_trail(database, lambda trail, n=n: page_of(search(trail, RELEASES), n, 4))  # type: ignore[misc]
        for n in (1, 2, 3)
    ]

    assert [[each.record.request_id for each in page] for page in pages] == [
        ["r1", "r3", "r2", 'r"6', "r4"],
        ["r4", "r5"],
        [],
    ]


async def test_a_person_sees_what_was_released_and_who_searched(database: str) -> None:
    async def reads(digest: str) -> list[tuple[Any, ...]]:
        found = await read_trail(
            database, lambda trail: list(reads_of_subject(trail, digest, Wanted()))
        )
        return [
            (
                each.found.record.request_id,
                each.found.record.kind.value,
                each.types,
                each.searched,
                each.fields,
                each.used,
            )
            for each in found
        ]

    assert await reads(ANN) == [
        ("r1", "release", ("Citizen",), True, ("Citizen.income", "Citizen.name"), ("Citizen.tax",)),
        ("r2", "release", ("Citizen",), False, ("Citizen.income",), ()),
    ]
    assert await reads(BEN) == [
        ("r2", "release", ("Citizen",), False, ("Citizen.income",), ()),
        ("r5", "release", (), True, (), ()),
    ]
    assert await reads("0" * 32) == []


async def test_an_intent_without_an_answer_counts_as_a_search(database: str) -> None:
    async with open_audit_store(database, KEY, "late") as store:
        await store.append(structs.replace(record("lost"), subjects=(BEN,)))

    found = await read_trail(database, lambda trail: list(reads_of_subject(trail, BEN, Wanted())))

    assert found[-1].found.record.outcome is Outcome.STARTED


async def test_a_department_sees_who_read_its_fields(database: str) -> None:
    reads = await read_trail(
        database, lambda trail: reads_of_department(trail, replace(RELEASES, department="tax"))
    )

    told = {
        who: (count.requests, sorted(count.fields), sorted(count.used), count.denied, count.last)
        for who, count in reads.items()
    }
    fields = ["Citizen.income", "Query.firms"]
    assert told == {
        ("bank", "app", "loan"): (2, fields, ["Citizen.tax"], 1, 2_100),
        ("county", "clerk", ""): (1, fields, [], 0, 3_000),
    }


@pytest.mark.parametrize("format", list(ExportFormat))
async def test_an_export_has_the_digest_of_its_bytes(database: str, format: ExportFormat) -> None:  # noqa: A002
    parts: list[bytes] = []

    count, digest = await read_trail(
        database, lambda trail: export_records(trail, RELEASES, format, parts.append)
    )

    assert digest == hashlib.sha256(b"".join(parts)).hexdigest()
    assert count == len(parts)
    if format is ExportFormat.JSONL:
        assert [json.loads(line)["record"]["request_id"] for line in parts] == await found(
            database, RELEASES
        )
    elif format is ExportFormat.CSV:
        assert parts[0].startswith(b"at,time,kind,outcome,")
        assert parts[1].startswith(b"1100,1970-01-01 00:00:01,release,")
        assert [line.split(b",")[4] for line in parts[1:4]] == [b"r1", b"r3", b"r2"]
        names = parts[0].decode().strip().split(",")
        first = dict(zip(names, parts[1].decode().strip().split(","), strict=True))
        assert [first[name] for name in ("allowed", "masked", "used", "denied")] == [
            "Citizen.income Query.firms",
            "Citizen.name",
            "Citizen.income Citizen.tax",
            "",
        ]


async def test_no_cell_of_a_table_is_a_formula(database: str) -> None:
    async with open_audit_store(database, KEY, "late") as store:
        caller = AuditedCaller(id='=HYPERLINK("x")', department="d")
        await store.append(structs.replace(record("f"), kind=RecordKind.RELEASE, caller=caller))
    parts: list[bytes] = []

    wanted = replace(RELEASES, request_id="f")
    await read_trail(
        database, lambda trail: export_records(trail, wanted, ExportFormat.CSV, parts.append)
    )

    assert b"'=HYPERLINK" in parts[-1]

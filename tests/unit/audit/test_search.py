"""Records are found by everything they say, alike on SQLite and PostgreSQL."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from msgspec import structs
from sqlalchemy import make_url

from federation.audit import (
    AuditedCaller,
    AuditedVerdicts,
    AuditRecord,
    Outcome,
    RecordKind,
    TouchedEntities,
    subject_digest,
)
from federation.gateway import audit_index, audit_indexing
from federation.gateway.audit_export import ExportFormat, export_records
from federation.gateway.audit_indexing import build_index
from federation.gateway.audit_read import read_trail
from federation.gateway.audit_search import (
    Wanted,
    page_of,
    reads_of_department,
    reads_of_subject,
    search,
)
from federation.gateway.audit_store import open_audit_store
from tests.unit.audit.test_store import KEY, record

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
        assert parts[0].startswith(b"at,kind,outcome,")
        assert [line.split(b",")[3] for line in parts[1:4]] == [b"r1", b"r3", b"r2"]
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

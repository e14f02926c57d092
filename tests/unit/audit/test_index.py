"""The index changes how long a search takes, never what it finds."""

import asyncio
import random
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Connection

from federation.audit import AuditedVerdicts, AuditRecord, Outcome, RecordKind
from federation.gateway.audit import indexing as audit_indexing
from federation.gateway.audit import store as audit_store
from federation.gateway.audit.indexing import build_index, wrong_blocks
from federation.gateway.audit.read import read_trail
from federation.gateway.audit.search import Wanted, reads_of_subject, search
from federation.gateway.audit.store import open_audit_store
from tests.support.retention import retain
from tests.unit.audit.test_search import citizens, make_small
from tests.unit.audit.test_store import KEY, change, record

FIELDS = ("A.a", "A.b", "B.a")
PEOPLE = tuple(f"{n:032x}" for n in range(6))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.sqlite"


def some(count: int, start: int = 0) -> list[AuditRecord]:
    """Records of all sorts, in order of time."""
    chosen = random.Random(start)
    return [
        structs.replace(
            record(f"r{chosen.randrange(count)}"),
            at=start + n,
            kind=chosen.choice(list(RecordKind)),
            outcome=chosen.choice(list(Outcome)),
            purpose=chosen.choice(("loan", "tax", None)),
            subjects=tuple(chosen.sample(PEOPLE, chosen.randrange(2))),
            entities=citizens(*chosen.sample(PEOPLE, chosen.randrange(3))),
            verdicts=(
                AuditedVerdicts(
                    effect="allow",
                    rule="grants",
                    coordinates=tuple(sorted(chosen.sample(FIELDS, chosen.randrange(3)))),
                    departments=(chosen.choice(("tax", "people")),),
                ),
            ),
        )
        for n in range(count)
    ]


async def write(file: Path, records: Iterable[AuditRecord]) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await asyncio.gather(*(store.append(each) for each in records))


QUESTIONS = (
    Wanted(),
    Wanted(since=7, until=15),
    Wanted(caller="bank-app", purpose="tax"),
    Wanted(purpose="", outcome=Outcome.FAILED),
    Wanted(office="nobody"),
    Wanted(coordinate="A.a", since=11),
    Wanted(coordinate="B.*", kinds=frozenset({RecordKind.RELEASE})),
    Wanted(department="tax", until=9),
    *(Wanted(digest=each) for each in PEOPLE),
    *(Wanted(request_id=f"r{n}") for n in range(0, 20, 3)),
)


async def answers(file: Path) -> list[object]:
    """What all questions find, and what each person is told."""

    def ask(connection: Connection) -> list[object]:
        reads = (reads_of_subject(connection, each, Wanted()) for each in PEOPLE)
        return [*(list(search(connection, each)) for each in QUESTIONS), *map(list, reads)]

    return await read_trail(f"sqlite:///{file}", ask)


def rows(file: Path, table: str) -> int:
    connection = sqlite3.connect(file)
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(count)


async def check(file: Path) -> int:
    """How many blocks are wrong."""
    return len(await read_trail(f"sqlite:///{file}", lambda found: list(wrong_blocks(found))))


async def test_what_is_found_does_not_depend_on_how_far_the_index_goes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No entry but those that are written here, however long that takes.
    monkeypatch.setattr(audit_store, "HEAD_SECONDS", 3600.0)
    await write(file, some(20))
    plain = await answers(file)
    assert await build_index(f"sqlite:///{file}") == 20
    whole = await answers(file)
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        for each in some(10, start=20):
            await store.append(each)
        half = await answers(file)
        # The last block of the first chain was not full, but nothing was added to it.
        assert await build_index(f"sqlite:///{file}") == 10
        again = await answers(file)
        await store.append(structs.replace(record("last"), at=30))
        # The one of the second chain was full but for one.
        assert await build_index(f"sqlite:///{file}") == 2

    assert whole == plain
    assert again == half
    assert await check(file) == 0
    assert rows(file, "audit_index_block") == 7 + 4


async def test_how_far_the_index_is_grows_to_all_records(file: Path) -> None:
    url = f"sqlite:///{file}"
    await write(file, some(20))
    first: list[tuple[int, int]] = []
    again: list[tuple[int, int]] = []
    checked: list[tuple[int, int]] = []

    await build_index(url, told=lambda *how_far: first.append(how_far))
    await write(file, some(5, start=20))
    await build_index(url, told=lambda *how_far: again.append(how_far))
    await read_trail(
        url, lambda found: list(wrong_blocks(found, lambda *how_far: checked.append(how_far)))
    )

    for told in (first, again, checked):
        (total,) = {total for _, total in told}
        assert [done for done, _ in told] == sorted({done for done, _ in told})
        assert told[-1] == (total, total)
        assert len(told) > 2
    assert first[-1][0] >= 20
    assert again[-1][0] >= first[-1][0] + 5


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_index_part WHERE rowid % 3 = 0",
        "DELETE FROM audit_index_part",
        "DELETE FROM audit_index_block WHERE first = 4",
        "UPDATE audit_index_part SET body = substr(body, 1, 3)",
    ],
)
async def test_what_the_index_has_lost_is_found_all_the_same(file: Path, statement: str) -> None:
    await write(file, some(20))
    await build_index(f"sqlite:///{file}")
    whole = await answers(file)

    change(file, statement)

    assert await answers(file) == whole


async def test_an_index_that_says_something_else_is_found_and_made_anew(file: Path) -> None:
    await write(file, some(20))
    await build_index(f"sqlite:///{file}")
    right = await check(file)
    change(file, "UPDATE audit_index_part SET body = x'80' WHERE first = 4 AND part = 0")

    assert right == 0
    assert await check(file) == 1
    assert await build_index(f"sqlite:///{file}") == 0
    assert await check(file) == 1
    assert await build_index(f"sqlite:///{file}", anew=True) == 20
    assert await check(file) == 0


async def test_what_retention_removes_is_in_the_index_no_more(file: Path) -> None:
    await write(file, some(20))
    await build_index(f"sqlite:///{file}")

    done = await retain(f"sqlite:///{file}", KEY, {}, 10, 100, is_dry=False)

    assert [each.entries for each in done.prunings] == [10]
    assert rows(file, "audit_index_block") == 3  # from the 13th on
    assert await check(file) == 0
    rest = await answers(file)
    assert await build_index(f"sqlite:///{file}") == 2
    assert await answers(file) == rest
    await retain(f"sqlite:///{file}", KEY, {}, 50, 100, is_dry=False)
    assert rows(file, "audit_index_part") == rows(file, "audit_index_block") == 0


async def test_nothing_is_indexed_that_was_removed_since_it_was_read(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(file, some(6))
    reading = audit_indexing._read  # noqa: SLF001

    async def read_late(*what: object) -> object:
        block = await reading(*what)  # type: ignore[arg-type]
        await retain(f"sqlite:///{file}", KEY, {}, 50, 100, is_dry=False)
        return block

    monkeypatch.setattr(audit_indexing, "_read", read_late)
    await build_index(f"sqlite:///{file}")

    assert rows(file, "audit_entry") == 3  # the register's
    assert rows(file, "audit_index_block") == 0


async def test_a_gateway_writes_while_its_trail_is_indexed(file: Path) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await asyncio.gather(*(store.append(each) for each in some(50)))
        writing = asyncio.gather(*(store.append(each) for each in some(50, start=50)))
        await build_index(f"sqlite:///{file}")
        await writing

    await build_index(f"sqlite:///{file}")
    assert await check(file) == 0
    found = await read_trail(f"sqlite:///{file}", lambda t: list(search(t, Wanted())))
    assert len(found) == 100


async def test_only_blocks_of_the_time_in_question_are_read(file: Path) -> None:
    await write(file, some(30))
    await build_index(f"sqlite:///{file}")
    # What is read would not be found then.
    change(file, "UPDATE audit_entry SET body = x'00' WHERE sequence < 16 AND chain <> 'register'")
    change(file, "UPDATE audit_index_part SET body = x'c1' WHERE first < 16")

    late = replace(Wanted(digest=PEOPLE[1]), since=15)
    found = await read_trail(f"sqlite:///{file}", lambda t: list(search(t, late)))

    assert {each.sequence for each in found} == {
        at for at, each in enumerate(some(30), 1) if at >= 16 and late.matches(each)
    }

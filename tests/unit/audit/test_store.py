"""The audit sink on a real SQLite file: durable, continuous, and whole after any accident."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec.structs import replace
from sqlalchemy import Connection

from federation.audit import (
    AuditedCaller,
    AuditedOperation,
    AuditRecord,
    FaultKind,
    RecordKind,
    key_id,
    read_record,
    sign_head,
    text_digest,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit import company as audit_company
from federation.gateway.audit import database as audit_database
from federation.gateway.audit import store as audit_store
from federation.gateway.audit.keys import digest_key, head_key
from federation.gateway.audit.read import TrailReport, verify_trail
from federation.gateway.audit.store import open_audit_store
from federation.gateway.sqlite import sqlite_connection

KEY = head_key("")
KEYS: dict[str, Ed25519PublicKey] = {key_id(KEY.public_key()): KEY.public_key()}
TEXT = "{ citizen { name } }"
# How often a writer is killed: `make prove` does it much more often.
KILLS = int(os.environ.get("DATONG_KILLS", "3"))


def record(request_id: str, text: str = TEXT) -> AuditRecord:
    """A record that names the digest of ``text``."""
    return AuditRecord(
        kind=RecordKind.INTENT,
        request_id=request_id,
        at=1_700_000_000_000,
        caller=AuditedCaller(id="bank-app", department="heming_bank"),
        operation=AuditedOperation(kind="query", digest=text_digest(text)),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database will be."""
    return tmp_path / "audit.sqlite"


def stored(file: Path) -> list[str]:
    """Request ids of all records in the file, read by another connection."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute(
            "SELECT body FROM audit_entry WHERE chain != 'register' ORDER BY chain, sequence"
        ).fetchall()
    connection.close()
    return [read_record(body).request_id for (body,) in rows]


def change(file: Path, *statements: str) -> None:
    """Do to the database what its administrator could do."""
    connection = sqlite3.connect(file)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


async def trail(file: Path, count: int = 5) -> None:
    """One orderly closed chain of so many records."""
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        for number in range(count):
            await store.append(record(f"r{number}"), TEXT)


async def check(file: Path) -> TrailReport:
    """The verifier's report with the right key."""
    return await verify_trail(f"sqlite:///{file}", KEYS)


async def test_an_appended_record_is_in_the_file_when_append_returns(file: Path) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await store.append(record("r1"))

        assert stored(file) == ["r1"]


async def test_an_orderly_trail_is_whole_and_proven_to_its_end(file: Path) -> None:
    await trail(file, 5)
    await trail(file, 3)

    report = await check(file)

    assert report.is_whole
    assert sorted((c.entries, c.proven, c.closed) for c in report.chains) == [
        (3, 3, True),
        (5, 5, True),
    ]


async def test_records_that_arrive_together_share_transactions(file: Path) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        commits = count_commits(store)
        await asyncio.gather(*(store.append(record(f"r{n}")) for n in range(400)))

        assert len(commits) <= 3
    assert len(stored(file)) == 400
    assert (await check(file)).is_whole


def count_commits(store: audit_store.AuditStore) -> list[int]:
    """Grows by how many records each commit has, from now on."""
    commits: list[int] = []
    commit = store._commit  # noqa: SLF001 (counts what no outside reader can see)

    async def counted(batch: list[audit_company.Waiting]) -> None:
        commits.append(len(batch))
        await commit(batch)

    store._commit = counted  # type: ignore[method-assign]  # noqa: SLF001
    return commits


async def work(rounds: int) -> None:
    """Keep the event loop busy for so many of its rounds, of a tenth of a millisecond at least."""
    for _ in range(rounds):
        end = time.perf_counter() + 0.000_1
        while time.perf_counter() < end:
            pass
        await asyncio.sleep(0)


async def test_while_the_event_loop_is_busy_records_wait_for_each_other(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_company, "COMPANY_SECONDS", 5.0)
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:

        async def request(number: int) -> None:
            await work(number)
            await store.append(replace(record(f"r{number}"), kind=RecordKind.RELEASE))

        commits = count_commits(store)
        await asyncio.gather(*(request(n) for n in range(20)))
        assert commits == [20]


async def test_no_record_waits_long_for_others(file: Path) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        commits = count_commits(store)
        working = asyncio.create_task(work(200_000))
        await store.append(replace(record("r"), kind=RecordKind.RELEASE))

        assert not working.done()
        assert commits == [1]
        working.cancel()


async def test_as_soon_as_many_records_wait_they_are_written(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_company, "COMPANY_SECONDS", 60.0)
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        commits = count_commits(store)
        working = asyncio.create_task(work(200_000))
        release = replace(record("r"), kind=RecordKind.RELEASE)
        await asyncio.gather(*(store.append(release) for _ in range(audit_company.COMPANY)))

        assert not working.done()
        assert commits == [audit_company.COMPANY]
        working.cancel()


async def test_an_operation_text_is_kept_once_under_its_digest(file: Path) -> None:
    await trail(file, 3)
    await trail(file, 3)

    with sqlite3.connect(file) as connection:
        rows = connection.execute("SELECT digest, text FROM audit_operation").fetchall()
    connection.close()
    assert rows == [(text_digest(TEXT), TEXT)]


@pytest.mark.parametrize("count", [10, 200])
async def test_a_failed_write_is_told_to_everyone_and_leaves_the_chain_continuous(
    file: Path, count: int
) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await store.append(record("before"))
        change(
            file,
            # The first records are in when the others fail.
            "CREATE TRIGGER full BEFORE INSERT ON audit_entry WHEN NEW.sequence > 5 "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        )
        failed = await asyncio.gather(
            *(store.append(record(f"lost{n}")) for n in range(count)), return_exceptions=True
        )
        change(file, "DROP TRIGGER full")
        await store.append(record("after"))

    assert all(isinstance(answer, AuditUnavailable) for answer in failed)
    assert stored(file) == ["before", "after"]
    assert (await check(file)).is_whole


async def test_a_commit_that_reached_the_disk_but_was_not_confirmed_is_built_upon(
    file: Path,
) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await store.append(record("one"))
        head = store.head
        await store.append(record("two"))
        # As if the second commit had raised after it was done.
        store.head, store._is_certain = head, False  # noqa: SLF001

        await store.append(record("three"))

    assert stored(file) == ["one", "two", "three"]
    assert (await check(file)).is_whole


async def test_a_cancelled_append_does_not_disturb_its_batch(file: Path) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        tasks = [asyncio.ensure_future(store.append(record(f"r{n}"))) for n in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(answer) for answer in answers] == [type(None), asyncio.CancelledError, type(None)]
    assert set(stored(file)) >= {"r0", "r2"}
    assert (await check(file)).is_whole


async def test_a_full_queue_refuses_instead_of_growing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_company, "MAX_WAITING", 5)
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        answers = await asyncio.gather(
            *(store.append(record(f"r{n}")) for n in range(8)), return_exceptions=True
        )

    assert [isinstance(answer, AuditUnavailable) for answer in answers] == [False] * 5 + [True] * 3


async def test_a_closed_store_refuses(file: Path) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        pass

    with pytest.raises(AuditUnavailable):
        await store.append(record("late"))


async def test_an_idle_chain_gets_a_signed_head(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_store, "HEAD_SECONDS", 0.05)
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await store.append(record("r"))
        await asyncio.sleep(0.3)

        with sqlite3.connect(file) as connection:
            heads = connection.execute(
                "SELECT count(*) FROM audit_head WHERE chain = ?", [store.head.chain]
            ).fetchone()
        connection.close()
    assert heads == (1,)


async def test_a_second_writer_on_one_file_is_refused_and_the_first_goes_on(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_database, "CLAIM_SECONDS", 0.2)
    async with open_audit_store(f"sqlite:///{file}", KEY, "first") as store:
        with pytest.raises(AuditUnavailable):
            async with open_audit_store(f"sqlite:///{file}", KEY, "second"):
                pass
        await store.append(record("r"))

    report = await check(file)
    assert report.is_whole
    assert len(report.chains) == 1


async def test_a_second_writer_waits_for_the_first_to_stop(file: Path) -> None:
    async def later() -> None:
        async with open_audit_store(f"sqlite:///{file}", KEY, "second") as store:
            await store.append(record("second"))

    async with open_audit_store(f"sqlite:///{file}", KEY, "first") as store:
        waiting = asyncio.create_task(later())
        await asyncio.sleep(0.2)
        await store.append(record("first"))
    await waiting

    assert (await check(file)).is_whole
    assert stored(file) == ["first", "second"]


async def test_a_chain_that_cannot_be_closed_is_a_clear_condition(file: Path) -> None:
    async def lose_the_table() -> None:
        async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
            await store.append(record("r"))
            change(file, "ALTER TABLE audit_entry RENAME TO elsewhere")

    with pytest.raises(AuditUnavailable, match="could not be closed: no such table"):
        await lose_the_table()

    change(file, "ALTER TABLE elsewhere RENAME TO audit_entry")
    await trail(file, 1)
    report = await check(file)
    assert report.is_whole
    assert sorted(chain.entries for chain in report.chains) == [1, 1]


@pytest.mark.parametrize("database", ["mysql://host/x", "nonsense", "sqlite:////no/such/folder/x"])
async def test_a_database_that_cannot_be_used_is_a_clear_condition(database: str) -> None:
    with pytest.raises(AuditUnavailable):
        async with open_audit_store(database, KEY, "test"):
            pass


async def test_who_opens_a_database_is_told_why_it_cannot_be_used(file: Path) -> None:
    lock = file.with_name("audit.sqlite.lock")
    file.write_text("no database at all")
    with pytest.raises(AuditUnavailable, match="cannot be used: file is not a database"):
        await trail(file, 1)
    lock.unlink()
    lock.mkdir()
    with pytest.raises(AuditUnavailable, match=r"audit\.sqlite\.lock: Is a directory"):
        await trail(file, 1)


@pytest.mark.parametrize("database", ["postgresql://datong:secret", "postgresql://a:secret@b:c/d"])
async def test_no_password_is_in_what_is_said_of_a_url_that_is_none(database: str) -> None:
    with pytest.raises(AuditUnavailable, match="SQLAlchemy URL") as told:
        async with open_audit_store(database, KEY, "test"):
            pass

    assert "secret" not in str(told.value)
    assert told.value.__suppress_context__  # a traceback would show it, too


async def test_verifying_a_trail_that_is_not_there_does_not_make_one(file: Path) -> None:
    with pytest.raises(AuditUnavailable):
        await check(file)

    assert not file.exists()


TAMPERINGS = {
    "changed": (
        "UPDATE audit_entry SET body = replace(body, 'bank-app', 'somebody') WHERE sequence = 3",
        FaultKind.CHANGED,
    ),
    "dropped": (
        "DELETE FROM audit_entry WHERE sequence = 3 AND chain != 'register'",
        FaultKind.DROPPED,
    ),
    "cut": (
        "DELETE FROM audit_entry WHERE sequence > 3 AND chain != 'register'",
        FaultKind.CUT,
    ),
    "whole chain": ("DELETE FROM audit_entry WHERE chain != 'register'", FaultKind.CUT),
    "register": (
        "DELETE FROM audit_entry WHERE chain = 'register'",
        FaultKind.CUT,
    ),
    "head": (
        "UPDATE audit_head SET digest = zeroblob(32) WHERE chain != 'register'",
        FaultKind.FORGED,
    ),
    "renamed": (
        "UPDATE audit_entry SET chain = 'other' WHERE chain != 'register'",
        FaultKind.UNREGISTERED,
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_what_is_done_to_the_database_is_found(file: Path, name: str) -> None:
    await trail(file)
    statement, expected = TAMPERINGS[name]

    change(file, statement)

    report = await check(file)
    chains = (report.register, *report.chains)
    found = {fault.kind for fault in report.faults}
    found |= {fault.kind for chain in chains for fault in chain.faults}
    assert expected in found
    assert not report.is_whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET digest = 'text', previous = 7 WHERE sequence = 2",
        "UPDATE audit_entry SET sequence = 'two' WHERE sequence = 2",
        "UPDATE audit_entry SET chain = x'ff' WHERE chain = 'register'",
        "UPDATE audit_head SET signature = 'x', digest = 1.5, key_id = x'00', at = 'x', chain = 1",
        "UPDATE audit_operation SET text = x'ff', digest = 3",
    ],
)
async def test_columns_of_another_type_are_found_and_do_not_stop_the_verifier(
    file: Path, statement: str
) -> None:
    await trail(file)

    change(file, statement)

    assert not (await check(file)).is_whole


async def test_a_changed_operation_text_is_found(file: Path) -> None:
    await trail(file)

    change(file, "UPDATE audit_operation SET text = '{ harmless }'")

    assert (await check(file)).texts == (text_digest(TEXT),)


async def test_a_head_kept_outside_finds_what_was_cut_together_with_its_heads(file: Path) -> None:
    anchors = []
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        for number in range(3):
            await store.append(record(f"r{number}"))
        anchors.append(sign_head(store.head, 1, KEY))
    change(
        file,
        "DELETE FROM audit_entry WHERE chain = 'register' AND sequence > 1",
        "DELETE FROM audit_entry WHERE chain != 'register' AND sequence > 1",
        "DELETE FROM audit_head WHERE sequence > 1",
    )

    without = await check(file)
    with_anchor = await verify_trail(f"sqlite:///{file}", KEYS, tuple(anchors))

    assert without.is_whole
    assert not with_anchor.is_whole


WRITER = """
import asyncio, sys
from federation.gateway.audit.keys import head_key
from federation.gateway.audit.store import open_audit_store
from tests.unit.audit.test_store import record

async def main():
    async with open_audit_store(sys.argv[1], head_key(sys.argv[2]), "victim") as store:
        async def worker(name):
            for number in range(1_000_000):
                request = f"{sys.argv[3]}-{name}-{number}"
                await store.append(record(request))
                print(request, flush=True)
        await asyncio.gather(*(worker(name) for name in range(8)))

asyncio.run(main())
"""


def writing(database: str, key_file: str, name: str) -> subprocess.Popen[str]:
    """A process that writes and says what is durable, a line for each record."""
    command = [sys.executable, "-c", WRITER, database, key_file, name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_a_writer(database: str, key_file: str, name: str, after: int) -> set[str]:
    """Kill a writing process after so many of its appends have returned; all that did return."""
    with writing(database, key_file, name) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        rest = process.stdout.read()
    # The last line may be half written.
    return {*lines, *rest[: rest.rfind("\n") + 1].split()}


async def test_a_killed_writer_loses_no_record_whose_append_had_returned(
    file: Path, tmp_path: Path
) -> None:
    key_file = str(tmp_path / "head.pem")
    confirmed: set[str] = set()
    for turn in range(KILLS):
        # Another moment of the writer's life in each turn.
        after = 40 + 37 * turn % 500
        confirmed |= kill_a_writer(f"sqlite:///{file}", key_file, str(turn), after)

    key = head_key(key_file).public_key()
    async with open_audit_store(f"sqlite:///{file}", head_key(key_file), "survivor"):
        pass
    report = await verify_trail(f"sqlite:///{file}", {key_id(key): key})
    assert report.is_whole, report
    assert len(report.chains) == KILLS + 1
    assert confirmed <= set(stored(file))
    assert len(confirmed) >= KILLS * 40


@pytest.mark.parametrize("make", [digest_key, head_key])
def test_a_key_file_is_made_for_its_owner_alone_and_read_back(
    tmp_path: Path, make: Callable[[str], object]
) -> None:
    file = tmp_path / "keys" / "secret"

    make(str(file))
    content = file.read_bytes()
    make(str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == content
    assert [entry.name for entry in file.parent.iterdir()] == ["secret"]


def test_a_key_file_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"short")

    with pytest.raises(AuditUnavailable):
        digest_key(str(file))
    with pytest.raises(AuditUnavailable):
        head_key(str(file))
    with pytest.raises(AuditUnavailable):
        digest_key(str(tmp_path))


def test_keys_without_a_file_are_new_each_time() -> None:
    assert digest_key("") != digest_key("")
    assert key_id(head_key("").public_key()) != key_id(head_key("").public_key())


async def test_each_commit_goes_to_the_disk_in_pages_as_long_as_records(file: Path) -> None:
    names = ("synchronous", "journal_mode", "secure_delete", "page_size")

    def settings(connection: Connection) -> list[object]:
        driver = sqlite_connection(connection)
        return [driver.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        found = await store._database.transact(settings)  # noqa: SLF001 - as long as it is connected

    assert found == [2, "wal", 1, 8192]  # 2 is FULL


@pytest.mark.parametrize("count", [90, 300])
async def test_a_full_disk_fails_appends_until_there_is_room_again(file: Path, count: int) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await store.append(record("before"))

        async def limit(pages: int) -> None:
            def set_limit(connection: Connection) -> None:
                sqlite_connection(connection).execute(f"PRAGMA max_page_count = {pages}")

            await store._database.transact(set_limit)  # noqa: SLF001 - as long as it is connected

        await limit(1)  # SQLite takes what there is as the least
        answers = await asyncio.gather(
            *(store.append(record(f"r{n}")) for n in range(count)), return_exceptions=True
        )
        store._database._connection = None  # type: ignore[attr-defined]  # noqa: SLF001
        await store.append(record("after"))

    failed = [answer for answer in answers if answer is not None]
    assert failed
    assert all(isinstance(answer, AuditUnavailable) for answer in failed)
    confirmed = {f"r{n}" for n, answer in enumerate(answers) if answer is None}
    assert {"before", "after", *confirmed} == set(stored(file))
    assert (await check(file)).is_whole


async def test_nobody_waits_for_a_database_for_ever(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_store, "WRITE_SECONDS", 0.2)
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await store.append(record("before"))
        other = sqlite3.connect(file)
        other.execute("BEGIN IMMEDIATE")
        began = asyncio.get_running_loop().time()
        with pytest.raises(AuditUnavailable):
            await store.append(record("stuck"))
        waited = asyncio.get_running_loop().time() - began
        other.rollback()
        other.close()
        await store.append(record("after"))

    assert waited < 3
    # The transaction that nobody waited for any more may have been done all the same.
    assert set(stored(file)) - {"stuck"} == {"before", "after"}
    assert (await check(file)).is_whole

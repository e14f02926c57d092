"""The audit sink on a real PostgreSQL server, where every worker writes a chain of its own."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace
from sqlalchemy import URL, Connection, make_url
from sqlalchemy import text as sql

from federation.audit import (
    REGISTER,
    ChainClosed,
    FaultKind,
    key_id,
    read_event,
    read_links,
    read_record,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit import database as audit_databases
from federation.gateway.audit import store as audit_store
from federation.gateway.audit import tables as audit_tables
from federation.gateway.audit.database import audit_database
from federation.gateway.audit.keys import head_key
from federation.gateway.audit.read import read_trail, verify_trail
from federation.gateway.audit.store import open_audit_store
from federation.gateway.audit.tables import read_chains, read_entries
from tests.support.retention import retain
from tests.unit.audit.test_store import (
    KEY,
    KEYS,
    KILLS,
    TEXT,
    kill_a_writer,
    record,
    writing,
)


@pytest.fixture
async def database(postgresql_server: str) -> AsyncIterator[str]:
    """URL of an empty database that goes away with the test."""
    name = f"audit_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(postgresql_server)
    await connection.execute(f"CREATE DATABASE {name}")
    yield make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def test_workers_that_start_together_write_whole_chains_side_by_side(database: str) -> None:
    async def worker(name: str, count: int) -> None:
        async with open_audit_store(database, KEY, name) as store:
            await asyncio.gather(*(store.append(record(f"{name}-{n}"), TEXT) for n in range(count)))

    await asyncio.gather(worker("one", 30), worker("two", 50), worker("three", 70))

    report = await verify_trail(database, KEYS)
    assert report.is_whole, report
    assert sorted((c.entries, c.proven, c.closed) for c in report.chains) == [
        (30, 30, True),
        (50, 50, True),
        (70, 70, True),
    ]


async def test_a_living_chain_stays_open_when_another_worker_starts(database: str) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(open_audit_store(database, KEY, "one"))
        await one.append(record("a"))
        two = await stack.enter_async_context(open_audit_store(database, KEY, "two"))
        await two.append(record("b"))
        await one.append(record("c"))

        report = await verify_trail(database, KEYS)
        assert report.is_whole
        assert [chain.closed for chain in report.chains] == [False, False]


async def test_a_changed_record_is_found(database: str) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        await asyncio.gather(*(store.append(record(f"r{n}")) for n in range(5)))
    connection = await asyncpg.connect(database)
    await connection.execute(
        "UPDATE audit_entry SET body = body || 'x' WHERE sequence = 3 AND chain != 'register'"
    )
    await connection.close()

    report = await verify_trail(database, KEYS)

    assert [str(f).split(" ", 1)[1] for c in report.chains for f in c.faults] == [
        "entry 3: changed"
    ]


async def test_heads_by_an_unknown_key_prove_nothing(database: str) -> None:
    async with open_audit_store(database, head_key(""), "stranger") as store:
        await store.append(record("r"))

    report = await verify_trail(database, KEYS)

    assert not report.is_whole
    assert [chain.proven for chain in report.chains] == [0]


async def test_chains_that_run_side_by_side_vouch_for_each_other(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_store, "HEAD_SECONDS", 0.0)
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(open_audit_store(database, KEY, "one"))
        two = await stack.enter_async_context(open_audit_store(database, KEY, "two"))
        for number in range(6):
            await one.append(record(f"one-{number}"))
            await two.append(record(f"two-{number}"))
        chain = one.head.chain
    whole = await verify_trail(database, KEYS)
    connection = await asyncpg.connect(database)
    # All that speaks of the end, but for what the other chain says.
    await connection.execute("DELETE FROM audit_entry WHERE chain = $1 AND sequence > 3", chain)
    await connection.execute("DELETE FROM audit_head WHERE chain = $1 AND sequence > 3", chain)
    await connection.execute("DELETE FROM audit_entry WHERE chain = 'register' AND sequence > 2")
    await connection.execute("DELETE FROM audit_head WHERE chain = 'register' AND sequence > 2")
    await connection.close()

    cut = await verify_trail(database, KEYS)

    assert whole.is_whole, whole
    assert {(fault.chain, fault.kind) for fault in cut.faults} >= {(chain, FaultKind.CUT)}


async def test_old_records_are_removed_while_a_worker_writes(database: str) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        for day in (1, 2, 3):
            await store.append(replace(record(f"d{day}"), at=day))
        appending = asyncio.gather(
            *(store.append(replace(record(f"new-{n}"), at=10)) for n in range(300))
        )
        done = await retain(database, KEY, {}, 3, 20, is_dry=False)
        await appending

    report = await verify_trail(database, KEYS)
    assert [each.entries for each in done.prunings] == [2]
    assert report.is_whole, report
    assert [(c.pruned, c.entries) for c in report.chains] == [(2, 301)]


async def test_old_records_are_removed_beside_a_worker_that_has_yet_the_old_head_key(
    database: str,
) -> None:
    fresh = head_key("")
    both = {**KEYS, key_id(fresh.public_key()): fresh.public_key()}
    async with (
        open_audit_store(database, KEY, "before") as before,
        open_audit_store(database, fresh, "after") as after,
    ):
        for store in (before, after):
            for day in (1, 2, 3):
                await store.append(replace(record(f"d{day}"), at=day))
        done = await retain(database, fresh, KEYS, 3, 20, is_dry=False)
        await before.append(replace(record("new"), at=10))

    report = await verify_trail(database, both)
    assert [each.entries for each in done.prunings] == [2, 2]
    assert report.is_whole, report
    assert sorted((c.pruned, c.entries, c.proven) for c in report.chains) == [(2, 1, 3), (2, 2, 4)]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"username": "nobody"}, 'role "nobody" does not exist'),
        ({"port": 1}, "Connect"),
        ({"port": 65_536}, "no such host or port"),
        ({"query": {"sslmode": "require"}}, "ssl=require, not sslmode"),
        ({"query": {"ssl": "require"}}, "rejected SSL upgrade"),
    ],
)
async def test_who_opens_a_database_is_told_why_it_cannot_be_used(
    postgresql_server: str, changed: dict[str, Any], reason: str
) -> None:
    url = make_url(postgresql_server).set(password="secret", **changed)

    with pytest.raises(AuditUnavailable, match=f"cannot be used: .*{reason}") as told:
        async with open_audit_store(url.render_as_string(hide_password=False), KEY, "one"):
            pass

    assert "secret" not in str(told.value)


async def test_a_server_that_does_not_answer_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_databases, "_CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://datong:secret@127.0.0.1:{silent.getsockname()[1]}/audit"
        with pytest.raises(AuditUnavailable, match="it does not answer"):
            async with open_audit_store(url, KEY, "one"):
                pass


async def test_who_reads_the_trail_cannot_change_it(database: str) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        await store.append(record("r"))

    with pytest.raises(AuditUnavailable):
        await read_trail(database, lambda c: c.execute(sql("DELETE FROM audit_entry")))

    assert (await verify_trail(database, KEYS)).chains[0].entries == 1


async def test_records_go_to_the_disk_whatever_the_server_does_by_default(database: str) -> None:
    connection = await asyncpg.connect(database)
    name = make_url(database).database
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await connection.close()

    target = audit_database(database)
    setting = await target.transact(lambda c: c.scalar(sql("SHOW synchronous_commit")))
    await target.close()

    assert setting == "on"


async def test_killed_workers_lose_no_record_whose_append_had_returned(
    database: str, tmp_path: Path
) -> None:
    key_file = str(tmp_path / "head.pem")
    confirmed: set[str] = set()
    for turn in range(KILLS):
        confirmed |= kill_a_writer(database, key_file, str(turn), after=30 + 41 * turn % 200)

    key = head_key(key_file).public_key()
    report = await verify_trail(database, {key_id(key): key})
    found = await read_trail(
        database,
        lambda c: {
            read_record(entry.body).request_id
            for chain in report.chains
            for entry in read_entries(c, chain.chain)
            if read_links(entry.body) is None
        },
    )
    assert report.is_whole, report
    assert len(report.chains) == KILLS
    assert confirmed <= found


async def test_an_outage_of_the_server_fails_appends_and_is_got_over(database: str) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        await store.append(record("before"))
        connection = await asyncpg.connect(database)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        await connection.execute("ALTER TABLE audit_entry RENAME TO elsewhere")
        with pytest.raises(AuditUnavailable):
            await store.append(record("lost"))
        await connection.execute("ALTER TABLE elsewhere RENAME TO audit_entry")
        await connection.close()
        await store.append(record("after"))

    report = await verify_trail(database, KEYS)
    assert report.is_whole, report
    # To others it had died with its session.
    assert [(chain.entries, chain.closed) for chain in report.chains] == [(1, True), (1, True)]


async def _terminate_sessions(database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    await connection.close()


async def _closings(database: str) -> list[bool]:
    """Of each closed chain, whether its own writer closed it."""
    events = await read_trail(
        database, lambda c: [read_event(entry.body) for entry in read_entries(c, REGISTER)]
    )
    return [event.orderly for event in events if isinstance(event, ChainClosed)]


@pytest.mark.parametrize("text", [None, TEXT])
async def test_a_session_that_ends_between_or_during_batches_costs_no_answer(
    database: str, text: str | None
) -> None:
    rounds, records = 5 + KILLS, 40
    async with open_audit_store(database, KEY, "one") as store:

        async def append(name: str, pause: float) -> None:
            await asyncio.sleep(pause)
            await store.append(record(name), text)

        for turn in range(rounds):
            await asyncio.gather(
                _terminate_writers(database),
                *(append(f"{turn}-{n}", 0.002 * n) for n in range(records)),
            )

    found = await _recorded(database)
    assert sorted(found) == sorted(f"{t}-{n}" for t in range(rounds) for n in range(records))
    report = await verify_trail(database, KEYS)
    assert report.is_whole, report
    assert len(report.chains) > rounds // 2


async def _terminate_writers(database: str) -> None:
    """End the sessions that hold a chain; one that is only being opened is another matter."""
    connection = await asyncpg.connect(database)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND datname = current_database()"
    )
    await connection.close()


async def _recorded(database: str) -> list[str]:
    """Request ids of all records of all chains."""

    def read(connection: Connection) -> list[str]:
        return [
            read_record(entry.body).request_id
            for chain in read_chains(connection) - {REGISTER}
            for entry in read_entries(connection, chain)
            if read_links(entry.body) is None
        ]

    return await read_trail(database, read)


@pytest.mark.parametrize("is_ended", [True, False])
async def test_a_batch_whose_commit_the_server_could_not_tell_is_recorded_once_at_most(
    database: str, monkeypatch: pytest.MonkeyPatch, is_ended: bool
) -> None:
    monkeypatch.setattr(audit_tables, "_END_SECONDS", 1)
    async with (
        _answers_cut_off(database, is_ended=is_ended) as (through, is_cut),
        open_audit_store(through, KEY, "one") as store,
    ):
        await store.append(record("before"))
        is_cut.set()
        if is_ended:
            await store.append(record("untold"))
        else:
            # For the server the session lives, so it could commit what it has not read yet.
            with pytest.raises(AuditUnavailable):
                await store.append(record("untold"))
        await store.append(record("after"))

    assert sorted(await _recorded(database)) == ["after", "before", "untold"]
    assert (await verify_trail(database, KEYS)).is_whole


@asynccontextmanager
async def _answers_cut_off(
    database: str, *, is_ended: bool
) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The server behind a way that breaks at its next answer once the event is set.

    Args:
        is_ended: Whether the server notices.
    """
    url, is_cut = make_url(database), asyncio.Event()
    kept: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await _connect(url)
        asking = connections.create_task(_pass_on(reader, server_writer))
        while (data := await server_reader.read(65536)) and not is_cut.is_set():
            writer.write(data)
        is_cut.clear()
        writer.transport.abort()
        await asking
        if is_ended:
            await _close(server_writer)
        else:
            kept.append(server_writer)

    async with asyncio.TaskGroup() as connections:
        server = await asyncio.start_server(
            lambda *ends: connections.create_task(serve(*ends)), "127.0.0.1", 0
        )
        async with server:
            port = server.sockets[0].getsockname()[1]
            through = url.set(host="127.0.0.1", port=port, query={})
            yield through.render_as_string(hide_password=False), is_cut
            for each in kept:
                await _close(each)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def _connect(url: URL) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = url.port or 5432
    if host := url.query.get("host"):
        return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
    return await asyncio.open_connection(url.host, port)


async def test_the_next_workers_close_the_chains_of_killed_ones_once(
    database: str, tmp_path: Path
) -> None:
    key_file = str(tmp_path / "head.pem")
    for name in ("one", "two"):
        kill_a_writer(database, key_file, name, after=20)
    key = head_key(key_file)

    async with AsyncExitStack() as stack:
        await asyncio.gather(
            *(stack.enter_async_context(open_audit_store(database, key, "next")) for _ in range(5))
        )
        closings = await _closings(database)
        report = await verify_trail(database, {key_id(key.public_key()): key.public_key()})

    assert closings == [False, False]
    assert report.is_whole, report
    dead = [chain for chain in report.chains if chain.closed]
    assert len(dead) == 2
    # Its end is proven, though no head of its own signs it.
    assert all(chain.proven == chain.entries >= 20 for chain in dead)


async def test_a_worker_that_hangs_is_not_taken_for_dead(database: str, tmp_path: Path) -> None:
    key_file = str(tmp_path / "head.pem")
    with writing(database, key_file, "sleeper") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        async with open_audit_store(database, head_key(key_file), "next"):
            closings = await _closings(database)
        process.send_signal(signal.SIGCONT)
        for _ in range(200):
            process.stdout.readline()
        process.kill()
        process.stdout.read()
    async with open_audit_store(database, head_key(key_file), "last"):
        pass

    key = head_key(key_file).public_key()
    report = await verify_trail(database, {key_id(key): key})
    assert closings == []
    assert sorted(await _closings(database)) == [False, True, True]
    assert report.is_whole, report


async def test_a_worker_that_lost_its_session_goes_on_in_a_new_chain(database: str) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        await store.append(record("before"))
        first = store.head.chain
        await _terminate_sessions(database)
        async with open_audit_store(database, KEY, "two"):
            pass
        await store.append(record("after"))
        second = store.head.chain
        await _terminate_sessions(database)

    closings = await _closings(database)
    report = await verify_trail(database, KEYS)
    assert first != second
    assert report.is_whole, report
    assert [chain.closed for chain in report.chains] == [True, True, True]
    # The first by the second worker, whose own was in order, and the last after its session.
    assert closings == [False, True, False]


async def test_a_chain_is_closed_though_its_lost_session_was_not_noticed(database: str) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        await store.append(record("before"))
        # In a thread, so that no round of this event loop passes before the chain is closed.
        thread = Thread(target=asyncio.run, args=(_terminate_sessions(database),))
        thread.start()
        thread.join()

    await _assert_closed_after_its_session(database)


async def test_a_chain_is_closed_though_its_lost_session_was_half_noticed(database: str) -> None:
    async with (
        _ends_held_back(database) as (through, last_words),
        open_audit_store(through, KEY, "one") as store,
    ):
        await store.append(record("before"))
        last_words.clear()
        await _terminate_sessions(database)
        await asyncio.wait_for(last_words.wait(), 10)

    await _assert_closed_after_its_session(database)


async def _assert_closed_after_its_session(database: str) -> None:
    report = await verify_trail(database, KEYS)
    assert report.is_whole, report
    assert [chain.closed for chain in report.chains] == [True]
    assert await _closings(database) == [False]


@asynccontextmanager
async def _ends_held_back(database: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The server behind a way that passes on all bytes, but no end that the client did not ask for.

    Yields:
        The database's URL by this way, and what is set whenever the server has said something.
    """
    url, spoke = make_url(database), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await _connect(url)
        taking_leave = connections.create_task(_pass_on(reader, server_writer))
        with suppress(ConnectionError):  # a server that ends may have bytes that it did not read
            while data := await server_reader.read(65536):
                writer.write(data)
                spoke.set()
        await taking_leave
        for each in (writer, server_writer):
            await _close(each)

    async with asyncio.TaskGroup() as connections:
        server = await asyncio.start_server(
            lambda *ends: connections.create_task(serve(*ends)), "127.0.0.1", 0
        )
        async with server:
            port = server.sockets[0].getsockname()[1]
            through = url.set(host="127.0.0.1", port=port, query={})
            yield through.render_as_string(hide_password=False), spoke


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the client has taken its leave."""
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            if data.startswith(b"X"):
                return


@pytest.mark.parametrize("count", [10, 200])
async def test_a_batch_that_fails_leaves_nothing_of_it(database: str, count: int) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        await store.append(record("before"))
        connection = await asyncpg.connect(database)
        # The first records are in when the others fail.
        await connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF NEW.sequence > 5 THEN RAISE 'disk full'; END IF; RETURN NEW; END $$"
        )
        await connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON audit_entry"
            " FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
        failed = await asyncio.gather(
            *(store.append(record(f"lost{n}")) for n in range(count)), return_exceptions=True
        )
        await connection.execute("DROP TRIGGER full_disk ON audit_entry")
        await connection.close()
        await store.append(record("after"))

    report = await verify_trail(database, KEYS)
    assert all(isinstance(answer, AuditUnavailable) for answer in failed)
    assert report.is_whole, report
    assert [(chain.entries, chain.closed) for chain in report.chains] == [(2, True)]


async def test_records_that_arrive_together_are_one_transaction(database: str) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        await store.append(record("before"))
        await asyncio.gather(*(store.append(record(f"r{n}")) for n in range(50)))

    connection = await asyncpg.connect(database)
    transactions = await connection.fetchval(
        "SELECT count(DISTINCT xmin::text) FROM audit_entry WHERE chain <> 'register'"
    )
    await connection.close()
    assert transactions == 2

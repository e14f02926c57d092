"""PostgreSQL holds what the SQLite files hold, on a real server."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from subgraphs.world.departments import DEPARTMENTS, metadata_of
from subgraphs.world.faults import SchemaTaken
from subgraphs.world.store import database_url, ensure


@pytest.fixture
def database(postgresql_server: str) -> Iterator[str]:
    """URL of a database that is empty and goes away with the test."""
    name = f"heming_{uuid4().hex[:8]}"
    _run(postgresql_server, f"CREATE DATABASE {name}")
    yield make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(url: str, statement: str) -> list[tuple[Any, ...]]:
    async def run() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(record) for record in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(run())


def _read(url: str, department: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows by table, in the order that the database gives the primary key."""

    async def read() -> dict[str, list[tuple[Any, ...]]]:
        engine = create_async_engine(url)
        found = {}
        async with engine.connect() as connection:
            for table in metadata_of(department).sorted_tables:
                statement = select(table).order_by(*table.primary_key.columns)
                found[table.name] = [tuple(row) for row in await connection.execute(statement)]
        await engine.dispose()
        return found

    return asyncio.run(read())


@pytest.mark.usefixtures("empty_home")
def test_both_databases_hold_equal_rows_in_equal_order(database: str) -> None:
    ensure(size="small", on_progress=lambda *_: None)
    ensure(base=database, size="small", on_progress=lambda *_: None)

    for department in DEPARTMENTS:
        on_file = _read(database_url(department, size="small"), department)
        on_server = _read(database_url(department, database, "small"), department)
        assert on_server == on_file
        assert all(on_file.values())


def test_all_text_sorts_by_code_point_whatever_the_servers_language(database: str) -> None:
    ensure(base=database, size="small", on_progress=lambda *_: None)

    collations = _run(
        database,
        "SELECT DISTINCT collation_name FROM information_schema.columns"
        " WHERE data_type = 'character varying'"
        f" AND table_schema IN {DEPARTMENTS}",
    )

    assert collations == [("C",)]


async def test_it_may_be_called_while_an_event_loop_runs(database: str) -> None:
    ensure("tax", base=database, size="small", on_progress=lambda *_: None)

    engine = create_async_engine(database_url("tax", database, "small"))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM company")) == 40
    await engine.dispose()


def test_a_filled_database_is_left_alone(database: str) -> None:
    steps: list[str] = []

    ensure(base=database, size="small", on_progress=lambda step, *_: steps.append(step))
    _run(database, "UPDATE tax.citizen SET credit_grade = 'Z'")
    made = list(steps)
    ensure("tax", base=database, size="small", on_progress=lambda step, *_: steps.append(step))

    assert made
    assert steps == made
    assert _run(database, "SELECT DISTINCT credit_grade FROM tax.citizen") == [("Z",)]


def test_another_world_in_the_database_is_replaced(database: str) -> None:
    ensure(base=database, size="small", on_progress=lambda *_: None)
    _run(database, "UPDATE tax.world_fingerprint SET fingerprint = 'older'")
    _run(database, "UPDATE tax.citizen SET credit_grade = 'Z'")

    ensure("health", base=database, size="small", on_progress=lambda *_: None)
    ensure("tax", base=database, size="small", on_progress=lambda *_: None)

    assert ("Z",) not in _run(database, "SELECT DISTINCT credit_grade FROM tax.citizen")


def test_a_schema_of_other_origin_is_never_touched(database: str) -> None:
    _run(database, "CREATE SCHEMA tax")
    _run(database, "CREATE TABLE tax.ledger (entry integer)")

    with pytest.raises(SchemaTaken, match="schema tax"):
        ensure(base=database, size="small", on_progress=lambda *_: None)

    schemas = _run(database, "SELECT to_regnamespace('health') IS NULL")
    assert schemas == [(True,)]
    assert _run(database, "SELECT count(*) FROM tax.ledger") == [(0,)]


def test_departments_that_start_together_fill_the_database_once(database: str) -> None:
    async def start_together() -> list[int]:
        counts = []

        async def start(department: str) -> None:
            steps: list[str] = []
            await asyncio.to_thread(
                ensure,
                department,
                base=database,
                size="small",
                on_progress=lambda step, *_: steps.append(step),
            )
            counts.append(len(steps))

        await asyncio.gather(*(start(department) for department in DEPARTMENTS[:3]))
        return counts

    counts = sorted(asyncio.run(start_together()))

    assert counts[:2] == [0, 0]
    assert counts[2] > len(DEPARTMENTS)


def test_an_interrupted_writer_leaves_no_schema(database: str) -> None:
    def interrupt(step: str, _done: int, _total: int) -> None:
        if step == "tax":
            raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError, match="pulled the plug"):
        ensure(base=database, size="small", on_progress=interrupt)

    assert _run(database, "SELECT to_regnamespace('public_security') IS NULL") == [(True,)]


async def test_options_of_the_given_url_are_kept(database: str) -> None:
    ensure("tax", base=database, size="small", on_progress=lambda *_: None)
    connection = await asyncpg.connect(database)
    socket_folder = await connection.fetchval("SHOW unix_socket_directories")
    port = await connection.fetchval("SHOW port")
    await connection.close()
    name = make_url(database).database
    by_socket = f"postgresql://datong@/{name}?host={socket_folder}&port={port}&sslmode=disable"

    engine = create_async_engine(database_url("tax", by_socket, "small"))
    async with engine.connect() as session:
        address = await session.scalar(text("SELECT inet_client_addr()"))
        companies = await session.scalar(text("SELECT count(*) FROM company"))
    await engine.dispose()

    assert address is None
    assert companies == 40


def test_the_url_binds_the_session_to_the_departments_schema(database: str) -> None:
    ensure(base=database, size="small", on_progress=lambda *_: None)

    async def read() -> str:
        engine = create_async_engine(database_url("health", database, "small"))
        async with engine.connect() as connection:
            found = await connection.scalar(text("SELECT current_schema()"))
        await engine.dispose()
        return str(found)

    assert asyncio.run(read()) == "health"
    assert "unused" not in repr(make_url(database_url("health", database, "small")))

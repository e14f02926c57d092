"""Writing the departments' rows to one PostgreSQL database, a schema for each department.

A table ``world_fingerprint`` in each schema tells which world it holds. A schema of the same name
that has no such table is somebody else's and is never touched.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import JSON, MetaData, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from subgraphs.world.faults import DatabaseUnusable, SchemaTaken
from subgraphs.world.values import Rows

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
# Any number will do that other programs on the same database do not use.
_LOCK = 809_202_508_01


async def is_filled(dsn: str, departments: Iterable[str], fingerprint: str) -> bool:
    """Whether each department's schema holds the world of that fingerprint.

    Raises:
        DatabaseUnusable: It cannot be asked.
        SchemaTaken: One of the schemas is not ours.
    """
    async with _connected(dsn) as connection:
        # Whoever is just filling drops tables under our hands; wait.
        await connection.execute("SELECT pg_advisory_lock_shared($1)", _LOCK)
        return await _holds(connection, departments, fingerprint)


async def fill(
    dsn: str,
    fingerprint: str,
    tables: dict[str, MetaData],
    rows: Callable[[str], Rows],
) -> None:
    """Fill all schemas in one transaction, replacing worlds of other fingerprints.

    Processes that start together wait for each other here; whoever comes second finds the work
    done and returns.

    Args:
        dsn: Connection string as PostgreSQL's own library reads it.
        fingerprint: Name of the world, kept in the marker tables.
        tables: Metadata by department.
        rows: Gives the rows of a department; not called when the work is done already.

    Raises:
        DatabaseUnusable: It cannot be filled; nothing was changed.
        SchemaTaken: One of the schemas is not ours; nothing was changed.
    """
    async with _connected(dsn) as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        if await _holds(connection, tables, fingerprint):
            return
        async with connection.transaction():
            for department, metadata in tables.items():
                await _fill_schema(connection, department, metadata, rows(department))
                await connection.execute(
                    "INSERT INTO world_fingerprint (fingerprint) VALUES ($1)", fingerprint
                )
        for department, metadata in tables.items():
            for table in metadata.sorted_tables:
                await connection.execute(f'ANALYZE "{department}"."{table.name}"')


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    try:
        connection = await asyncpg.connect(dsn)
        try:
            yield connection
        finally:
            # Closing the session gives the lock back.
            await connection.close()
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresError) as fault:
        raise DatabaseUnusable(f"the database cannot be used: {fault}") from fault


async def _holds(
    connection: "asyncpg.Connection[asyncpg.Record]", departments: Iterable[str], fingerprint: str
) -> bool:
    found: set[str | None] = set()
    for department in departments:
        if not await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", department):
            found.add(None)
            continue
        marker = f"{department}.world_fingerprint"
        if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", marker):
            raise SchemaTaken(
                f"the database has a schema {department} that does not come from the demo; "
                "give a database of its own, or rename that schema"
            )
        found.add(await connection.fetchval(f"SELECT fingerprint FROM {marker}"))  # noqa: S608
    return found == {fingerprint}


async def _fill_schema(
    connection: "asyncpg.Connection[asyncpg.Record]",
    department: str,
    metadata: MetaData,
    rows: Rows,
) -> None:
    await connection.execute(f'DROP SCHEMA IF EXISTS "{department}" CASCADE')
    await connection.execute(f'CREATE SCHEMA "{department}"')
    await connection.execute(f'SET LOCAL search_path TO "{department}"')
    await connection.execute("CREATE TABLE world_fingerprint (fingerprint text NOT NULL)")
    for table in metadata.sorted_tables:
        await connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)))
        await connection.copy_records_to_table(
            table.name,
            schema_name=department,
            columns=[column.name for column in table.columns],
            records=_records(table, rows[table.name]),
        )
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            await connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)))


def _records(table: Table, rows: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    columns = [(column.name, isinstance(column.type, JSON)) for column in table.columns]
    for row in rows:
        yield tuple(json.dumps(row[name]) if is_json else row[name] for name, is_json in columns)

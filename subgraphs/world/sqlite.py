"""Writing the departments' rows to SQLite files."""

import datetime
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Date, MetaData, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from subgraphs.world.values import Rows

_DIALECT = sqlite.dialect()


def write_sqlite(path: Path, metadata: MetaData, rows: Rows) -> None:
    """A new database file with all tables, rows and indexes.

    Nothing guards against a crash while writing: the caller writes beside the final place and
    renames. The finished file is in write-ahead mode, so that readers and a writer do not wait.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for table in metadata.sorted_tables:
            connection.execute(str(CreateTable(table).compile(dialect=_DIALECT)))
            marks = ", ".join("?" for _ in table.columns)
            connection.executemany(
                f'INSERT INTO "{table.name}" VALUES ({marks})',  # noqa: S608  our own table name
                _tuples(table, rows[table.name]),
            )
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)))
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        connection.execute("PRAGMA journal_mode = WAL")


def _tuples(table: Table, rows: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    converters = [(column.name, _converter(column.type)) for column in table.columns]
    for row in rows:
        yield tuple(
            row[name] if convert is None or row[name] is None else convert(row[name])
            for name, convert in converters
        )


def _converter(kind: object) -> Callable[[Any], str] | None:
    """How SQLAlchemy stores values of that type in SQLite, where the driver does not know."""
    if isinstance(kind, Date):
        return datetime.date.isoformat
    return json.dumps if isinstance(kind, JSON) else None

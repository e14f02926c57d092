"""The driver's own connection under one of SQLAlchemy's."""

import sqlite3
from typing import cast

from sqlalchemy import Connection


def sqlite_connection(connection: Connection) -> sqlite3.Connection:
    """For what a group commit on SQLite does every few milliseconds.

    Building and checking a statement costs more than SQLite takes to execute it.
    """
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)

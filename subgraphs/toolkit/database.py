"""A department's database: one engine per process, one session per request.

An AsyncSession must not run two statements at once, and resolvers run at once. So a request's
statements queue at its lock; batch loaders keep them few, and requests do not wait for each other.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Row, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from subgraphs.toolkit.row_filters import OPTION, RowFilters, bind_session, guard_engine

# The driver's debug lines hold every value, whatever level the department logs at.
logging.getLogger("aiosqlite").setLevel(logging.WARNING)

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}


def open_engine(url: str) -> AsyncEngine:
    """A guarded engine: it runs nothing outside of a request, and shows no values in errors.

    Args:
        url: ``sqlite:///file`` or ``postgresql://...``; the driver is chosen here.
    """
    parsed = make_url(url)
    engine = create_async_engine(
        parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername)),
        hide_parameters=True,
    )
    guard_engine(engine.sync_engine)
    return engine


class RequestSession:
    """The one session of a request, with its row filters; safe for concurrent resolvers."""

    def __init__(self, engine: AsyncEngine, filters: RowFilters) -> None:
        self._session = AsyncSession(
            engine.execution_options(**{OPTION: filters}), expire_on_commit=False
        )
        self._turn = asyncio.Lock()
        bind_session(self._session.sync_session, filters)

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows of a statement."""
        async with self._turn:
            return (await self._session.execute(statement)).all()

    async def add(self, record: DeclarativeBase) -> None:
        """Insert a record and commit it."""
        async with self._turn:
            self._session.add(record)
            await self._session.commit()

    async def close(self) -> None:
        """Give the connection back."""
        async with self._turn:
            await self._session.close()

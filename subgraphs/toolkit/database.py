"""A department's database: one engine per process, one session per request.

An AsyncSession must not run two statements at once, and resolvers run at once. So a request's
statements queue at its lock; batch loaders keep them few, and requests do not wait for each other.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, Row, UpdateBase, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from subgraphs.toolkit import row_filters, row_writes

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
    row_filters.guard_engine(engine.sync_engine)
    row_writes.guard_writes(engine.sync_engine)
    return engine


class RequestSession:
    """The one session of a request, with its row filters; safe for concurrent resolvers."""

    def __init__(self, engine: AsyncEngine, filters: row_filters.RowFilters) -> None:
        writes = row_writes.Writes(filters)
        self._session = AsyncSession(
            engine.execution_options(
                **{row_filters.OPTION: filters, row_writes.OPTION: writes},
            ),
            sync_session_class=row_writes.FilteredSession,
            expire_on_commit=False,
            writes=writes,
        )
        self._turn = asyncio.Lock()
        row_filters.bind_session(self._session.sync_session, filters)

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows of a statement."""
        async with self._turn:
            return (await self._session.execute(statement)).all()

    async def add(self, *records: DeclarativeBase) -> None:
        """Insert records, or write what was changed in records of this session, and commit.

        Raises:
            RowNotAdmitted: The row filters do not admit what would be left; nothing was written.
        """
        async with self._writing():
            self._session.add_all(records)

    async def change(self, statement: UpdateBase) -> int:
        """Run an UPDATE or DELETE on the rows that the filters admit, and commit; how many.

        Raises:
            StatementRefused: It sets what a filter tests: change records instead, and ``add`` them.
        """
        async with self._writing():
            result = cast("CursorResult[Any]", await self._session.execute(statement))
            return result.rowcount

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        async with self._turn:
            try:
                yield
                await self._session.commit()
            except BaseException:
                # Else every later statement of the request would fail.
                await self._session.rollback()
                raise

    async def close(self) -> None:
        """Give the connection back."""
        async with self._turn:
            await self._session.close()

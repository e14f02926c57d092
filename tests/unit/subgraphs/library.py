"""A library of few tables, on SQLite and on PostgreSQL.

A desk of the own county sees loans of that county.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import strawberry
from sqlalchemy import (
    Computed,
    ForeignKey,
    make_url,
    select,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
)

from subgraphs.toolkit.database import RequestSession, open_engine
from subgraphs.toolkit.row_filters import bind_filters
from subgraphs.toolkit.sources import Source


class Base(DeclarativeBase):
    """The metadata of these tests."""


class ReaderRow(Base):
    """Whoever borrows; not filtered."""

    __tablename__ = "reader"

    name: Mapped[str] = mapped_column(primary_key=True)
    loans: Mapped[list["LoanRow"]] = relationship(cascade="all, delete-orphan")


class LoanRow(Base):
    """A book on loan, filtered by region and days."""

    __tablename__ = "loan"

    number: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str | None]
    days: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(default="")
    reader_name: Mapped[str | None] = mapped_column(ForeignKey("reader.name"))


class ShelfRow(Base):
    """A shelf, whose key takes two columns."""

    __tablename__ = "shelf"

    room: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str]


class DeskRow(Base):
    """A desk, filtered by what the database computes of its number."""

    __tablename__ = "desk"

    number: Mapped[int] = mapped_column(primary_key=True)
    floor: Mapped[int] = mapped_column(Computed("number / 100", persisted=True))
    label: Mapped[str]


@strawberry.type
class Loan:
    """What is published of a loan."""

    number: int
    region: str | None
    days: int


@strawberry.type
class Shelf:
    """What is published of a shelf."""

    region: str


@strawberry.type
class Desk:
    """What is published of a desk."""

    number: int
    floor: int


SOURCES = (Source(Loan, LoanRow), Source(Desk, DeskRow), Source(Shelf, ShelfRow))
LOANS: Any = LoanRow.__table__
OTHER = LOANS.alias("other")
OWN = {"field": "region", "op": "in", "value": ["own", "our"]}
SHORT = {"not": {"field": "days", "op": "gt", "value": 30}}
FILTERS = {"Loan": {"and": [OWN, SHORT]}}
# Number to region and days: 1 and 2 are admitted.
STORED = {1: ("own", 1), 2: ("our", 1), 3: ("own", 99), 4: ("foreign", 1), 5: (None, 1)}


@pytest.fixture(params=["sqlite", "postgresql"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """Five loans of one reader, and a desk."""
    url = f"sqlite:///{tmp_path / 'library.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_server")
    driver = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}[request.param]
    setup = create_async_engine(make_url(url).set(drivername=driver))
    async with setup.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(setup) as session:
        session.add_all([ReaderRow(name="Li"), DeskRow(number=101, label="")])
        await session.flush()
        session.add_all(
            LoanRow(region=region, days=days, title="old", reader_name="Li")
            for region, days in STORED.values()
        )
        await session.commit()
    await setup.dispose()
    engine = open_engine(url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[RequestSession]:
    """A request of the own county's desk."""
    session = RequestSession(engine, bind_filters(SOURCES, FILTERS))
    yield session
    await session.close()


@pytest.fixture
def stored(engine: AsyncEngine) -> Callable[[Any], Any]:
    """What the database holds of all loans after a request, by number."""

    async def read(column: Any) -> dict[int, Any]:
        session = RequestSession(engine, bind_filters(SOURCES, {}))
        rows = await session.rows(select(LoanRow.number, column).order_by(LoanRow.number))
        await session.close()
        return {row[0]: row[-1] for row in rows}

    return read

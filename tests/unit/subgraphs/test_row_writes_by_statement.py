"""Statements that write while row filters are bound, on SQLite and on PostgreSQL.

They reach what their session sees. What they would leave behind cannot be looked up, so that they
may neither add rows nor change what a filter tests.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Connection,
    Delete,
    Insert,
    Update,
    bindparam,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import (
    Session,
    aliased,
)
from sqlalchemy.orm.exc import StaleDataError

from subgraphs.toolkit.database import RequestSession
from subgraphs.toolkit.errors import StatementRefused
from subgraphs.toolkit.row_filters import bind_filters
from subgraphs.toolkit.row_writes import find_settings, sets_any
from tests.unit.subgraphs.library import (
    LOANS,
    OTHER,
    SOURCES,
    STORED,
    DeskRow,
    LoanRow,
    ReaderRow,
    engine,
    session,
    stored,
)
from tests.unit.world.conftest import postgresql_server

__all__ = ["engine", "postgresql_server", "session", "stored"]


# Updates that give the admitted rows a title.
CONFINED: dict[str, Callable[[], Any]] = {
    "of the class": lambda: update(LoanRow).values(title="new"),
    "of the table": lambda: update(LOANS).values(title="new"),
    "by what the filter tests": lambda: (
        update(LoanRow).where(LoanRow.region != "x", LoanRow.days < 100).values(title="new")
    ),
    "computed of what the filter tests": lambda: update(LoanRow).values(
        title=func.substr("new" + LoanRow.region, 1, 3)
    ),
    "without a look at the session": lambda: (
        update(LoanRow).values(title="new").execution_options(synchronize_session=False)
    ),
    "fetched": lambda: (
        update(LoanRow).values(title="new").execution_options(synchronize_session="fetch")
    ),
}


@pytest.mark.parametrize("case", CONFINED)
async def test_update_reaches_admitted_rows_only(
    session: RequestSession, stored: Any, case: str
) -> None:
    changed = await session.change(CONFINED[case]())

    assert changed == 2
    assert await stored(LoanRow.title) == {1: "new", 2: "new", 3: "old", 4: "old", 5: "old"}


@pytest.mark.parametrize("target", [LoanRow, LOANS], ids=["class", "table"])
async def test_delete_reaches_admitted_rows_only(
    session: RequestSession, stored: Any, target: Any
) -> None:
    assert await session.change(delete(target).where(LOANS.c.number > 1)) == 1

    assert list(await stored(LoanRow.title)) == [1, 3, 4, 5]


async def test_returning_tells_of_admitted_rows_only(session: RequestSession) -> None:
    changed = update(LoanRow).values(title="new").returning(LoanRow.number, LoanRow.title)
    gone = delete(LoanRow).returning(LoanRow.number)

    assert sorted(map(tuple, await session.rows(changed))) == [(1, "new"), (2, "new")]
    assert sorted(map(tuple, await session.rows(gone))) == [(1,), (2,)]


def _upsert(dialect: Any) -> Callable[[], Any]:
    return lambda: (
        dialect.insert(LoanRow)
        .values(number=4, region="own")
        .on_conflict_do_update(index_elements=["number"], set_={"title": "new"})
    )


REFUSED: dict[str, Callable[[], Insert | Update | Delete]] = {
    "update that replaces a hidden row": lambda: (
        update(LoanRow).prefix_with("OR REPLACE").where(LoanRow.number == 1).values(number=4)
    ),
    "insert": lambda: insert(LoanRow).values(region="own"),
    "insert of several": lambda: insert(LoanRow).values([{"region": "own"}, {"region": "x"}]),
    "insert into the table": lambda: insert(LOANS).values(region="own"),
    "insert returning": lambda: insert(LoanRow).values(region="own").returning(LoanRow.number),
    "insert from a select": lambda: insert(LoanRow).from_select(["region"], select(LoanRow.region)),
    "insert or update, SQLite": _upsert(sqlite),
    "insert or update, PostgreSQL": _upsert(postgresql),
    "insert elsewhere from a select": lambda: insert(ReaderRow).from_select(
        ["name"], select(LOANS.c.title)
    ),
    "update of the filter's column": lambda: update(LoanRow).values(region="own"),
    "update of it in the table": lambda: update(LOANS).values(region="own"),
    "update of it by an expression": lambda: update(LoanRow).values(days=LoanRow.days + 1),
    "update with a look at hidden rows": lambda: update(LoanRow).values(
        title=select(func.max(LOANS.c.title)).scalar_subquery()
    ),
    "update from hidden rows": lambda: (
        update(LoanRow).values(title=OTHER.c.title).where(LoanRow.number == OTHER.c.number)
    ),
    "update of an alias": lambda: update(aliased(LoanRow)).values(title="new"),
    "update elsewhere by hidden rows": lambda: (
        update(ReaderRow).values(name="x").where(ReaderRow.name.in_(select(LOANS.c.reader_name)))
    ),
    "update with an update inside": lambda: (
        update(LoanRow)
        .values(title="new")
        .add_cte(update(LOANS).values(title="new").returning(LOANS.c.number).cte("inner"))
    ),
    "delete by hidden rows": lambda: delete(LoanRow).where(
        LoanRow.title == select(func.max(LOANS.c.title)).scalar_subquery()
    ),
    "delete by a text about hidden rows": lambda: delete(LoanRow).where(
        text("EXISTS (SELECT 1 FROM loan AS other WHERE other.days > 98)")
    ),
    "text": lambda: text("UPDATE loan SET title = 'new'"),  # type: ignore[dict-item, return-value]
}


@pytest.mark.parametrize("case", REFUSED)
async def test_statement_that_cannot_be_checked_is_refused(
    session: RequestSession, stored: Any, case: str
) -> None:
    with pytest.raises(StatementRefused):
        await session.change(REFUSED[case]())

    assert await stored(LoanRow.title) == dict.fromkeys(STORED, "old")


BY_NUMBER = update(LOANS).where(LOANS.c.number == bindparam("n"))
# What a careless author could run on the connection or on the session itself.
BESIDE: dict[str, Callable[[Connection, Session], Any]] = {
    "insert": lambda connection, _: connection.execute(insert(LOANS), [{"region": "own"}]),
    "update of many": lambda connection, _: connection.execute(
        BY_NUMBER.values(region=bindparam("r")), [{"n": 1, "r": "own"}, {"n": 4, "r": "own"}]
    ),
    "bulk insert": lambda _, session: session.execute(insert(LoanRow), [{"region": "own"}]),
    "bulk update": lambda _, session: session.execute(
        update(LoanRow), [{"number": 1, "region": "own"}]
    ),
    "bulk save": lambda _, session: session.bulk_save_objects([LoanRow(region="own")]),
    "bulk save of mappings": lambda _, session: session.bulk_insert_mappings(
        inspect(LoanRow), [{"region": "own"}]
    ),
}


@pytest.mark.parametrize("case", BESIDE)
async def test_what_goes_beside_the_records_of_a_session_is_refused(
    session: RequestSession, case: str
) -> None:
    inner = session._session  # noqa: SLF001  what a careless author would do

    with pytest.raises(StatementRefused):
        await inner.run_sync(lambda each: BESIDE[case](each.connection(), each))


async def test_updates_of_many_reach_admitted_rows_only(
    session: RequestSession, stored: Any
) -> None:
    inner = session._session  # noqa: SLF001  what a careless author would do
    connection = await inner.connection()

    await connection.execute(BY_NUMBER.values(title="new"), [{"n": number} for number in STORED])
    await inner.commit()

    assert await stored(LoanRow.title) == {1: "new", 2: "new", 3: "old", 4: "old", 5: "old"}


async def test_bulk_update_of_a_hidden_row_changes_nothing(
    session: RequestSession, stored: Any
) -> None:
    inner = session._session  # noqa: SLF001  what a careless author would do

    with contextlib.suppress(StaleDataError):
        await inner.execute(
            update(LoanRow), [{"number": number, "title": "new"} for number in STORED]
        )
        await inner.commit()
    await inner.rollback()

    assert set((await stored(LoanRow.title)).values()) <= {"old", "new"}
    assert [(await stored(LoanRow.title))[number] for number in (3, 4, 5)] == ["old"] * 3


async def test_filter_over_a_computed_column_lets_nothing_be_written(engine: AsyncEngine) -> None:
    condition = {"field": "floor", "op": "eq", "value": 1}
    session = RequestSession(engine, bind_filters(SOURCES, {"Desk": condition}))

    assert len(await session.rows(select(DeskRow))) == 1
    with pytest.raises(StatementRefused):
        await session.change(update(DeskRow).values(label="x"))
    with pytest.raises(StatementRefused):
        await session.add(DeskRow(number=102, label=""))
    await session.close()


async def test_other_tables_are_written_freely(session: RequestSession) -> None:
    await session.add(ReaderRow(name="Wang"))
    await session.change(update(ReaderRow).where(ReaderRow.name == "Wang").values(name="Zhao"))

    assert await session.change(insert(ReaderRow).values(name="Sun")) == 1
    assert len(await session.rows(select(ReaderRow))) == 3


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE loan SET title=?, region=? WHERE loan.title = ?", True),
        ('UPDATE loan SET "region"=? WHERE 1 = 1', True),
        ("UPDATE public.loan SET region = ?", True),
        ("UPDATE loan AS other SET region=?", True),
        ("WITH x AS (UPDATE loan SET region=? RETURNING 1) SELECT 1", True),
        ("UPDATE loan SET title=? WHERE loan.region = ?", False),
        ("UPDATE loan SET title=loan.region WHERE loan.region = loan.title", False),
        ('UPDATE loan SET title=? WHERE loan."region" = ?', False),
        ("UPDATE loan SET old_region=?, regions=?", False),
        ("UPDATE reader SET region=?", False),
        ("SELECT loan.region FROM loan FOR UPDATE", False),
    ],
)
def test_what_an_update_sets_is_read_from_the_final_text(statement: str, expected: bool) -> None:
    settings = find_settings(statement, "loan")

    assert (settings is not None and sets_any(settings, ["days", "region"])) is expected

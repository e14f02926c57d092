"""Records that a session writes while row filters are bound, on SQLite and on PostgreSQL.

It may write what it sees, and leave behind only what it may see.
"""

import contextlib
from typing import Any

import pytest
from sqlalchemy import (
    event,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import (
    make_transient_to_detached,
)
from sqlalchemy.orm.exc import StaleDataError

from subgraphs.toolkit.database import RequestSession
from subgraphs.toolkit.errors import RowNotAdmitted, StatementRefused
from subgraphs.toolkit.row_filters import bind_filters
from tests.unit.subgraphs.library import (
    LOANS,
    OWN,
    SOURCES,
    STORED,
    LoanRow,
    ReaderRow,
    ShelfRow,
    engine,
    session,
    stored,
)
from tests.unit.world.conftest import postgresql_server

__all__ = ["engine", "postgresql_server", "session", "stored"]


async def _loan(session: RequestSession, number: int) -> LoanRow:
    loan: LoanRow = (await session.rows(select(LoanRow).where(LoanRow.number == number)))[0][0]
    return loan


async def test_admitted_records_are_inserted(session: RequestSession, stored: Any) -> None:
    await session.add(LoanRow(region="own"), *(LoanRow(region="our") for _ in range(9)))

    assert len(await stored(LoanRow.region)) == 15


async def test_records_are_looked_up_by_all_columns_of_their_key(engine: AsyncEngine) -> None:
    session = RequestSession(engine, bind_filters(SOURCES, {"Shelf": OWN}))
    shelves = [ShelfRow(room=1, place=place, region="own") for place in range(3)]

    await session.add(*shelves)
    for shelf in shelves:
        shelf.region = "our"
    await session.add(*shelves)
    with pytest.raises(RowNotAdmitted):
        await session.add(
            ShelfRow(room=2, place=1, region="own"), ShelfRow(room=1, place=9, region="foreign")
        )

    rows = await session.rows(select(ShelfRow.place).where(ShelfRow.region == "our"))
    assert len(rows) == 3
    await session.close()


# Records that the filter does not admit, some of them only as the database computes them.
HIDDEN: dict[str, dict[str, Any]] = {
    "foreign": {"region": "foreign"},
    "null": {"region": None},
    "nothing": {},
    "too long": {"region": "own", "days": 31},
    "computed": {"region": literal("for") + "eign"},
    "selected": {"region": select(literal("foreign")).scalar_subquery()},
}


@pytest.mark.parametrize("case", HIDDEN)
async def test_no_record_is_inserted_that_is_not_admitted(
    session: RequestSession, stored: Any, case: str
) -> None:
    record = LoanRow(**HIDDEN[case])

    with pytest.raises(RowNotAdmitted):
        await session.add(LoanRow(region="own"), record, LoanRow(region="own"))

    assert len(await stored(LoanRow.region)) == 5


async def test_session_goes_on_after_a_row_that_is_not_admitted(session: RequestSession) -> None:
    with pytest.raises(RowNotAdmitted):
        await session.add(LoanRow(region="foreign"))

    assert [
        row[0] for row in await session.rows(select(LoanRow.number).order_by(LoanRow.number))
    ] == [1, 2]
    await session.add(LoanRow(region="own"))
    assert len(await session.rows(select(LoanRow.number))) == 3


async def test_changed_record_is_written(session: RequestSession, stored: Any) -> None:
    first, second = await _loan(session, 1), await _loan(session, 2)
    first.title = second.title = "new"
    second.region = "own"

    await session.add(first, second)

    assert await stored(LoanRow.title) == {1: "new", 2: "new", 3: "old", 4: "old", 5: "old"}
    assert (await stored(LoanRow.region))[2] == "own"


@pytest.mark.parametrize(
    "changes",
    [
        {"region": "foreign"},
        {"region": None},
        {"days": 31},
        {"number": 77, "region": "foreign"},
    ],
    ids=str,
)
async def test_no_record_is_changed_to_what_is_not_admitted(
    session: RequestSession, stored: Any, changes: dict[str, Any]
) -> None:
    loan = await _loan(session, 1)
    for name, value in changes.items():
        setattr(loan, name, value)

    with pytest.raises(RowNotAdmitted):
        await session.add(loan, LoanRow(region="own"))

    assert await stored(LoanRow.region) == {number: row[0] for number, row in STORED.items()}


async def test_record_that_the_database_is_to_compute_cannot_be_looked_up(
    session: RequestSession, stored: Any
) -> None:
    loan = await _loan(session, 1)
    loan.days = LoanRow.days + 1

    with pytest.raises(StatementRefused):
        await session.add(loan)

    assert (await stored(LoanRow.days))[1] == 1


async def test_record_that_another_one_hid_meanwhile_is_not_changed(
    engine: AsyncEngine, session: RequestSession, stored: Any
) -> None:
    loan = await _loan(session, 1)
    await session.close()
    other = RequestSession(engine, bind_filters(SOURCES, {}))
    await other.change(update(LoanRow).where(LoanRow.number == 1).values(region="foreign"))
    await other.close()
    loan.title = "new"

    with pytest.raises(StaleDataError):
        await session.add(loan)

    assert (await stored(LoanRow.title))[1] == "old"


async def test_hidden_row_is_not_merged_into(session: RequestSession, stored: Any) -> None:
    inner = session._session  # noqa: SLF001  an upsert as an author may write it

    await inner.merge(LoanRow(number=4, region="own", title="new"))
    with pytest.raises(IntegrityError):
        await inner.commit()
    await inner.rollback()

    assert (await stored(LoanRow.title))[4] == "old"


async def test_record_under_the_key_of_a_hidden_row_is_not_written(
    session: RequestSession, stored: Any
) -> None:
    forged = LoanRow(number=4, region="own", title="old")
    make_transient_to_detached(forged)
    forged.title = "new"

    with pytest.raises(StaleDataError):
        await session.add(forged)

    assert (await stored(LoanRow.title))[4] == "old"


async def test_flush_before_a_select_is_checked_as_well(session: RequestSession) -> None:
    loan = await _loan(session, 1)
    loan.region = "foreign"

    with pytest.raises(RowNotAdmitted):
        await session.rows(select(LoanRow))


async def test_cascade_adds_children_that_are_admitted(
    session: RequestSession, stored: Any
) -> None:
    await session.add(ReaderRow(name="Wang", loans=[LoanRow(region="own")]))

    assert len(await stored(LoanRow.region)) == 6
    with pytest.raises(RowNotAdmitted):
        await session.add(ReaderRow(name="Zhao", loans=[LoanRow(region="foreign")]))


async def test_cascade_reaches_no_hidden_children(session: RequestSession, stored: Any) -> None:
    inner = session._session  # noqa: SLF001  a delete with cascade, as an author may write it
    await inner.delete(await inner.get_one(ReaderRow, "Li"))

    # PostgreSQL minds the hidden loans of a reader who is gone, SQLite does not.
    with contextlib.suppress(IntegrityError):
        await inner.commit()
    await inner.rollback()

    assert (await stored(LoanRow.reader_name)).keys() >= {3, 4, 5}


@pytest.mark.parametrize("moment", ["before_flush", "after_flush"])
async def test_statements_within_a_flush_are_told_from_its_records(
    session: RequestSession, stored: Any, moment: str
) -> None:
    inner = session._session.sync_session  # noqa: SLF001  a hook of the department's own

    def add_more(*_: Any) -> None:
        inner.connection().execute(insert(LOANS).values(region="foreign", days=1, title=""))

    event.listen(inner, moment, add_more)
    with pytest.raises(StatementRefused):
        await session.add(LoanRow(region="own"))

    assert len(await stored(LoanRow.title)) == 5


async def test_flush_within_a_flush_is_refused(session: RequestSession, stored: Any) -> None:
    inner = session._session.sync_session  # noqa: SLF001  a hook of the department's own

    event.listen(inner, "before_flush", lambda *_: inner.flush())
    with pytest.raises(StatementRefused):
        await session.add(LoanRow(region="foreign"))

    assert len(await stored(LoanRow.title)) == 5

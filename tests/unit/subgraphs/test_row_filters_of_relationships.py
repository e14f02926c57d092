"""Relationships while row filters are bound, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload, subqueryload

from subgraphs.toolkit.database import RequestSession
from subgraphs.toolkit.errors import StatementRefused
from tests.unit.subgraphs.library import LOANS, LoanRow, ReaderRow, engine, session
from tests.unit.world.conftest import postgresql_server

__all__ = ["engine", "postgresql_server", "session"]

LOADERS = (selectinload, subqueryload)


@pytest.mark.parametrize("load", LOADERS)
async def test_related_rows_are_filtered(session: RequestSession, load: Callable[..., Any]) -> None:
    ((reader,),) = await session.rows(select(ReaderRow).options(load(ReaderRow.loans)))

    assert {loan.number for loan in reader.loans} == {1, 2}


@pytest.mark.parametrize("load", LOADERS)
async def test_related_rows_do_not_cover_for_a_table_beside_them(
    session: RequestSession, load: Callable[..., Any]
) -> None:
    everything = select(func.count()).select_from(LOANS).scalar_subquery().correlate(None)
    loans = ReaderRow.loans.and_(LoanRow.days < everything)

    with pytest.raises(StatementRefused):
        await session.rows(select(ReaderRow).options(load(loans)))

"""Several types of one table: each is made of its own rows, under its own filter."""

import asyncio
from typing import Any

import pytest
import strawberry
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncEngine

from subgraphs.toolkit.access_context import ANYBODY
from subgraphs.toolkit.cursors import Cursors
from subgraphs.toolkit.database import RequestSession
from subgraphs.toolkit.errors import StatementRefused
from subgraphs.toolkit.row_filters import bind_filters
from subgraphs.toolkit.scope import Page, Scope
from subgraphs.toolkit.sources import Reference, Source
from tests.unit.subgraphs.library import STORED, LoanRow, engine
from tests.unit.world.conftest import postgresql_server

__all__ = ["engine", "postgresql_server"]


@strawberry.type
class ShortLoan:
    """A loan of one day."""

    number: int
    region: str | None


@strawberry.type
class LongLoan:
    """Any other."""

    number: int
    region: str | None


SHORT = Source(ShortLoan, LoanRow, only=LoanRow.days == 1)
LONG = Source(LongLoan, LoanRow, only=LoanRow.days != 1)
FILTERS = {
    "ShortLoan": {"field": "region", "op": "eq", "value": "foreign"},
    "LongLoan": {"field": "region", "op": "eq", "value": "nowhere"},
}
WAYS = ("children", "find", "find_each", "select", "connect", "connect_within")


async def found(way: str, scope: Scope, source: Source[ShortLoan]) -> set[int]:
    match way:
        case "children":
            nodes = await scope.children(source, LoanRow.reader_name, "Li")
        case "find":
            nodes = []
            for number in STORED:
                node = await scope.find(source, number)
                nodes += [] if node is None else [node]
        case "find_each":
            nodes = await scope.find_each(source, STORED)
        case "select":
            nodes = await scope.select(source)
        case "connect":
            page = await scope.connect(source, Page(10))
            nodes = [edge.node for edge in page.edges]
        case _:
            page = await scope.connect_within(source, Page(10), LoanRow.reader_name, "Li")
            nodes = [edge.node for edge in page.edges]
    return {node.number for node in nodes}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("filters", "expected"),
    [({}, {1, 2, 4, 5}), (FILTERS, {4}), ({"ShortLoan": FILTERS["ShortLoan"]}, {4})],
)
async def test_rows_of_another_type_are_none_of_this_one(
    engine: AsyncEngine, way: str, filters: dict[str, Any], expected: set[int]
) -> None:
    bound = bind_filters((SHORT, LONG), filters)
    session = RequestSession(engine, bound)
    try:
        numbers = await found(way, Scope(ANYBODY, bound, session, Cursors()), SHORT)
    finally:
        await session.close()

    assert numbers == expected


ALL = Source(ShortLoan, LoanRow)
KNOWN = Reference(ShortLoan)


@pytest.mark.parametrize("sources", [(ALL, SHORT), (SHORT, ALL), (ALL, KNOWN), (KNOWN, ALL)])
async def test_each_source_of_a_type_is_filtered(
    engine: AsyncEngine, sources: tuple[Reference[ShortLoan], ...]
) -> None:
    bound = bind_filters(sources, {"ShortLoan": FILTERS["ShortLoan"]})
    session = RequestSession(engine, bound)
    try:
        numbers = await found("select", Scope(ANYBODY, bound, session, Cursors()), ALL)
    finally:
        await session.close()

    assert numbers == {4}
    assert not bound.admit(KNOWN, ShortLoan(number=1, region="own"))


async def test_what_differs_by_a_value_is_looked_up_apart(engine: AsyncEngine) -> None:
    bound = bind_filters((), {})
    session = RequestSession(engine, bound)
    scope = Scope(ANYBODY, bound, session, Cursors())
    try:
        tallies = await asyncio.gather(
            *(
                scope.tally(LoanRow.reader_name, func.count().filter(LoanRow.days == days))
                for days in (1, 99)
            )
        )
        orders = await asyncio.gather(
            *(
                scope.rows_of(LoanRow.reader_name, "Li", [LoanRow.number != first])
                for first in (2, 3)
            )
        )
        pages = await asyncio.gather(
            *(
                scope.connect_within(source, Page(10), LoanRow.reader_name, "Li")
                for source in (SHORT, ALL)
            )
        )
        counts = [await page.total_count() for page in pages]
    finally:
        await session.close()

    assert tallies == [[("Li", 4)], [("Li", 1)]]
    assert [rows[0].number for rows in orders] == [2, 3]
    assert [len(page.edges) for page in pages] == counts == [4, 5]


@pytest.mark.parametrize("way", WAYS)
async def test_a_source_that_no_filter_is_bound_to_is_refused(
    engine: AsyncEngine, way: str
) -> None:
    bound = bind_filters((SHORT, LONG), {"ShortLoan": FILTERS["ShortLoan"]})
    session = RequestSession(engine, bound)
    try:
        with pytest.raises(StatementRefused, match=r"missing in Department\.sources$"):
            await found(way, Scope(ANYBODY, bound, session, Cursors()), ALL)
    finally:
        await session.close()

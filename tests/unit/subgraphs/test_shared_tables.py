"""Several types of one table: each is made of its own rows, under its own filter."""

from typing import Any

import pytest
import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine

from subgraphs.toolkit.access_context import ANYBODY
from subgraphs.toolkit.cursors import Cursors
from subgraphs.toolkit.database import RequestSession
from subgraphs.toolkit.row_filters import bind_filters
from subgraphs.toolkit.scope import Page, Scope
from subgraphs.toolkit.sources import Source
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

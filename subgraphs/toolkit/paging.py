"""Cursor connections: types, page arguments and what comes after a cursor.

A page continues after the row that its cursor names (keyset paging): it does not slow down with
depth and neither repeats nor skips rows when others are inserted.
"""

import datetime
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from subgraphs.toolkit.errors import RequestRefused
from subgraphs.toolkit.scalars import read_date
from subgraphs.toolkit.types import argument, item, node, resolved

NodeT = TypeVar("NodeT")

DEFAULT_PAGE = 20
MAX_PAGE = 100

First = Annotated[int, argument("How many to return, 1 to 100.", "返回的条数，1至100。")]
After = Annotated[str | None, argument("Continue after this cursor.", "从此游标之后继续。")]


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column to order by; never null, so that every row has its place."""

    column: InstrumentedAttribute[Any]
    descending: bool = False


@node("Where a page lies in its list.", "分页信息。", shareable=True)
class PageInfo:
    """As in the cursor connections specification."""

    has_next_page: bool = item("Whether more follow.", "之后是否还有数据。")
    has_previous_page: bool = item("Whether some precede.", "之前是否还有数据。")
    start_cursor: str | None = item("Cursor of the first edge.", "首条的游标。")
    end_cursor: str | None = item("Cursor of the last edge.", "末条的游标。")


@node("One entry of a page.", "分页中的一条。")
class Edge(Generic[NodeT]):
    """A node and the cursor that continues after it."""

    node: NodeT = item("The entry itself.", "数据本身。")
    cursor: str = item("Continues after this entry.", "从此条之后继续的游标。")


@node("One page of a list.", "列表的一页。")
class Connection(Generic[NodeT]):
    """Edges of one page; counting happens only when the total is selected."""

    count: strawberry.Private[Callable[[], Awaitable[int]]]
    edges: list[Edge[NodeT]] = item("Entries of this page.", "本页数据。")
    page_info: PageInfo = item("Where this page lies.", "本页位置。")

    # "Node" stands for the node type of each form; sdl.py puts its name there.
    @resolved("How many there are on all pages.", "各页合计条数。", derived_from=["Node"])
    async def total_count(self) -> int:
        """Rows that the caller may see and that pass the filter."""
        return await self.count()


def check_first(first: int) -> int:
    """The page size, when it is allowed.

    Raises:
        RequestRefused: Not between 1 and ``MAX_PAGE``.
    """
    if not 1 <= first <= MAX_PAGE:
        raise RequestRefused("BAD_PAGE_SIZE", f"`first` must be between 1 and {MAX_PAGE}")
    return first


def read_sort_values(values: Sequence[object], keys: Sequence[SortKey]) -> tuple[Any, ...]:
    """Python values of the JSON values that a cursor holds."""
    kinds = [key.column.type.python_type for key in keys]
    return tuple(
        read_date(value) if kind is datetime.date else value
        for value, kind in zip(values, kinds, strict=True)
    )


def build_keyset(keys: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows that come after the values in this order."""
    cases = []
    for index, (key, value) in enumerate(zip(keys, values, strict=True)):
        ahead = key.column < value if key.descending else key.column > value
        level = [k.column == v for k, v in zip(keys[:index], values[:index], strict=True)]
        cases.append(and_(*level, ahead))
    return or_(*cases)


def build_order(keys: Sequence[SortKey]) -> list[ColumnElement[Any]]:
    """ORDER BY of the keys."""
    return [key.column.desc() if key.descending else key.column.asc() for key in keys]

"""What resolvers work with: batched look-ups, pages and counts within one request.

All look-ups of one kind that are asked for at the same moment become one SQL statement, whatever
field or representation asked.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias, TypeVar, cast

import strawberry
from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, aliased
from strawberry.dataloader import DataLoader

from subgraphs.toolkit.access_context import AccessContext
from subgraphs.toolkit.cursors import Cursors
from subgraphs.toolkit.database import RequestSession
from subgraphs.toolkit.inputs import build_criteria
from subgraphs.toolkit.paging import (
    Connection,
    Edge,
    PageInfo,
    SortKey,
    build_keyset,
    build_order,
    check_first,
    read_sort_values,
)
from subgraphs.toolkit.row_filters import RowFilters
from subgraphs.toolkit.sources import Reference, Source

NodeT = TypeVar("NodeT")
ValueT = TypeVar("ValueT")
Column: TypeAlias = InstrumentedAttribute[Any]
Batch: TypeAlias = Callable[[list[Any]], Awaitable[Sequence[Any]]]

# Keys of one statement: below the limit of bound parameters of SQLite and PostgreSQL.
MAX_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for: at most ``first`` rows after the cursor, in order.

    Attributes:
        where: A filter input.
        order: Member of an order enum; None for the order of the primary key.
    """

    first: int
    after: str | None = None
    where: Any = None
    order: Enum | None = None


def present(value: ValueT | None) -> ValueT:
    """The value, typed as present.

    For non-null fields whose row may be hidden or missing: GraphQL then nulls the nearest
    nullable parent, which is what a hidden row must look like.
    """
    return cast("ValueT", value)


class Scope:
    """One request: who asks, which rows it may see, and the loaders that batch its look-ups."""

    def __init__(
        self,
        access: AccessContext,
        filters: RowFilters,
        session: RequestSession,
        cursors: Cursors,
    ) -> None:
        self.access = access
        self.cursors = cursors
        self.filters = filters
        self.session = session
        self._loaders: dict[object, DataLoader[Any, Any]] = {}

    def loader(self, name: object, batch: Batch) -> DataLoader[Any, Any]:
        """The request's loader of that name; ``batch`` answers keys in their order."""
        if name not in self._loaders:
            self._loaders[name] = DataLoader(batch, max_batch_size=MAX_BATCH)
        return self._loaders[name]

    def refer(self, source: Reference[NodeT], **key: Any) -> NodeT | None:
        """The node that consists of its key; None when the caller may not see it."""
        node = source.node(**key)
        return node if self.filters.admit(source, node) else None

    async def find(self, source: Source[NodeT], key: Any, *columns: Column) -> NodeT | None:
        """The node whose unique columns (default: primary key) have this value, else None.

        Args:
            source: Where to look.
            key: One value, or a tuple when there are several columns.
            columns: What the key is compared with.
        """
        self.filters.check(source)
        row = await self.row(key, *(columns or source.key), only=source.only)
        return None if row is None else source.build(row)

    async def find_each(self, source: Source[NodeT], keys: Iterable[Any]) -> list[NodeT]:
        """The nodes with these primary keys, in this order, without those that are not there."""
        self.filters.check(source)
        rows = (self.row(key, *source.key, only=source.only) for key in keys)
        found = await asyncio.gather(*rows)
        return [source.build(row) for row in found if row is not None]

    async def require(self, source: Source[NodeT], key: Any, *columns: Column) -> NodeT:
        """As ``find``, typed as present for non-null fields (see ``present``)."""
        found = await self.find(source, key, *columns)
        return present(found)

    async def row(self, key: Any, *columns: Column, only: ColumnElement[bool] | None = None) -> Any:
        """The row (a model instance) whose unique columns have this value, else None."""

        async def batch(keys: list[Any]) -> Sequence[Any]:
            statement = select(columns[0].class_).where(_matches(columns, keys))
            if only is not None:
                statement = statement.where(only)
            found = {}
            for (row,) in await self.session.rows(statement):
                values = tuple(getattr(row, column.key) for column in columns)
                found[values if len(columns) > 1 else values[0]] = row
            return [found.get(each) for each in keys]

        return await self.loader(("row", columns, id(only)), batch).load(key)

    async def children(self, source: Source[NodeT], column: Column, key: Any) -> list[NodeT]:
        """All nodes whose column has this value, in order of the primary key."""
        self.filters.check(source)
        rows = await self.rows_of(column, key, source.key, only=source.only)
        return [source.build(row) for row in rows]

    async def rows_of(
        self,
        column: Column,
        key: Any,
        order: Sequence[Any],
        only: ColumnElement[bool] | None = None,
    ) -> Sequence[Any]:
        """All rows (model instances) whose column has this value, in this order of columns."""

        async def batch(keys: list[Any]) -> Sequence[Any]:
            statement = select(column.class_).where(column.in_(keys)).order_by(*order)
            if only is not None:
                statement = statement.where(only)
            groups = defaultdict(list)
            for (row,) in await self.session.rows(statement):
                groups[getattr(row, column.key)].append(row)
            return [groups[each] for each in keys]

        rows: Sequence[Any] = await self.loader(
            ("rows", column, tuple(map(_name, order)), id(only)), batch
        ).load(key)
        return rows

    async def select(self, source: Source[NodeT], *criteria: ColumnElement[bool]) -> list[NodeT]:
        """All nodes that fulfil the criteria, in order of the primary key; for small tables."""
        self.filters.check(source)
        statement = select(source.model).where(*criteria).order_by(*source.key)
        if source.only is not None:
            statement = statement.where(source.only)
        return [source.build(row) for (row,) in await self.session.rows(statement)]

    async def tally(
        self,
        group: Column,
        *values: ColumnElement[Any],
        joined: type[DeclarativeBase] | None = None,
    ) -> Sequence[tuple[Any, ...]]:
        """Aggregates per group, such as a division: (group, value, ...) in one statement.

        Args:
            group: What is grouped by; its model is counted.
            values: Aggregates, ``count(*)`` when none is named.
            joined: Model whose rows are aggregated instead, by its foreign key.
        """

        async def batch(keys: list[Any]) -> Sequence[Any]:
            wanted = values or (func.count(),)
            statement = select(group, *wanted).select_from(group.class_).group_by(group)
            if joined is not None:
                statement = statement.join(joined)
            found = [tuple(row) for row in await self.session.rows(statement)]
            return [found] * len(keys)

        name = ("tally", group, tuple(map(_name, values)), joined)
        found: Sequence[tuple[Any, ...]] = await self.loader(name, batch).load(0)
        return found

    async def connect(self, source: Source[NodeT], page: Page) -> Connection[NodeT]:
        """A page over all rows of a source."""
        asked = _Asked(self, source, page)

        async def count() -> int:
            statement = select(func.count()).select_from(source.model).where(*asked.criteria)
            return int((await self.session.rows(statement))[0][0])

        statement = (
            select(source.model)
            .where(*asked.criteria, *asked.beyond)
            .order_by(*build_order(asked.keys))
            .limit(page.first + 1)
        )
        rows = [row for (row,) in await self.session.rows(statement)]
        return asked.connection(rows, count)

    async def connect_within(
        self, source: Source[NodeT], page: Page, column: Column, key: Any
    ) -> Connection[NodeT]:
        """A page over the rows whose column has this value; all parents in one statement."""
        asked = _Asked(self, source, page)

        async def batch_pages(keys: list[Any]) -> Sequence[Any]:
            place = func.row_number().over(partition_by=column, order_by=build_order(asked.keys))
            numbered = (
                select(source.model, place.label("datong_place"))
                .where(column.in_(keys), *asked.criteria, *asked.beyond)
                .subquery()
            )
            entity = aliased(source.model, numbered)
            statement = (
                select(entity)
                .where(numbered.c.datong_place <= page.first + 1)
                .order_by(numbered.c.datong_place)
            )
            groups = defaultdict(list)
            for (row,) in await self.session.rows(statement):
                groups[getattr(row, column.key)].append(row)
            return [groups[each] for each in keys]

        async def batch_counts(keys: list[Any]) -> Sequence[Any]:
            statement = (
                select(column, func.count())
                .where(column.in_(keys), *asked.criteria)
                .group_by(column)
            )
            counted: Sequence[tuple[Any, int]] = [
                (row[0], row[-1]) for row in await self.session.rows(statement)
            ]
            found = dict(counted)
            return [found.get(each, 0) for each in keys]

        async def count() -> int:
            number: int = await self.loader(("counts", column, asked.name), batch_counts).load(key)
            return number

        rows = await self.loader(("pages", column, asked.name), batch_pages).load(key)
        return asked.connection(rows, count)


class _Asked:
    """A page request resolved against its source."""

    def __init__(self, scope: Scope, source: Source[Any], page: Page) -> None:
        check_first(page.first)
        scope.filters.check(source)
        self.cursors = scope.cursors
        self.source = source
        self.page = page
        order = page.order.name if page.order is not None else ""
        self.binding = (source.type_name, order, repr(page.where), scope.access.subject)
        chosen = [page.order.value] if page.order is not None else []
        self.keys = chosen + [
            SortKey(column)
            for column in source.key
            if column.key not in {key.column.key for key in chosen}
        ]
        self.criteria = build_criteria(page.where)
        if source.only is not None:
            self.criteria.append(source.only)
        self.beyond = []
        if page.after is not None:
            values = read_sort_values(self.cursors.open(page.after, self.binding), self.keys)
            self.beyond.append(build_keyset(self.keys, values))
        # Equal pages of different parents meet in one loader; of one type there can be two sources.
        self.name = (source, page.first, page.after, self.binding)

    def connection(
        self, rows: Sequence[Any], count: Callable[[], Awaitable[int]]
    ) -> Connection[Any]:
        """The page of at most ``first`` rows; one row more says that another page follows."""
        edges: list[Edge[Any]] = []
        for row in rows[: self.page.first]:
            values = [getattr(row, key.column.key) for key in self.keys]
            cursor = self.cursors.seal(values, self.binding)
            edges.append(Edge(node=self.source.build(row), cursor=cursor))
        info = PageInfo(
            has_next_page=len(rows) > self.page.first,
            has_previous_page=self.page.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return Connection(edges=edges, page_info=info, count=count)


def _matches(columns: Sequence[Column], keys: Sequence[Any]) -> ColumnElement[bool]:
    return columns[0].in_(keys) if len(columns) == 1 else tuple_(*columns).in_(keys)


def _name(clause: Any) -> object:
    """What tells a clause from others: its text has no values, which differ by field."""
    if isinstance(clause, InstrumentedAttribute):
        return clause
    compiled = clause.compile()
    return str(compiled), repr(compiled.params)


Info: TypeAlias = strawberry.Info[Scope, Any]

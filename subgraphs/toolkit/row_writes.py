"""What may be written while row filters are bound, as under row level security of PostgreSQL.

UPDATE and DELETE reach only rows that the filter admits: it becomes a part of their WHERE. Rows
that are added, and rows in which something changes that the filter tests, must be admitted as they
are left behind, or the transaction is undone. Which rows these are is known only of the records
that a session writes by itself: they are looked up by their keys, before the flush ends. Other
statements that add or move rows are refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Engine,
    Table,
    and_,
    event,
    func,
    inspect,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, object_mapper
from sqlalchemy.sql import Delete, Insert, Update, visitors
from sqlalchemy.sql.elements import ClauseList

from subgraphs.toolkit.errors import RowNotAdmitted, StatementRefused
from subgraphs.toolkit.row_filters import Covered, RowFilters, print_mark

# Execution option of every connection that serves a request: the writes of its session.
OPTION = "datong_row_writes"

# Keys of one look-up: with several columns to a key still below the limit of bound parameters.
_BATCH = 5_000

_SAY_INSTEAD = "add records to the session, or change records that were read from it"


class FilteredSession(Session):
    """A session that checks the rows that it writes."""

    def __init__(self, *arguments: Any, writes: "Writes", **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._writes = writes
        # Within the flush, so that a row that is not admitted undoes it, whoever catches the error.
        event.listen(self, "after_flush", lambda session, _context: writes.check(session))

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what changed, and check it."""
        self._writes.begin()
        try:
            super().flush(objects)
        finally:
            self._writes.end()


class Writes:
    """The rows of filtered tables that one session writes, counted while it flushes."""

    def __init__(self, filters: RowFilters) -> None:
        self.filters = filters
        self._flushing = False
        # By table: rows inserted, and rows in which something changed that the filter tests.
        self._inserted: Counter[str] = Counter()
        self._moved: Counter[str] = Counter()

    def begin(self) -> None:
        """The session flushes from now on.

        Raises:
            StatementRefused: It does so already, and would forget what it has counted.
        """
        if self._flushing:
            raise StatementRefused("a flush within a flush")
        self._flushing = True
        self._inserted.clear()
        self._moved.clear()

    def end(self) -> None:
        """The session does not flush any more."""
        self._flushing = False

    def confine(self, statement: Insert | Update | Delete, rows: int) -> Any:
        """The statement as it may run: under the filter, or an INSERT whose rows will be checked.

        Args:
            statement: What somebody executes.
            rows: How many sets of parameters come with it.

        Raises:
            StatementRefused: An INSERT that is not a record of the session, or a filter that does
                not say everything about one table.
        """
        table = statement.table
        if not isinstance(table, Table) or table.name not in self.filters.tables:
            return statement
        rule = _Rule(self.filters, table.name)
        if not isinstance(statement, Insert):
            return statement.where(rule.criterion)
        if not self._flushing:
            raise StatementRefused(f"INSERT while row filters are bound: {_SAY_INSTEAD}")
        self._inserted[table.name] += rows
        return statement.prefix_with(print_mark(table.name))

    def note_moves(self, statement: str, rows: int) -> None:
        """Count the rows of an UPDATE that sets what a filter tests.

        Raises:
            StatementRefused: These are not records of the session, or rows of which nothing is
                known make room for them.
        """
        for name in self.filters.tables:
            settings = find_settings(statement, name)
            if settings and "UPDATE OR REPLACE" in statement:
                raise StatementRefused(
                    f"UPDATE that takes the place of hidden rows: {_SAY_INSTEAD}"
                )
            if settings and sets_any(settings, _Rule(self.filters, name).tested):
                if not self._flushing:
                    raise StatementRefused(f"UPDATE of what a row filter tests: {_SAY_INSTEAD}")
                self._moved[name] += rows

    def check(self, session: Session) -> None:
        """Look up what a flush wrote; it may not write more.

        Raises:
            RowNotAdmitted: A row is not admitted as it was left behind.
            StatementRefused: More was written than records of the session.
        """
        self.end()
        for name in sorted(self._inserted | self._moved):
            rule = _Rule(self.filters, name)
            added = [record for record in session.new if rule.is_about(record)]
            moved = [record for record in session.dirty if rule.is_moved(record)]
            if (len(added), len(moved)) != (self._inserted[name], self._moved[name]):
                raise StatementRefused(f"rows of {name} that cannot be looked up: {_SAY_INSTEAD}")
            if rule.count_admitted(session, added + moved) != len(added) + len(moved):
                raise RowNotAdmitted(f"a row of {name} that its row filter does not admit")


def guard_writes(engine: Engine) -> None:
    """Hold the statements of this engine that write to what the bound filters admit."""
    event.listen(engine, "before_execute", _confine, retval=True)
    event.listen(engine, "before_cursor_execute", _note_moves)


def _confine(
    connection: Connection, statement: Any, many: Any, one: Any, _options: Any
) -> tuple[Any, Any, Any]:
    writes: Writes | None = connection.get_execution_options().get(OPTION)
    if writes is not None and isinstance(statement, Insert | Update | Delete):
        statement = writes.confine(statement, len(many) or 1)
    return statement, many, one


def _note_moves(
    connection: Connection,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    context: Any,
    _executemany: bool,
) -> None:
    writes: Writes | None = connection.get_execution_options().get(OPTION)
    if writes is not None:
        writes.note_moves(statement, len(context.compiled_parameters))


class _Rule:
    """The filter of one table, in terms of its columns.

    Attributes:
        criterion: What a row must fulfil, with its mark.
        tested: Names of the columns that the criterion holds.
    """

    def __init__(self, filters: RowFilters, name: str) -> None:
        found = [each for each in filters.criteria if each[0].__tablename__ == name]
        if len(found) != 1:
            raise StatementRefused(f"{name} is written while several row filters are bound to it")
        ((model, criterion),) = found
        self._mapper = inspect(model)
        table = self._mapper.local_table
        assert isinstance(table, Table), "filters are bound to models of tables"
        self._table = table

        def plain(element: Any, **_options: Any) -> Any:
            # An expanding parameter cannot be sent with many rows at once.
            if isinstance(element, BindParameter) and element.expanding and element.value:
                values = (literal(value, element.type) for value in element.value)
                return ClauseList(*values).self_group()
            if isinstance(element, Covered):
                return true()
            # A column of the mapped class would make an ORM statement of one that is not.
            if isinstance(element, Column) and getattr(element.table, "name", None) == name:
                return table.c.get(element.key)
            return None

        tests = visitors.replacement_traverse(criterion, {}, plain)
        columns = {each for each in visitors.iterate(tests) if isinstance(each, Column)}
        if any(each.table is not table or each.computed is not None for each in columns):
            raise StatementRefused(f"{name} is written while its row filter tests more than a row")
        self._key = tuple(table.primary_key.columns)
        self.criterion = and_(tests, Covered(self._key[0]))
        self.tested = frozenset(each.name for each in columns)
        self._attributes = self._attributes_of(columns)

    def _attributes_of(self, columns: Iterable[Any]) -> list[str]:
        return [self._mapper.get_property_by_column(each).key for each in columns]

    def is_about(self, record: object) -> bool:
        """Whether a row of the table stands behind the record."""
        return self._table in object_mapper(record).tables

    def is_moved(self, record: object) -> bool:
        """Whether something changed in the record that the filter tests."""
        attributes = inspect(record, raiseerr=True).attrs
        return self.is_about(record) and any(
            attributes[name].history.has_changes() for name in self._attributes
        )

    def count_admitted(self, session: Session, records: Sequence[object]) -> int:
        """How many of these records are rows that the filter admits."""
        names = self._attributes_of(self._key)
        keys = [tuple(getattr(record, name) for name in names) for record in records]
        found = 0
        for start in range(0, len(keys), _BATCH):
            admitted = (
                select(func.count())
                .select_from(self._table)
                .where(tuple_(*self._key).in_(keys[start : start + _BATCH]), self.criterion)
            )
            found += session.connection().execute(admitted).scalar_one()
        return found


@lru_cache(maxsize=4096)
def find_settings(statement: str, table: str) -> str | None:
    """What follows SET in SQL text that updates the table, be it within another statement."""
    if "UPDATE" not in statement:
        return None
    found = re.search(
        rf"\bUPDATE\b.*?(?<!\w){re.escape(table)}(?!\w).*?\bSET\b(.*)", statement, re.DOTALL
    )
    return None if found is None else found[1]


def sets_any(settings: str, columns: Iterable[str]) -> bool:
    """Whether one of these columns is given a value.

    Only there a column stands before ``=`` without its table. A column of that name of another
    table counts too, which can only refuse too much.
    """
    names = "|".join(re.escape(column) for column in columns)
    pattern = rf'(?<![\w."`\]])["`\[]?(?:{names})["`\]]?\s*='
    return bool(names) and re.search(pattern, settings) is not None

"""Row filters bound to a database session, and the guard that no statement goes around them.

Two halves. The binder adds each filter to every ORM select that touches its table, aliased or not,
together with a mark that names the alias it covers. The guard looks at the final SQL text just
before the driver: each mention of a filtered table must carry its mark, otherwise the statement is
refused. So Core selects, text and whatever else the binder does not reach cannot return a row,
whoever wrote them. What may be written says row_writes.py.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Engine, and_, event, literal_column, not_, or_
from sqlalchemy import inspect as inspect_model
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import (
    DeclarativeBase,
    ORMExecuteState,
    Session,
    UserDefinedOption,
    with_loader_criteria,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TextualSelect

from subgraphs.toolkit.conditions import Condition, build_criterion, holds, load_condition
from subgraphs.toolkit.errors import RowFilterInvalid, StatementRefused
from subgraphs.toolkit.sources import Reference, Source

# Execution option of every connection that serves a request: the bound filters.
OPTION = "datong_row_filters"

_MARK = re.compile(r"/\*rows (\w+)(?: (\w+))?\*/")

_SAY_INSTEAD = "use connect, find or children of the scope, or select the mapped class"


@dataclass(frozen=True, slots=True)
class RowFilters:
    """The filters of one request.

    Attributes:
        conditions: By type, for nodes that exist only as their key.
        criteria: By model, what its rows must fulfil.
        tables: Names of the tables behind ``criteria``.
        sources: Whose rows and nodes these filter.
    """

    conditions: Mapping[str, Condition]
    criteria: tuple[tuple[type[DeclarativeBase], ColumnElement[bool]], ...]
    tables: frozenset[str]
    sources: tuple[Reference[Any], ...] = ()

    def check(self, source: Source[Any]) -> None:
        """Whether the rows of a source are filtered, if those of its type are to be.

        Raises:
            StatementRefused: The source is not in ``Department.sources``, where another one of
                this type is.
        """
        if source.type_name in self.conditions and source not in self.sources:
            raise StatementRefused(
                f"a source of {source.type_name} with rows of {source.model.__name__} that no row "
                "filter is bound to: it is missing in Department.sources"
            )

    def admit(self, source: Reference[Any], node: Any) -> bool:
        """Whether a key-only node may be seen; rows were filtered by the database already."""
        condition = self.conditions.get(source.type_name)
        return condition is None or holds(condition, source.values(node))


NO_FILTERS = RowFilters({}, (), frozenset())


class Covered(FunctionElement[bool]):
    """The mark: always true, rendered with the alias of the entity that a criterion covers.

    After the entity's key it takes the name of the model whose criterion it belongs to, if any.
    """

    type = Boolean()
    inherit_cache = True
    name = "datong_covered"


@compiles(Covered)
def _print_covered(element: Covered, compiler: SQLCompiler, **options: Any) -> str:
    column, *model = [compiler.process(each, **options) for each in element.clauses]
    alias = column.rpartition(".")[0].strip('"')
    return f"1 = 1 {print_mark(alias, *model)}"


def print_mark(*names: str) -> str:
    """The comment that says of a mention of a table in SQL text that its filter holds there.

    Args:
        names: The table's alias there, and the model that the filter is bound to, if any.
    """
    return f"/*rows {' '.join(names)}*/"


def bind_filters(
    sources: Iterable[Reference[Any]], row_filters: Mapping[str, object]
) -> RowFilters:
    """The filters of an access context for this department's sources.

    Raises:
        RowFilterInvalid: A type that has no source here, or a condition that cannot be read.
    """
    if not row_filters:
        return NO_FILTERS
    by_type: dict[str, list[Reference[Any]]] = {}
    for source in sources:
        by_type.setdefault(source.type_name, []).append(source)
    conditions: dict[str, Condition] = {}
    criteria: dict[type[DeclarativeBase], list[ColumnElement[bool]]] = {}
    for type_name, tree in row_filters.items():
        if type_name not in by_type:
            raise RowFilterInvalid(
                f"{type_name} has no filterable rows in this subgraph: "
                "its source is missing in Department.sources"
            )
        for source in by_type[type_name]:
            condition = load_condition(tree, source.read_value)
            conditions[type_name] = condition
            if isinstance(source, Source):
                criterion = build_criterion(condition, source.columns)
                if source.only is not None:
                    criterion = or_(not_(source.only), criterion)
                criteria.setdefault(source.model, []).append(criterion)
    return RowFilters(
        conditions,
        tuple((model, and_(*parts, _mark(model))) for model, parts in criteria.items()),
        frozenset(str(model.__tablename__) for model in criteria),
        tuple(source for type_name in row_filters for source in by_type[type_name]),
    )


class _Bound(UserDefinedOption):
    """Says of a statement that the filters of one session are added to it; goes where they go."""

    propagate_to_loaders = True


def _mark(model: type[DeclarativeBase]) -> Covered:
    mapper = inspect_model(model)
    key = getattr(model, mapper.get_property_by_column(mapper.primary_key[0]).key)
    return Covered(key, literal_column(model.__name__))


def bind_session(session: Session, filters: RowFilters) -> None:
    """Add the filters to every ORM select of the session."""
    options = [
        with_loader_criteria(model, criterion, include_aliases=True)
        for model, criterion in filters.criteria
    ]

    bound = _Bound()

    def add_criteria(state: ORMExecuteState) -> None:
        # A load of a relationship may have them from its parents. Marked twice, a mention would
        # cover for another one that is not.
        if state.is_select and bound not in state.user_defined_options:
            state.statement = state.statement.options(bound, *options)

    if options:
        event.listen(session, "do_orm_execute", add_criteria)


def guard_engine(engine: Engine) -> None:
    """Refuse statements of this engine that filters are not bound to or do not cover."""
    event.listen(engine, "before_cursor_execute", _check_statement)


def _check_statement(
    connection: Connection,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    context: Any,
    _executemany: bool,
) -> None:
    filters: RowFilters | None = connection.get_execution_options().get(OPTION)
    if filters is None:
        raise StatementRefused("statement outside of a request")
    if not filters.tables:
        return
    compiled = getattr(context, "compiled", None)
    source = getattr(compiled, "statement", None)
    if source is None or isinstance(source, TextClause | TextualSelect):
        raise StatementRefused(f"textual statement while row filters are bound: {_SAY_INSTEAD}")
    if not is_covered(statement, filters.tables):
        raise StatementRefused(
            f"statement reads a filtered table without its filter: {_SAY_INSTEAD}"
        )


@lru_cache(maxsize=4096)
def is_covered(statement: str, tables: frozenset[str]) -> bool:
    """Whether each mention of a table in the SQL text has its mark.

    A mention is the table's name where no column follows; a column or label of that name counts
    too, which can only refuse too much.
    """
    marks: dict[str, int] = {}
    # One mention has the mark of a class and that of its base, where both are filtered.
    for (alias, _), count in Counter(_MARK.findall(statement)).items():
        marks[alias] = max(count, marks.get(alias, 0))
    text = _MARK.sub("", statement)
    mentions: Counter[str] = Counter()
    for table in tables:
        pattern = rf'(?<!\w){re.escape(table)}(?!\w)(?!["\]`]?\s*\.)["\]`]?(?:\s+AS\s+"?(\w+)"?)?'
        for match in re.finditer(pattern, text, re.IGNORECASE):
            mentions[match.group(1) or table] += 1
    # A full join returns the rows that its ON, where the filter may stand, does not hold of.
    is_full = bool(mentions) and "FULL OUTER JOIN" in statement
    return not is_full and all(marks.get(alias, 0) >= count for alias, count in mentions.items())

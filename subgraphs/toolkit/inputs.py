"""Typed filters and orders: declared once, they give the SQL and the @filters metadata.

A filter input is a class whose fields are made by ``checks``; an order is an enum whose members are
made by ``sort``.
"""

import dataclasses
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar, dataclass_transform

import strawberry
from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from subgraphs.toolkit.conditions import starts_with
from subgraphs.toolkit.describe import text
from subgraphs.toolkit.divisions import prefix_of
from subgraphs.toolkit.errors import RequestRefused
from subgraphs.toolkit.governance import Classified, Filters, FilterUse
from subgraphs.toolkit.paging import SortKey
from subgraphs.toolkit.sources import Source

TypeT = TypeVar("TypeT", bound=type)
EnumT = TypeVar("EnumT", bound=type[Enum])
Test = Callable[[Any, Any], ColumnElement[bool]]

_METADATA = "datong_test"
_MAX_VALUES = 100


def equals(column: Any, value: Any) -> ColumnElement[bool]:
    """The column is this value."""
    found: ColumnElement[bool] = column == (value.value if isinstance(value, Enum) else value)
    return found


def at_least(column: Any, value: Any) -> ColumnElement[bool]:
    """The column is this value or more."""
    found: ColumnElement[bool] = column >= value
    return found


def at_most(column: Any, value: Any) -> ColumnElement[bool]:
    """The column is this value or less."""
    found: ColumnElement[bool] = column <= value
    return found


def contains(column: Any, value: str) -> ColumnElement[bool]:
    """The column's text holds this text."""
    found: ColumnElement[bool] = column.contains(value, autoescape=True)
    return found


def within(column: Any, value: str) -> ColumnElement[bool]:
    """The column is a division that lies in this one."""
    return starts_with(column, prefix_of(value))


def one_of(column: Any, values: list[Any]) -> ColumnElement[bool]:
    """The column is one of these values, at most 100."""
    if len(values) > _MAX_VALUES:
        raise RequestRefused("BAD_INPUT", f"at most {_MAX_VALUES} values in one filter")
    plain = [value.value if isinstance(value, Enum) else value for value in values]
    found: ColumnElement[bool] = column.in_(plain)
    return found


def checks(
    source: Source[Any],
    field: str,
    test: Test,
    english: str,
    chinese: str,
    *,
    column: InstrumentedAttribute[Any] | None = None,
) -> Any:
    """An optional input field that tests ``field`` of a source.

    Args:
        source: Type that the field belongs to.
        field: GraphQL name of the field.
        test: How it is tested.
        english: Description.
        chinese: The same in Chinese.
        column: Where the listed model holds the value, when it is a field of another type.
    """
    return strawberry.field(
        default=None,
        description=text(english, chinese),
        directives=[Filters(field=source.coordinate(field))],
        metadata={_METADATA: (source.columns[field] if column is None else column, test)},
    )


@dataclass_transform(kw_only_default=True, field_specifiers=(checks,))
def filter_input(english: str, chinese: str) -> Callable[[TypeT], TypeT]:
    """An input type made of ``checks``; all given fields must hold."""

    def decorate(cls: TypeT) -> TypeT:
        return strawberry.input(cls, description=text(english, chinese))

    return decorate


def build_criteria(where: Any) -> list[ColumnElement[bool]]:
    """SQL of the given fields of a filter input; a null field tests nothing."""
    if where is None:
        return []
    found = []
    for field in dataclasses.fields(where):
        value = getattr(where, field.name)
        if value is not None and value is not strawberry.UNSET:
            column, test = field.metadata[_METADATA]
            found.append(test(column, value))
    return found


def sort(
    source: Source[Any], field: str, english: str, chinese: str, *, descending: bool = False
) -> Any:
    """A member of an order enum that orders by a column of ``source``.

    Raises:
        ValueError: The column may be null, so its rows would have no place in the order.
    """
    column = source.columns[field]
    if column.nullable:
        raise ValueError(f"{source.coordinate(field)} may be null and cannot order")
    return strawberry.enum_value(
        SortKey(column, descending),
        description=text(english, chinese),
        directives=[Filters(field=source.coordinate(field), use=FilterUse.SORT)],
    )


def order_enum(english: str, chinese: str) -> Callable[[EnumT], EnumT]:
    """An enum made of ``sort`` members."""

    def decorate(cls: EnumT) -> EnumT:
        return strawberry.enum(
            cls, description=text(english, chinese), directives=[Classified(level=1)]
        )

    return decorate

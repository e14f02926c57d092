"""Where the nodes of a type come from, and which column stands behind which field.

A department declares this once per type; row filters, typed inputs and node building read it.
"""

import dataclasses
import datetime
import functools
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy import inspect as inspect_model
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, QueryableAttribute
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from subgraphs.toolkit.errors import RowFilterInvalid
from subgraphs.toolkit.scalars import Money, read_date, read_money, read_text

NodeT = TypeVar("NodeT")


def _read_exactly(kind: type) -> Callable[[object], object]:
    def read(value: object) -> object:
        # bool is an int for Python, not for the wire.
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise ValueError(f"expected {kind.__name__}")
        return value

    return read


def _reader(hint: Any) -> Callable[[object], object] | None:
    """How a JSON value becomes a value of this field; None for what cannot be compared."""
    if typing.get_origin(hint) is not None and type(None) in typing.get_args(hint):
        hint = next(each for each in typing.get_args(hint) if each is not type(None))
    if hint is Money:
        return read_money
    if hint is datetime.date:
        return read_date
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda value: hint[read_text(value)].value
    kind = getattr(hint, "__supertype__", hint)
    if kind is str:
        return read_text
    return _read_exactly(kind) if kind in (bool, int, float) else None


class _Fields:
    """Scalar fields of a node type by GraphQL name."""

    def __init__(self, node: type) -> None:
        definition = get_object_definition(node, strict=True)
        self.type_name = definition.name
        hints = typing.get_type_hints(node, include_extras=False)
        self.python_names: dict[str, str] = {}
        self.readers: dict[str, Callable[[object], object]] = {}
        for field in definition.fields:
            reader = _reader(hints.get(field.python_name))
            if field.base_resolver is None and reader is not None:
                name = field.graphql_name or to_camel_case(field.python_name)
                self.python_names[name] = field.python_name
                self.readers[name] = reader

    def read_value(self, field: str, value: object) -> object:
        if field not in self.readers:
            raise RowFilterInvalid(f"{self.type_name} cannot be filtered by {field}")
        try:
            return self.readers[field](value)
        except (ValueError, KeyError) as fault:
            raise RowFilterInvalid(f"{self.type_name}.{field}: value of another type") from fault


class Reference(Generic[NodeT]):
    """A type that is known here only by its key: nodes are made of the key, without a look-up."""

    def __init__(self, node: type[NodeT]) -> None:
        self.node = node

    @functools.cached_property
    def fields(self) -> _Fields:
        """Fields by which row filters may test the node; read late, types may refer forward."""
        return _Fields(self.node)

    @property
    def type_name(self) -> str:
        """The GraphQL name."""
        definition = get_object_definition(self.node, strict=True)
        return definition.name

    def read_value(self, field: str, value: object) -> object:
        """Python value of a JSON value that this field is compared with.

        Raises:
            RowFilterInvalid: The type cannot be filtered by this field or this value.
        """
        return self.fields.read_value(field, value)

    def values(self, node: NodeT) -> dict[str, Any]:
        """The node's fields by GraphQL name, enums as their values."""
        found = {}
        for name, attribute in self.fields.python_names.items():
            value = getattr(node, attribute)
            found[name] = value.value if isinstance(value, Enum) else value
        return found


class Source(Reference[NodeT]):
    """A type whose nodes are rows of a model.

    Fields are columns of the same name in snake case, unless ``columns`` says otherwise.

    Attributes:
        model: The mapped class.
        only: Condition on the rows, when several types share the table.

    Raises:
        ValueError: A column of another model, of whose rows any would do.
    """

    def __init__(
        self,
        node: type[NodeT],
        model: type[DeclarativeBase],
        *,
        columns: Mapping[str, InstrumentedAttribute[Any]] | None = None,
        only: ColumnElement[bool] | None = None,
    ) -> None:
        super().__init__(node)
        self.model = model
        self.only = only
        self._columns = dict(columns or {})
        for name, column in self._columns.items():
            owner: Any = column.class_
            is_own = issubclass(model, owner)
            if not is_own:
                raise ValueError(
                    f"{name}: {column} is no column of {model.__name__}; map it there, such as by a"
                    " column_property"
                )

    @functools.cached_property
    def columns(self) -> Mapping[str, InstrumentedAttribute[Any]]:
        """Column of each comparable field by GraphQL name."""
        found = dict(self._columns)
        for name, attribute in self.fields.python_names.items():
            column: Any = getattr(self.model, attribute, None)
            # A property of Python would be compared here, once for all rows.
            is_mapped = isinstance(column, QueryableAttribute)
            if name not in found and is_mapped:
                found[name] = column
        return found

    @functools.cached_property
    def key(self) -> tuple[InstrumentedAttribute[Any], ...]:
        """Primary key columns, in order: they make every order total."""
        mapper = inspect_model(self.model)
        return tuple(
            getattr(self.model, mapper.get_property_by_column(column).key)
            for column in mapper.primary_key
        )

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables of its rows: several where a class inherits and adds one."""
        mappers = inspect_model(self.model).base_mapper.self_and_descendants
        return frozenset(str(table) for mapper in mappers for table in mapper.tables)

    def read_value(self, field: str, value: object) -> object:
        """As for a reference; the field also needs a column."""
        if field not in self.columns:
            raise RowFilterInvalid(f"{self.type_name} cannot be filtered by {field}")
        return super().read_value(field, value)

    def coordinate(self, field: str) -> str:
        """``Type.field``."""
        return f"{self.type_name}.{field}"

    @functools.cached_property
    def _parts(self) -> tuple[tuple[str, type[Enum] | None], ...]:
        hints = typing.get_type_hints(self.node, include_extras=False)
        parts: list[tuple[str, type[Enum] | None]] = []
        for field in dataclasses.fields(self.node):  # type: ignore[arg-type]  # strawberry makes it one
            if field.init:
                hint = hints[field.name]
                kinds = [hint, *typing.get_args(hint)]
                enum = next((k for k in kinds if isinstance(k, type) and issubclass(k, Enum)), None)
                parts.append((field.name, enum))
        return tuple(parts)

    def build(self, row: Any) -> NodeT:
        """The node of a row: each constructor parameter from the attribute of the same name."""
        values = {}
        for name, enum in self._parts:
            value = getattr(row, name)
            values[name] = enum(value) if enum is not None and value is not None else value
        return self.node(**values)

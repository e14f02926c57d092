"""Row conditions: the tree that the gateway sends, read strictly.

A condition is {"field", "op", "value"}, {"and": [..]}, {"or": [..]} or {"not": condition}. Anything
else is refused, so that a misread filter never returns more rows. In SQL and on single nodes a
comparison with null is not true, hence such a row stays hidden, negated or not.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_

from subgraphs.toolkit.errors import RowFilterInvalid

MAX_DEPTH = 8
MAX_VALUES = 1_000

_ORDERED: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field of the row against one value; for ``in`` a tuple of values."""

    field: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold; without parts everything passes."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds; without parts nothing passes."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The part does not hold."""

    part: "Condition"


Condition = Comparison | Every | Some | Negation
ReadValue = Callable[[str, Any], Any]


def load_condition(tree: object, read_value: ReadValue, depth: int = 0) -> Condition:
    """The condition of a JSON tree.

    Args:
        tree: As in the access context.
        read_value: Python value of (field, JSON value); raises RowFilterInvalid for fields that
            the type does not have and for values of another type.
        depth: Nesting so far; at most ``MAX_DEPTH``.

    Raises:
        RowFilterInvalid: Any other shape, operator, field or value.
    """
    if not isinstance(tree, dict) or depth > MAX_DEPTH:
        raise RowFilterInvalid("a condition is an object, nested at most 8 deep")
    match tree:
        case {"and": list(parts), **rest} if not rest:
            return Every(tuple(load_condition(part, read_value, depth + 1) for part in parts))
        case {"or": list(parts), **rest} if not rest:
            return Some(tuple(load_condition(part, read_value, depth + 1) for part in parts))
        case {"not": part, **rest} if not rest:
            return Negation(load_condition(part, read_value, depth + 1))
        case {"field": str(field), "op": str(op), "value": value, **rest} if not rest:
            return _load_comparison(field, op, value, read_value)
    raise RowFilterInvalid("a condition is a comparison, and, or, not")


def _load_comparison(field: str, op: str, value: object, read_value: ReadValue) -> Comparison:
    if op == "in":
        if not isinstance(value, list) or len(value) > MAX_VALUES:
            raise RowFilterInvalid("`in` takes a list of at most 1000 values")
        return Comparison(field, op, tuple(read_value(field, each) for each in value))
    read = read_value(field, value)
    if op in _ORDERED or (op == "starts_with" and isinstance(read, str)):
        return Comparison(field, op, read)
    raise RowFilterInvalid(f"unknown operator for {field}")


def build_criterion(condition: Condition, columns: Mapping[str, Any]) -> ColumnElement[bool]:
    """SQL of a condition; ``columns`` holds every field that the condition names."""
    criterion: ColumnElement[bool]
    match condition:
        case Every(parts):
            criterion = and_(True, *(build_criterion(part, columns) for part in parts))
        case Some(parts):
            criterion = or_(False, *(build_criterion(part, columns) for part in parts))
        case Negation(part):
            criterion = not_(build_criterion(part, columns))
        case Comparison(field, "in", ()):
            # Not `IN ()`, which is false for null and so, negated, would open the row.
            criterion = columns[field] != columns[field]
        case Comparison(field, "in", values):
            criterion = columns[field].in_(values)
        case Comparison(field, "starts_with", prefix):
            criterion = starts_with(columns[field], prefix)
        case Comparison(field, op, value):
            criterion = _ORDERED[op](columns[field], value)
    return criterion


def starts_with(column: Any, prefix: str) -> ColumnElement[bool]:
    """The column begins with this text, letter case included.

    Not LIKE, which takes no heed of case on SQLite; the first half lets an index help.
    """
    return and_(column >= prefix, func.substr(column, 1, len(prefix)) == prefix)


def holds(condition: Condition, values: Mapping[str, Any]) -> bool:
    """Whether a node that exists only as its key passes; ``values`` are its fields."""
    return _truth(condition, values) is True


def _truth(condition: Condition, values: Mapping[str, Any]) -> bool | None:
    # Three-valued as in SQL, so that a negated comparison with null does not open the row.
    match condition:
        case Every(parts):
            truths = [_truth(part, values) for part in parts]
            return False if False in truths else None if None in truths else True
        case Some(parts):
            truths = [_truth(part, values) for part in parts]
            return True if True in truths else None if None in truths else False
        case Negation(part):
            truth = _truth(part, values)
            return None if truth is None else not truth
        case Comparison(field, op, expected):
            found = values[field]
            return None if found is None else _compare(found, op, expected)


def _compare(found: Any, op: str, expected: Any) -> bool:
    if op == "in":
        return found in expected
    if op == "starts_with":
        return str(found).startswith(expected)
    return bool(_ORDERED[op](found, expected))

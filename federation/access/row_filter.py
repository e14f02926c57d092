"""Row filters: small conditions on the scalar fields of one object type."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

OPERATORS = frozenset({"eq", "ne", "in", "lt", "le", "gt", "ge", "starts_with"})
MAX_DEPTH = 16

Scalar: TypeAlias = str | int | float | bool

_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "starts_with": str.startswith,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field compared with a value; ``in`` takes a tuple of values."""

    field: str
    op: str
    value: Scalar | tuple[Scalar, ...]

    def to_json(self) -> dict[str, Any]:
        """The condition tree that subgraphs read."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"field": self.field, "op": self.op, "value": value}


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every part is."""

    parts: tuple[RowCondition, ...]

    def to_json(self) -> dict[str, Any]:
        """The condition tree that subgraphs read."""
        return {"and": [part.to_json() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one part is."""

    parts: tuple[RowCondition, ...]

    def to_json(self) -> dict[str, Any]:
        """The condition tree that subgraphs read."""
        return {"or": [part.to_json() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Not:
    """True when its part is false."""

    part: RowCondition

    def to_json(self) -> dict[str, Any]:
        """The condition tree that subgraphs read."""
        return {"not": self.part.to_json()}


RowCondition: TypeAlias = Comparison | AllOf | AnyOf | Not

NEVER = AnyOf(())
"""True of no row. Policies cannot say so: what a caller may read nothing of is tested by it."""


def read_condition(value: Any, depth: int = 0) -> RowCondition:
    """The condition that a JSON tree writes.

    Raises:
        ValueError: Unknown shape, operator or value, or deeper than ``MAX_DEPTH``.
    """
    if not isinstance(value, Mapping) or depth > MAX_DEPTH:
        raise ValueError("a condition is an object, nested at most 16 deep")
    keys = set(value)
    if keys == {"field", "op", "value"}:
        return _read_test(value)
    if keys == {"not"}:
        return Not(read_condition(value["not"], depth + 1))
    if keys in ({"and"}, {"or"}):
        (key,) = keys
        parts = value[key]
        if not isinstance(parts, list) or not parts:
            raise ValueError(f"{key!r} takes a list of conditions that is not empty")
        read = tuple(read_condition(part, depth + 1) for part in parts)
        return AllOf(read) if key == "and" else AnyOf(read)
    raise ValueError(f"not a condition: {sorted(map(str, keys))}")


def _read_test(value: Mapping[str, Any]) -> Comparison:
    field, op, operand = value["field"], value["op"], value["value"]
    if not isinstance(field, str) or not isinstance(op, str) or op not in OPERATORS:
        raise ValueError("a test names a field and a known operator")
    if op == "in":
        if not isinstance(operand, list) or not all(isinstance(v, Scalar) for v in operand):
            raise ValueError("'in' takes a list of scalars")
        return Comparison(field, op, tuple(operand))
    if not isinstance(operand, Scalar) or (op == "starts_with" and not isinstance(operand, str)):
        raise ValueError(f"{op!r} takes one scalar")
    return Comparison(field, op, operand)


def fields_of(condition: RowCondition) -> Iterator[str]:
    """The fields a condition tests, with repetitions."""
    match condition:
        case Comparison():
            yield condition.field
        case AllOf() | AnyOf():
            for part in condition.parts:
                yield from fields_of(part)
        case Not():
            yield from fields_of(condition.part)


def ordered_fields(condition: RowCondition) -> Iterator[str]:
    """The fields that a condition compares by order, with repetitions."""
    match condition:
        case Comparison(field=field, op="lt" | "le" | "gt" | "ge"):
            yield field
        case AllOf() | AnyOf():
            for part in condition.parts:
                yield from ordered_fields(part)
        case Not():
            yield from ordered_fields(condition.part)


def confines(condition: RowCondition, field: str, values: frozenset[str]) -> bool:
    """Whether every row that fulfils the condition provably has one of ``values`` in ``field``."""
    match condition:
        case Comparison(field=tested, op="eq", value=value):
            return tested == field and value in values
        case Comparison(field=tested, op="in", value=tuple(options)):
            return tested == field and values.issuperset(options)
        case AllOf(parts):
            return any(confines(part, field, values) for part in parts)
        case AnyOf(parts):
            return all(confines(part, field, values) for part in parts)
        case _:
            return False


def fulfils(condition: RowCondition, row: Mapping[str, Any]) -> bool:
    """Whether a row is known to fulfil the condition.

    As in SQL, what is compared with null or with a value of another kind is neither true nor false,
    negated or not, and hides the row.

    Args:
        condition: As the policies gave it.
        row: Values by field as their department answered them; a field without value may be absent.
    """
    return _truth(condition, row) is True


def _truth(condition: RowCondition, row: Mapping[str, Any]) -> bool | None:
    match condition:
        case Comparison():
            return _compare(row.get(condition.field), condition)
        case AllOf(parts):
            truths = [_truth(part, row) for part in parts]
            return False if False in truths else None if None in truths else True
        case AnyOf(parts):
            truths = [_truth(part, row) for part in parts]
            return True if True in truths else None if None in truths else False
        case Not(part):
            truth = _truth(part, row)
            return None if truth is None else not truth


def _compare(found: Any, comparison: Comparison) -> bool | None:
    if isinstance(comparison.value, tuple):
        truths = [_compared(found, "eq", option) for option in comparison.value]
        return True if True in truths else None if found is None or None in truths else False
    return _compared(found, comparison.op, comparison.value)


def _compared(found: Any, op: str, value: Scalar) -> bool | None:
    if not isinstance(found, Scalar) or _kind(found) is not _kind(value):
        return None
    return bool(_COMPARED[op](found, value))


def _kind(value: Scalar) -> type:
    """Numbers are of one kind; Python's true is none of them."""
    return type(value) if isinstance(value, bool | str) else float


def conjunction(conditions: Collection[RowCondition]) -> RowCondition:
    """True when all conditions are; equal ones in any order give the same."""
    if len(conditions) == 1:
        (condition,) = conditions
        return condition
    return AllOf(tuple(sorted(conditions, key=repr)))

"""Leaf values: strict by type, since what a subgraph sends is not to be believed.

Source: GraphQL specification, "Scalars", result coercion, without the conversions it permits.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, TypeAlias

from graphql import GraphQLSchema, is_enum_type

INVALID = object()
"""In place of a value that is not of the type."""

Complete: TypeAlias = Callable[[Any], Any]


def completion_of(type_name: str, schema: GraphQLSchema) -> Complete:
    """From a JSON value other than null to the response's value, or INVALID.

    Custom scalars pass as they are.
    """
    known = _BUILT_IN.get(type_name)
    if known is not None:
        return known
    named = schema.type_map.get(type_name)
    if is_enum_type(named):
        # A value that the API schema does not know is hidden or foreign.
        return _one_of(frozenset(named.values))
    return _any


def _int(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return INVALID
    return value if -(2**31) <= value < 2**31 else INVALID


def _float(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return INVALID
    return value if isfinite(value) else INVALID


def _string(value: Any) -> Any:
    return value if isinstance(value, str) else INVALID


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else INVALID


def _id(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else INVALID


def _any(value: Any) -> Any:
    return value


def _one_of(names: frozenset[str]) -> Complete:
    def complete(value: Any) -> Any:
        return value if isinstance(value, str) and value in names else INVALID

    return complete


_BUILT_IN: dict[str, Complete] = {
    "Int": _int,
    "Float": _float,
    "String": _string,
    "Boolean": _boolean,
    "ID": _id,
}

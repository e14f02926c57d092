"""Leaf values: strict by type, since what a subgraph sends is not to be believed.

Source: GraphQL specification, "Scalars", result coercion, without the conversions it permits.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, TypeAlias

from graphql import GraphQLSchema, is_enum_type

from federation.supergraph.api_schema import HIDDEN_VALUES

INVALID = object()
"""In place of a value that is not of the type."""

HIDDEN = object()
"""In place of an enum value that is right and not for clients: null, and no fault of anyone."""

Complete: TypeAlias = Callable[[Any], Any]

JsonType: TypeAlias = type[Any]
"""Of a JSON value, as it is in Python."""


def completion_of(type_name: str, schema: GraphQLSchema) -> Complete:
    """From a JSON value other than null to the response's value, INVALID or HIDDEN.

    Custom scalars pass as they are.
    """
    known = _BUILT_IN.get(type_name)
    if known is not None:
        return known
    named = schema.type_map.get(type_name)
    if is_enum_type(named):
        hidden: frozenset[str] = named.extensions.get(HIDDEN_VALUES, frozenset())
        return _one_of(frozenset(named.values), hidden)
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


def _one_of(names: frozenset[str], hidden: frozenset[str]) -> Complete:
    def complete(value: Any) -> Any:
        if not isinstance(value, str):
            return INVALID
        if value in names:
            return value
        return HIDDEN if value in hidden else INVALID

    return complete


_BUILT_IN: dict[str, Complete] = {
    "Int": _int,
    "Float": _float,
    "String": _string,
    "Boolean": _boolean,
    "ID": _id,
}

SOUND: dict[str, JsonType] = {"String": str, "Boolean": bool, "ID": str, "Int": int}
"""By scalar, the type of JSON values that are all right as they are; others must be looked at. Of
integers only those of 32 bits are."""

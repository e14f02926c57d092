"""A state that was replaced, given back a little at a time.

A large one at once would stop every request for as long as it takes to free a million objects. And
the collector would never find it: types of a schema refer to each other in cycles, and what is
built once is kept away from it (``collector``). Types without their fields stay behind, since
graphql-core's own builders leave cycles around them.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
)

from federation.gateway.state import State
from federation.query_graph import LabelledGraphs

_AT_ONCE = 200
_PAUSE_SECONDS = 0.5


class Retired:
    """Holds the parts of a state while others hold the state itself."""

    def __init__(self, state: State) -> None:
        self._state = weakref.ref(state)
        self._cycles = list(_with_fields(state.schema))
        self._parts = list(_parts(state, depth=2))

    async def give_back(self) -> None:
        """Frees it, when no request and no subscription is left that began with it."""
        # Not told by the reference itself: it may die in any thread.
        while self._state() is not None:  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE_SECONDS)
        while self._cycles:
            for each in self._cycles[-_AT_ONCE:]:
                each.fields.clear()
            del self._cycles[-_AT_ONCE:]
            await asyncio.sleep(0)
        while self._parts:
            del self._parts[-_AT_ONCE:]
            await asyncio.sleep(0)


def _with_fields(
    schema: GraphQLSchema,
) -> Iterator[GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType]:
    """Types of which cycles consist; not those that all schemas share."""
    for each in schema.type_map.values():
        if isinstance(
            each, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
        ) and not is_introspection_type(each):
            yield each


def _parts(value: Any, depth: int) -> Iterator[object]:
    """What stands in the mappings and tuples of a value, and of its own values."""
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, tuple):
        yield from value
    elif depth and is_dataclass(value):
        for each in fields(value):
            yield from _parts(getattr(value, each.name), depth - 1)
    elif depth and isinstance(value, LabelledGraphs):
        yield from _parts(value.plain, depth)

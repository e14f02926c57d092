"""A department in memory that filters its own rows, by the toolkit's reading of a condition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from federation.execution import SubgraphReply, SubgraphRequest
from subgraphs.toolkit.conditions import holds, load_condition
from tests.support.memory_subgraph import MemorySubgraph, Resolver, Row

FILTERS_HEADER = "filters"


class FilteringSubgraph(MemorySubgraph):
    """Drops the rows that the filters of a request do not let pass; others never leave it."""

    def __init__(
        self,
        sdl: str,
        rows: Mapping[str, list[Row]],
        resolvers: Mapping[tuple[str, str], Resolver] | None = None,
    ) -> None:
        super().__init__(sdl, rows, resolvers)
        self._filters: dict[str, Any] = {}

    def answer(self, request: SubgraphRequest) -> SubgraphReply:
        self._filters = json.loads(request.headers.get(FILTERS_HEADER, "{}"))
        return super().answer(request)

    def _entity(self, representation: Row) -> Row | None:
        found = super()._entity(representation)
        return found if self._shown(found) is not None else None

    def _expand(self, value: Any, declared: str) -> Any:
        if isinstance(value, list):
            expanded = [(item, self._expand(item, declared)) for item in value]
            return [shown for item, shown in expanded if item is None or shown is not None]
        return self._shown(super()._expand(value, declared))

    def _shown(self, value: Any) -> Any:
        if not isinstance(value, dict) or value["__typename"] not in self._filters:
            return value
        condition = load_condition(self._filters[value["__typename"]], lambda _, given: given)
        return value if holds(condition, _Values(value)) else None


class _Values(dict[str, Any]):
    """A row; what it does not hold is null."""

    def __missing__(self, key: str) -> None:
        return None

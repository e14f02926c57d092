"""From places of the tree to response paths, as clients know them.

Tree keys can be internal aliases, and parts of the tree are not in the response at all; a response
path ends where it would leave the response.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from federation.execution.tree import Faults, typename, types_of
from federation.planning.plan import OutputField, ResponsePath

Path: TypeAlias = tuple[str | int, ...]


@dataclass(slots=True)
class ResponsePlace:
    """A response path under construction.

    Attributes:
        outputs: What is selected there; None once the way has left the response.
    """

    outputs: tuple[OutputField, ...] | None
    path: list[str | int] = field(default_factory=list)

    def enter(self, key: str, types: frozenset[str] | None) -> None:
        """Go to the field under a tree key, of an object with one of the runtime types."""
        matching = [
            each
            for each in self.outputs or ()
            if each.source == key and (types is None or each.types is None or each.types & types)
        ]
        if not matching:
            self.outputs = None
            return
        chosen = matching[0].key
        self.path.append(chosen)
        self.outputs = tuple(
            inner for each in matching if each.key == chosen for inner in each.fields
        )

    def index(self, at: int) -> None:
        """Go to one item of a list."""
        if self.outputs is not None:
            self.path.append(at)


def place_of(
    outputs: tuple[OutputField, ...],
    path: ResponsePath,
    indices: tuple[int, ...] | None,
    types: frozenset[str] | None = None,
) -> ResponsePlace:
    """The place that a plan's path names.

    ``indices`` has one for every list on the way; None ends the path at the first list. ``types``
    are runtime types of the object at the end; None for any.
    """
    place = ResponsePlace(outputs)
    narrowed: frozenset[str] | None = None
    remaining: Iterator[int] = iter(indices or ())
    for step in path:
        found = types_of(step)
        if found is not None:
            narrowed = found
        elif step != "@":
            place.enter(step, narrowed)
            narrowed = None
        elif indices is None:
            break
        else:
            place.index(next(remaining))
    if types is not None and place.outputs is not None:
        place.outputs = tuple(
            each for each in place.outputs if each.types is None or each.types & types
        )
    return place


def follow(place: ResponsePlace, value: Any, steps: Iterable[Any], faults: Faults) -> Path:
    """Go on by the path of a subgraph's error, below an object of the tree.

    The first null on the way is marked: this error is what explains it.
    """
    for step in steps:
        container, value = value, _child(value, step)
        if value is None and container is not None:
            faults.mark(container, step)
        if isinstance(step, str):
            name = typename(container) if isinstance(container, dict) else None
            place.enter(step, frozenset({name}) if name else None)
        else:
            place.index(step)
    return tuple(place.path)


def _child(value: Any, step: Any) -> Any:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None

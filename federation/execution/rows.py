"""Row filters that the gateway applies: rows leave the tree before anything is made of it.

A row that does not fulfil its filter is dropped from a list, and is null where it stands alone, as
if its subgraph had filtered it. One that cannot be tested because something failed is not shown
either, and takes the whole list with it: how many such rows there are is nobody's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeAlias

from federation.errors import ResponseError
from federation.execution.execution import Execution
from federation.execution.places import Path
from federation.execution.tree import Object, typename, types_of
from federation.planning.plan import OutputField, ResponsePath, RowTest

Slot: TypeAlias = tuple[Any, str | int]
"""A container of the tree, and the key or index of a value in it."""


class Fate(Enum):
    """What becomes of a row."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Dropped:
    """What left the tree.

    Attributes:
        rows: How many rows did not fulfil their filter.
        nulls: Slots that were emptied, by identity of the container, and why.
        indices: New index of each item that a list kept, by identity of the list.
        hidden: Rows that did not fulfil their filter.
        kept_alive: Containers that left the tree; identities must not be given out again.
    """

    rows: int = 0
    nulls: dict[tuple[int, str | int], Fate] = field(default_factory=dict)
    indices: dict[int, dict[int, int]] = field(default_factory=dict)
    hidden: list[Any] = field(default_factory=list)
    kept_alive: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.nulls or self.indices)

    def is_withheld(self, root: Object) -> bool:
        """Whether a value of the root itself was a row, or rows, of which none may be seen."""
        return self._has(root, Fate.HIDDEN) or any(
            self.indices.get(id(value)) == {} for value in root.values()
        )

    def is_untested(self, root: Object) -> bool:
        """Whether a value of the root itself was a row that could not be tested."""
        return self._has(root, Fate.UNKNOWN)

    def _has(self, root: Object, fate: Fate) -> bool:
        return any(self.nulls.get((id(root), key)) is fate for key in root)


def drop_rows(execution: Execution) -> Dropped:
    """Take all rows out of the tree that may not be shown.

    Raises:
        KeyError: The request brings no filter for a type that the plan tests.
    """
    dropped = Dropped()
    for test in execution.plan.row_tests:
        for slot, held in list(_slots(execution.tree, test.path)):
            if isinstance(held, list):
                _drop_items(held, slot, test, execution, dropped)
            else:
                fate = _fate(held, test, execution)
                if fate is not Fate.SHOWN:
                    _empty(slot, fate, execution, dropped)
    return dropped


def _slots(root: Object, path: ResponsePath) -> Iterator[tuple[Slot, Any]]:
    """Each place that a path leads to with what is held there: a row, or the list that holds rows.

    The path of a list ends with ``@``, and so its rows are met as one list.
    """
    is_list = path[-1:] == ("@",)
    found: list[tuple[Slot, Any]] = [(((root,), 0), root)]
    for step in path[:-1] if is_list else path:
        found = list(_below(found, step))
    for slot, value in found:
        if isinstance(value, list if is_list else dict):
            yield slot, value


def _below(places: list[tuple[Slot, Any]], step: str) -> Iterator[tuple[Slot, Any]]:
    types = types_of(step)
    for slot, value in places:
        if types is not None:
            if isinstance(value, dict) and typename(value) in types:
                yield slot, value
        elif step == "@":
            if isinstance(value, list):
                yield from (((value, at), item) for at, item in enumerate(value))
        elif isinstance(value, dict) and step in value:
            yield (value, step), value[step]


def _fate(row: Any, test: RowTest, execution: Execution) -> Fate:
    if not isinstance(row, dict):
        return Fate.SHOWN
    told = typename(row)
    if not test.is_certain and told != test.type:
        if told is not None:
            return Fate.SHOWN
        is_fault = execution.faults.explains(row, "__typename")
        return Fate.UNKNOWN if is_fault else Fate.HIDDEN
    values = {name: row[key] for name, key in test.columns if key in row}
    if execution.request.row_tests[test.type](values):
        return Fate.SHOWN
    failed = any(execution.faults.explains(row, key) for _, key in test.columns)
    return Fate.UNKNOWN if failed else Fate.HIDDEN


def _drop_items(
    rows: list[Any], slot: Slot, test: RowTest, execution: Execution, dropped: Dropped
) -> None:
    fates = [_fate(row, test, execution) for row in rows]
    if any(row is None and execution.faults.explains(rows, at) for at, row in enumerate(rows)):
        # A row that failed altogether tells its type and its columns no more.
        fates.append(Fate.UNKNOWN)
    if Fate.UNKNOWN in fates:
        _empty(slot, Fate.UNKNOWN, execution, dropped)
    elif Fate.HIDDEN in fates:
        dropped.rows += fates.count(Fate.HIDDEN)
        kept = [at for at, fate in enumerate(fates) if fate is Fate.SHOWN]
        moved = {at: new for new, at in enumerate(kept)}
        # Rows of several types can leave one list, each at its turn.
        known = dropped.indices.get(id(rows), {at: at for at in range(len(rows))})
        dropped.indices[id(rows)] = {at: moved[now] for at, now in known.items() if now in moved}
        dropped.hidden += [
            row for row, fate in zip(rows, fates, strict=True) if fate is Fate.HIDDEN
        ]
        execution.faults.move(rows, moved)
        rows[:] = [rows[at] for at in kept]


def _empty(slot: Slot, fate: Fate, execution: Execution, dropped: Dropped) -> None:
    container, key = slot
    dropped.kept_alive.append(container[key])
    if fate is Fate.HIDDEN:
        dropped.rows += 1
        dropped.hidden.append(container[key])
    dropped.nulls[id(container), key] = fate
    container[key] = None
    if fate is Fate.UNKNOWN:
        execution.faults.mark(container, key)


def mended(
    errors: list[ResponseError], execution: Execution, dropped: Dropped
) -> list[ResponseError]:
    """Errors of fetches without what they tell of rows that are not shown.

    Their paths count the rows that are shown; what concerns hidden rows only is left out, and what
    made rows untestable is told once, at the place that is null for it.
    """
    if not execution.plan.row_tests:
        return errors
    hidden = _objects_in(dropped.hidden) - _objects_in(execution.tree)
    kept = []
    for error in errors:
        concerned = execution.concerned.get(id(error), ())
        if concerned and all(id(each) in hidden for each in concerned):
            continue
        path = _mended_path(error.path or (), execution, dropped)
        if path is not None:
            kept.append(replace(error, path=path or None))
    return _each_once(kept)


def _objects_in(value: Any) -> frozenset[int]:
    """Identities of all objects at any depth."""
    found: set[int] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict) and id(each) not in found:
            found.add(id(each))
            waiting += each.values()
    return frozenset(found)


def _mended_path(path: Path, execution: Execution, dropped: Dropped) -> Path | None:
    value: Any = execution.tree
    outputs: tuple[OutputField, ...] = execution.plan.output
    mended: list[str | int] = []
    for step in path:
        if isinstance(step, int):
            if value is None:
                # Of a list that failed as a whole no index may be told: hidden rows count in it.
                return tuple(mended)
            at = (
                dropped.indices.get(id(value), {}).get(step)
                if id(value) in dropped.indices
                else step
            )
            if at is None:
                return None
            key: str | int = at
            mended.append(at)
        else:
            matching = [each for each in outputs if each.key == step and _is_met(each, value)]
            key = matching[0].source if matching else step
            outputs = tuple(inner for each in matching for inner in each.fields)
            mended.append(step)
        fate = dropped.nulls.get((id(value), key))
        if fate is not None:
            return None if fate is Fate.HIDDEN else tuple(mended)
        value = _held(value, key)
    return tuple(mended)


def _is_met(output: OutputField, value: Any) -> bool:
    told = typename(value) if isinstance(value, dict) else None
    return output.types is None or told is None or told in output.types


def _held(value: Any, key: str | int) -> Any:
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _each_once(errors: list[ResponseError]) -> list[ResponseError]:
    found: list[ResponseError] = []
    for error in errors:
        if error not in found:
            found.append(error)
    return found

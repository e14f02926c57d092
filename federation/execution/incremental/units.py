"""Units: what was left out of a part of the response, and is shaped when its fetches have ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import GraphQLSchema

from federation.errors import Refusal, ResponseError
from federation.execution.execution import Execution
from federation.execution.model import ExecutionRequest
from federation.execution.places import Path
from federation.execution.selected import Entry, Groups, Place, TypeRef
from federation.execution.shape import TOLD, Shaping
from federation.planning.plan import OperationPlan
from federation.selection import Condition

NO_GROUP: Groups = frozenset()


@dataclass(slots=True)
class Shape:
    """What a unit gives.

    Attributes:
        value: Fields or items; None where null propagated out of a unit of fields.
        is_whole: Items may end before their time, at one that may not be null.
        errors: About values, and refusals met for the first time.
        found: Units within.
    """

    value: Any
    is_whole: bool
    errors: list[ResponseError]
    found: list[Unit]


@dataclass(slots=True, eq=False)
class FieldsUnit:
    """Fields of one object that the same deferred fragments ask for.

    Attributes:
        groups: Those fragments, as alternatives.
        streams: Lists, by number, among whose later items the object is.
        shape: As soon as it was shaped.
    """

    path: Path
    value: dict[str, Any]
    runtime: str
    entries: list[Entry]
    groups: Groups
    streams: frozenset[int]
    shape: Shape | None = None
    is_delivered: bool = False

    def covers(self, path: Path) -> bool:
        """Whether a response path leads into it."""
        at = len(self.path)
        return (
            len(path) > at
            and path[:at] == self.path
            and any(entry.key == path[at] for entry in self.entries)
        )


@dataclass(slots=True, eq=False)
class ItemsUnit:
    """The later items of a streamed list.

    Attributes:
        path: Of the list.
        field: Runtime type of the object around, and the field.
        start: Index of the first of the items.
        groups: With which the list itself was delivered.
        streams: Lists, by number, among whose later items these are, their own included.
    """

    path: Path
    value: list[Any]
    item_type: TypeRef
    field: tuple[str, Entry]
    start: int
    condition: Condition
    groups: Groups
    streams: frozenset[int]
    is_delivered: bool = False

    def covers(self, path: Path) -> bool:
        """Whether a response path leads into it."""
        at = len(self.path)
        if len(path) <= at or path[:at] != self.path:
            return False
        index = path[at]
        return isinstance(index, int) and index >= self.start


Unit: TypeAlias = FieldsUnit | ItemsUnit


@dataclass(slots=True)
class _Context:
    """With what, and within which later items, values are delivered that are shaped now."""

    groups: Groups = NO_GROUP
    streams: frozenset[int] = frozenset()
    found: list[Unit] = field(default_factory=list)


class UnitShaping(Shaping):
    """Completes the values of one unit at a time; what does not belong to it becomes units.

    Attributes:
        told: Refusals whose error was given.
    """

    def __init__(
        self,
        plan: OperationPlan,
        request: ExecutionRequest,
        schema: GraphQLSchema,
        execution: Execution,
    ) -> None:
        super().__init__(plan, request, schema, execution)
        self.told: set[int] = set()
        self._at = _Context()

    def first(self) -> Shape:
        """The first part of the response."""
        data = self.root()
        return self._shape(data, is_whole=data is not None)

    def fields_of(self, unit: FieldsUnit) -> Shape:
        """The fields of a unit."""
        self._enter(unit)
        self._path = list(unit.path)
        data = self.entries(unit.value, unit.runtime, unit.entries)
        return self._shape(None if data is TOLD else data, is_whole=data is not TOLD)

    def items_of(self, unit: ItemsUnit) -> Shape:
        """The items of a unit, up to one that is null and may not be."""
        self._enter(unit)
        self._path = list(unit.path)
        items: list[Any] = []
        is_whole = True
        for at in range(unit.start, len(unit.value)):
            item = self._items(unit.value, range(at, at + 1), unit.item_type, unit.field)
            if item is TOLD:
                is_whole = False
                break
            items += item
        return self._shape(items, is_whole=is_whole)

    def fields(self, value: dict[str, Any], runtime: str, place: Place) -> Any:
        """The object's response keys that belong here; the others are left for later."""
        now: list[Entry] = []
        later: dict[Groups, list[Entry]] = {}
        for entry in place.entries(runtime):
            if entry.groups == self._at.groups:
                now.append(entry)
            else:
                later.setdefault(entry.groups, []).append(entry)
        result = self.entries(value, runtime, now)
        if result is not TOLD:
            path, streams = tuple(self._path), self._at.streams
            self._at.found += [
                FieldsUnit(path, value, runtime, entries, groups, streams)
                for groups, entries in later.items()
            ]
        return result

    def _enter(self, unit: Unit) -> None:
        self._at = _Context(unit.groups, unit.streams)

    def _shape(self, value: Any, *, is_whole: bool) -> Shape:
        errors, self.errors = self.errors, []
        return Shape(value, is_whole, errors, self._at.found if is_whole or value else [])

    def _field(self, value: dict[str, Any], runtime: str, entry: Entry) -> Any:
        if entry.refusal is not None:
            self._tell_refusal(entry.refusal)
        return super()._field(value, runtime, entry)

    def _tell_refusal(self, refusal: Refusal) -> None:
        if id(refusal) not in self.told:
            self.told.add(id(refusal))
            self.errors.append(refusal.error)

    def _complete(
        self, value: Any, type_ref: TypeRef, slot: tuple[Any, str | int], field: tuple[str, Entry]
    ) -> Any:
        before = len(self._at.found)
        completed = super()._complete(value, type_ref, slot, field)
        if completed is TOLD:
            del self._at.found[before:]
        return completed

    def _list(self, value: Any, item_type: TypeRef, field: tuple[str, Entry]) -> Any:
        entry = field[1]
        if entry.stream is None or item_type is not entry.type.item or not isinstance(value, list):
            return super()._list(value, item_type, field)
        count = initial_count(entry.stream.initial_count, self._request.variables)
        if count >= len(value):
            return super()._list(value, item_type, field)
        items = self._items(value, range(count), item_type, field)
        if items is not TOLD:
            condition = entry.stream.condition
            unit = ItemsUnit(
                tuple(self._path),
                value,
                item_type,
                field,
                count,
                condition,
                self._at.groups,
                self._at.streams | {condition.deferral.number},
            )
            self._at.found.append(unit)
        return items


def initial_count(text: str, variables: Mapping[str, Any]) -> int:
    """How many items of a streamed list come at once."""
    value = variables.get(text[1:], 0) if text.startswith("$") else int(text)
    return max(0, value or 0)

"""The tree of merged answers: finding objects in it, and merging answers into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from federation.execution.model import holds
from federation.planning.plan import ResponsePath
from federation.selection import Field, SelectionSet

Object: TypeAlias = dict[str, Any]
Located: TypeAlias = tuple[Object, tuple[int, ...]]
"""An object of the tree and the list indices on the way to it."""


class Faults:
    """Places of the tree whose null is explained by an error that is already told.

    A place is a container (object or list of the tree) and the key or index in it. Containers are
    known by identity; one that leaves the tree is kept until its end, so that identities stay good.
    """

    def __init__(self) -> None:
        self._places: set[tuple[int, str | int]] = set()

    def mark(self, container: Any, key: str | int) -> None:
        """Note that the value there is missing because of a reported error."""
        self._places.add((id(container), key))

    def move(self, container: Any, kept: Mapping[int, int]) -> None:
        """Follow the items that a list keeps to their new indices; the others are forgotten."""
        identity = id(container)
        marked = {place for place in self._places if place[0] == identity}
        self._places -= marked
        self._places |= {(identity, new) for old, new in kept.items() if (identity, old) in marked}

    def __bool__(self) -> bool:
        return bool(self._places)

    def explains(self, container: Any, key: str | int) -> bool:
        """Whether a null there is explained."""
        return (id(container), key) in self._places


def collect(root: Object, path: ResponsePath) -> list[Located]:
    """The objects that a path leads to, in the order of the response; other values are left out."""
    found: list[tuple[Any, tuple[int, ...]]] = [(root, ())]
    for step in path:
        found = _step(found, step)
    return [each for each in found if isinstance(each[0], dict)]


def _step(found: list[tuple[Any, tuple[int, ...]]], step: str) -> list[tuple[Any, tuple[int, ...]]]:
    if step == "@":
        return [
            (item, (*indices, at))
            for value, indices in found
            if isinstance(value, list)
            for at, item in enumerate(value)
        ]
    types = types_of(step)
    if types is None:
        return [(value.get(step), indices) for value, indices in found if isinstance(value, dict)]
    return [each for each in found if isinstance(each[0], dict) and typename(each[0]) in types]


def typename(value: Object) -> str | None:
    """The runtime type that an object tells, None if it tells none or no name."""
    found = value.get("__typename")
    return found if isinstance(found, str) else None


def types_of(step: str) -> frozenset[str] | None:
    """Type names of a path step that narrows, None for any other step."""
    return frozenset(step[1:].split("|")) if step.startswith("|") else None


def merge(target: Object, answer: Object) -> bool:
    """Merge an answer into an object of the tree, objects key by key and lists index by index.

    What is there stays: a runtime type, above all, once told is never replaced (an interface object
    would give its own). Only null gives way.

    Returns:
        False when some value did not fit the shape of what is there, and was left out.
    """
    fits = True
    for key, value in answer.items():
        known = target.get(key)
        if known is None:
            target[key] = value
        else:
            fits &= _merge_value(known, value)
    return fits


def _merge_value(known: Any, value: Any) -> bool:
    if value is None or known is value:
        return True
    if isinstance(known, dict) and isinstance(value, dict):
        return merge(known, value)
    if isinstance(known, list) and isinstance(value, list):
        return _merge_lists(known, value)
    return not isinstance(known, dict | list) and not isinstance(value, dict | list)


def _merge_lists(known: list[Any], values: list[Any]) -> bool:
    # Lists of different lengths cannot be told to hold the same items in the same places.
    if len(known) != len(values):
        return False
    fits = True
    for at, value in enumerate(values):
        if known[at] is None:
            known[at] = value
        else:
            fits &= _merge_value(known[at], value)
    return fits


def copied(value: Any) -> Any:
    """A copy of a JSON value, at every depth."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    if isinstance(value, list):
        return [copied(each) for each in value]
    return value


class Asked:
    """What a selection set surely asks for, told apart by runtime type on demand.

    Not surely asked for is what stands under a type that the object does not tell to be its own.
    """

    def __init__(self, selections: SelectionSet, variables: Mapping[str, Any]) -> None:
        self._selections = selections
        self._variables = variables
        self._by_type: dict[str | None, _Keys] = {}

    def is_in(self, value: Any) -> bool:
        """Whether an answer has every key that was surely asked for, at every depth."""
        if isinstance(value, list):
            return all(map(self.is_in, value))
        if not isinstance(value, dict):
            return True
        runtime = typename(value)
        if runtime not in self._by_type:
            self._by_type[runtime] = self._keys(runtime)
        keys, inner = self._by_type[runtime]
        return keys <= value.keys() and all(each.is_in(value[key]) for key, each in inner)

    def _keys(self, runtime: str | None) -> _Keys:
        fields = list(self._fields(self._selections, runtime))
        inner = [
            (each.response_key, Asked(each.selections, self._variables))
            for each in fields
            if each.selections
        ]
        return frozenset(each.response_key for each in fields), inner

    def _fields(self, selections: SelectionSet, runtime: str | None) -> Iterator[Field]:
        for each in selections:
            if each.conditions and not holds((each.conditions,), self._variables):
                continue
            if isinstance(each, Field):
                yield each
            elif each.type_condition in (None, runtime):
                yield from self._fields(each.selections, runtime)


_Keys: TypeAlias = tuple[frozenset[str], list[tuple[str, Asked]]]
"""The response keys of an object, and what is asked of the values under some of them."""


def has_objects(selections: SelectionSet) -> bool:
    """Whether some field of a selection set, fragments opened, has fields of its own."""
    return any(
        bool(each.selections) if isinstance(each, Field) else has_objects(each.selections)
        for each in selections
    )


def tree_keys(selections: SelectionSet) -> Iterator[str]:
    """Keys under which the answer to a selection set stands, fragments opened."""
    for selection in selections:
        if isinstance(selection, Field):
            yield selection.response_key
        else:
            yield from tree_keys(selection.selections)

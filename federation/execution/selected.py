"""What is selected of an object of one runtime type, in the order of the response."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from graphql import GraphQLSchema, is_abstract_type, is_composite_type
from msgspec import Struct

from federation.errors import Refusal
from federation.execution.leaves import SOUND, Complete, JsonType, completion_of
from federation.execution.model import ExecutionRequest, Mask, active, holds, minimal
from federation.operation.introspection import INTROSPECTION_FIELDS
from federation.operation.normalise import EMPTY
from federation.planning.plan import Deferrals, OutputField
from federation.selection import Stream, deferrals_of


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type text taken apart.

    Attributes:
        name: The named type inside all lists.
        item: Of a list, the type of its items.
    """

    name: str
    non_null: bool
    item: TypeRef | None = None


@lru_cache(maxsize=4096)
def read_type(text: str) -> TypeRef:
    """The type that a text such as ``[Citizen!]!`` says."""
    inner = text.removesuffix("!")
    if not inner.startswith("["):
        return TypeRef(inner, inner != text)
    item = read_type(inner[1:-1])
    return TypeRef(item.name, inner != text, item)


Groups: TypeAlias = frozenset[frozenset[int]]


class Entry(Struct, frozen=True):
    """One response key of an object.

    Attributes:
        refusal: Why the place is null, whatever the tree holds.
        inner: What is selected of the value; None for leaves.
        complete: For leaves, from JSON value to response value.
        plain: The same where nothing else decides about the value; None where something does.
        sound: Where ``plain`` is, the type of which it leaves every value as it is, if any; of
            integers those of 32 bits.
        least: Of a count, the smallest that is shown.
        groups: The deferrals with which it is delivered, as alternative sets of their numbers;
            empty when the first part of the response holds it.
        stream: How the items of a list are delivered, unless all at once.
        told: Of introspection, under what the parts of its value are found.
    """

    key: str
    source: str
    name: str
    type: TypeRef
    refusal: Refusal | None = None
    inner: Place | None = None
    complete: Complete | None = None
    plain: Complete | None = None
    sound: JsonType | None = None
    mask: Mask | None = None
    least: int = 0
    groups: Groups = frozenset()
    stream: Stream | None = None
    told: tuple[str, ...] = ()


_NOTHING = (EMPTY.alias, EMPTY.name)

_Refusals: TypeAlias = Mapping[tuple[str, ...], list[Refusal]]
"""Refusals of what these variables ask for, by the path of the object around."""


class Place:
    """An object position of the response: its selections, told apart by runtime type on demand.

    Attributes:
        certain: The object type of whatever stands here; None where only the object can tell.
        needs_type: Whether what is selected depends on the runtime type, or is the type.
    """

    def __init__(
        self,
        keys: tuple[str, ...],
        fields: tuple[OutputField, ...],
        request: ExecutionRequest,
        schema: GraphQLSchema,
        refusals: _Refusals | None = None,
        certain: str | None = None,
    ) -> None:
        self.certain = certain
        self._keys = keys
        self._refusals = _by_place(request) if refusals is None else refusals
        self._fields = [each for each in fields if holds(each.conditions, request.variables)]
        self._request = request
        self._schema = schema
        self._by_type: dict[str, tuple[Entry, ...]] = {}
        self.needs_type = any(
            field.types is not None or (field.name == "__typename" and field.key != EMPTY.alias)
            for field in self._fields
        )

    def entries(self, runtime: str) -> tuple[Entry, ...]:
        """The response keys of an object of a runtime type.

        Of an abstract type where the runtime type is not known, since nothing selected depends on
        it: then a mask or a refusal on any possible type holds.
        """
        known = self._by_type.get(runtime)
        if known is None:
            known = tuple(self._entries(runtime))
            self._by_type[runtime] = known
        return known

    def _entries(self, runtime: str) -> Iterator[Entry]:
        types = self._possible(runtime)
        by_key: dict[str, list[OutputField]] = {}
        for field in self._fields:
            if _applies(field.types, types) and (field.key, field.name) != _NOTHING:
                by_key.setdefault(field.key, []).append(field)
        refused = {
            each.path[-1]: each
            for each in self._refusals.get(self._keys, ())
            if _applies(each.types, types)
        }
        for key in _in_order(by_key, refused):
            refusal = refused.get(key)
            if refusal is None:
                yield self._entry(key, by_key[key], types)
            else:
                type_ref = read_type(refusal.type)
                groups = self._groups([deferrals_of(each) for each in refusal.conditions])
                yield Entry(key, key, key, type_ref, refusal=refusal, groups=groups)

    def _possible(self, type_name: str) -> frozenset[str]:
        named = self._schema.type_map[type_name]
        if not is_abstract_type(named):
            return frozenset((type_name,))
        return frozenset(each.name for each in self._schema.get_possible_types(named))

    def _entry(self, key: str, fields: list[OutputField], types: frozenset[str]) -> Entry:
        first = fields[0]
        type_ref = read_type(first.type)
        groups = self._groups([field.deferrals for field in fields])
        if first.name in INTROSPECTION_FIELDS:
            told = tuple(dict.fromkeys(field.source for field in fields))
            return Entry(key, first.source, first.name, type_ref, groups=groups, told=told)
        # A value with fields is never passed on as a whole, not even when none of them is selected.
        named = self._schema.type_map.get(type_ref.name)
        if is_composite_type(named):
            below = tuple(inner for field in fields for inner in field.fields)
            certain = None if is_abstract_type(named) else type_ref.name
            inner = Place(
                (*self._keys, key), below, self._request, self._schema, self._refusals, certain
            )
            return Entry(
                key,
                first.source,
                first.name,
                type_ref,
                inner=inner,
                groups=groups,
                stream=self._stream(first),
            )
        complete = completion_of(type_ref.name, self._schema)
        mask, least = self._withheld(first.name, types)
        is_plain = not (type_ref.item or mask or least or first.name == "__typename")
        return Entry(
            key,
            first.source,
            first.name,
            type_ref,
            complete=complete,
            plain=complete if is_plain else None,
            sound=SOUND.get(type_ref.name) if is_plain else None,
            mask=mask,
            least=least,
            groups=groups,
            stream=self._stream(first),
        )

    def _groups(self, alternatives: list[Deferrals]) -> Groups:
        if () in alternatives:
            return frozenset()
        groups = minimal(active(each, self._request.variables) for each in alternatives)
        return groups - {frozenset()}

    def _stream(self, field: OutputField) -> Stream | None:
        if field.stream is None or not active((field.stream.condition,), self._request.variables):
            return None
        return field.stream

    def _withheld(self, name: str, types: frozenset[str]) -> tuple[Mask | None, int]:
        """How values of a leaf are masked, and the smallest count that is shown."""
        if not self._request.masks and not self._request.small_counts:
            return None, 0
        coordinates = {(each, name) for each in types}
        return self._mask(coordinates), self._least(coordinates)

    def _least(self, coordinates: set[tuple[str, str]]) -> int:
        is_small = not coordinates.isdisjoint(self._request.small_counts)
        return self._request.smallest_count if is_small else 0

    def _mask(self, coordinates: set[tuple[str, str]]) -> Mask | None:
        known = self._request.masks
        masked = [each for each in coordinates if each in known]
        # Which of several masks is meant only the type could tell.
        return _to_null if len(masked) > 1 else known[masked[0]] if masked else None


def _by_place(request: ExecutionRequest) -> _Refusals:
    found: dict[tuple[str, ...], list[Refusal]] = {}
    for each in request.refusals:
        if holds(each.conditions, request.variables):
            found.setdefault(each.path[:-1], []).append(each)
    return found


def _in_order(selected: Iterable[str], refused: Mapping[str, Refusal]) -> list[str]:
    """Response keys as they stood before anything was taken out."""
    keys = [key for key in selected if key not in refused]
    for key, refusal in refused.items():
        places = {each: at for at, each in enumerate(keys)}
        earlier = (places[each] for each in refusal.after if each in places)
        keys.insert(1 + max(earlier, default=-1), key)
    return keys


def _applies(selected_for: frozenset[str] | None, types: frozenset[str]) -> bool:
    return selected_for is None or bool(selected_for & types)


def _to_null(_value: object) -> None:
    return None

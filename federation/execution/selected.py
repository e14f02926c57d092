"""What is selected of an object of one runtime type, in the order of the response."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from graphql import GraphQLSchema, is_composite_type

from federation.errors import Refusal
from federation.execution.leaves import Complete, completion_of
from federation.execution.model import ExecutionRequest, Mask, holds
from federation.operation.normalise import EMPTY
from federation.planning.plan import OutputField


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One response key of an object.

    Attributes:
        is_refused: The place is null, whatever the tree holds.
        inner: What is selected of the value; None for leaves.
        complete: For leaves, from JSON value to response value.
    """

    key: str
    source: str
    name: str
    type: TypeRef
    is_refused: bool = False
    inner: Place | None = None
    complete: Complete | None = None
    mask: Mask | None = None


class Place:
    """An object position of the response: its selections, told apart by runtime type on demand.

    Attributes:
        needs_type: Whether what is shown depends on an object's runtime type, through a selection,
            a mask or a refusal for some types only.
    """

    def __init__(
        self,
        keys: tuple[str, ...],
        fields: tuple[OutputField, ...],
        request: ExecutionRequest,
        schema: GraphQLSchema,
    ) -> None:
        self._keys = keys
        self._fields = fields
        self._request = request
        self._schema = schema
        self._by_type: dict[str, tuple[Entry, ...]] = {}
        masked = {name for _, name in request.masks}
        self.needs_type = any(
            field.types is not None or field.name == "__typename" or field.name in masked
            for field in fields
        ) or any(each.types is not None for each in request.refusals if each.path[:-1] == keys)

    def entries(self, runtime: str) -> tuple[Entry, ...]:
        """The response keys of an object of a runtime type."""
        known = self._by_type.get(runtime)
        if known is None:
            known = tuple(self._entries(runtime))
            self._by_type[runtime] = known
        return known

    def _entries(self, runtime: str) -> Iterator[Entry]:
        by_key: dict[str, list[OutputField]] = {}
        for field in self._fields:
            if _applies(field.types, runtime) and holds(field.conditions, self._request.variables):
                by_key.setdefault(field.key, []).append(field)
        by_key.pop(str(EMPTY.alias), None)
        refused = {each.path[-1]: each for each in self._refusals(runtime)}
        for key, fields in by_key.items():
            if key not in refused:
                yield self._entry(key, fields, runtime)
        for key, refusal in refused.items():
            yield Entry(key, key, key, read_type(refusal.type), is_refused=True)

    def _refusals(self, runtime: str) -> Iterator[Refusal]:
        for refusal in self._request.refusals:
            if (
                refusal.path[:-1] == self._keys
                and _applies(refusal.types, runtime)
                and holds(refusal.conditions, self._request.variables)
            ):
                yield refusal

    def _entry(self, key: str, fields: list[OutputField], runtime: str) -> Entry:
        first = fields[0]
        type_ref = read_type(first.type)
        # A value with fields is never passed on as a whole, not even when none of them is selected.
        if is_composite_type(self._schema.type_map.get(type_ref.name)):
            below = tuple(inner for field in fields for inner in field.fields)
            inner = Place((*self._keys, key), below, self._request, self._schema)
            return Entry(key, first.source, first.name, type_ref, inner=inner)
        return Entry(
            key,
            first.source,
            first.name,
            type_ref,
            complete=completion_of(type_ref.name, self._schema),
            mask=self._request.masks.get((runtime, first.name)),
        )


def _applies(types: frozenset[str] | None, runtime: str) -> bool:
    return types is None or runtime in types

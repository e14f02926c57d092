"""From the tree to the response: types, nulls, masks and refusals.

Source: GraphQL specification, "Value Completion" and "Handling Execution Errors".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import takewhile
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, is_abstract_type

from federation.errors import ResponseError
from federation.execution.execution import Execution
from federation.execution.leaves import HIDDEN, INVALID
from federation.execution.model import ExecutionRequest, holds
from federation.execution.selected import Entry, Place, TypeRef
from federation.operation.introspection import INTROSPECTION_FIELDS
from federation.planning.plan import OperationPlan

NULL_VALUE = "NULL_VALUE"
INVALID_VALUE = "INVALID_VALUE"
COUNT_TOO_SMALL = "count_too_small"

TOLD = object()
"""A null that an error already explains; it propagates without a further one."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """Data and errors of a response.

    Attributes:
        data: None when null propagated to the root.
        refused: Errors of the refusals whose selections these variables ask for.
        errors: About values.
        masked: How many values were masked.
    """

    data: dict[str, Any] | None
    refused: tuple[ResponseError, ...]
    errors: tuple[ResponseError, ...]
    masked: int = 0


def shape(
    plan: OperationPlan, request: ExecutionRequest, schema: GraphQLSchema, execution: Execution
) -> Shaped:
    """The response that the tree of an ended execution gives."""
    shaping = Shaping(plan, request, schema, execution)
    data = shaping.root()
    return Shaped(
        data=data,
        refused=tuple(
            refusal.error
            for refusal in request.refusals
            if holds(refusal.conditions, request.variables)
        ),
        errors=tuple(shaping.errors),
        masked=shaping.masked,
    )


class Shaping:
    """Completes values. The path to the current one is kept aside, to be copied for errors only."""

    def __init__(
        self,
        plan: OperationPlan,
        request: ExecutionRequest,
        schema: GraphQLSchema,
        execution: Execution,
    ) -> None:
        self.errors: list[ResponseError] = []
        self.masked = 0
        self._path: list[str | int] = []
        self._plan = plan
        self._tree = execution.tree
        self._request = request
        self._schema = schema
        self._faults = execution.faults
        self._roots = {root.name for root in _root_types(schema)} | {plan.root_type}

    def root(self) -> dict[str, Any] | None:
        """The root object's fields; None if null propagated there."""
        place = Place((), self._plan.output, self._request, self._schema)
        data = self.fields(self._tree, self._plan.root_type, place)
        return None if data is TOLD else data

    def fields(self, value: dict[str, Any], runtime: str, place: Place) -> Any:
        """The object's response keys in order; TOLD if one is null that may not be."""
        return self.entries(value, runtime, place.entries(runtime))

    def entries(self, value: dict[str, Any], runtime: str, entries: Iterable[Entry]) -> Any:
        """Some of the object's response keys, in the given order."""
        result: dict[str, Any] = {}
        for entry in entries:
            # Only what is not right at once may need an error, and that its path.
            held: Any = value.get(entry.source)
            sound = entry.sound
            if type(held) is sound and (sound is not int or -(2**31) <= held < 2**31):
                result[entry.key] = held
                continue
            if entry.plain is not None:
                completed = entry.plain(held)
                if completed is not None and completed is not INVALID and completed is not HIDDEN:
                    result[entry.key] = completed
                    continue
            self._path.append(entry.key)
            if entry.inner is not None:
                slot = (value, entry.source)
                completed = self._complete(held, entry.type, slot, (runtime, entry))
            else:
                completed = self._field(value, runtime, entry)
            self._path.pop()
            if completed is TOLD:
                if entry.type.non_null:
                    return TOLD
                completed = None
            result[entry.key] = completed
        return result

    def _field(self, value: dict[str, Any], runtime: str, entry: Entry) -> Any:
        if entry.refusal is not None:
            return TOLD
        if entry.name == "__typename":
            return runtime
        if entry.name in INTROSPECTION_FIELDS:
            told = self._request.introspection
            return reduce(_together, (told.get(each) for each in entry.told))
        slot = (value, entry.source)
        return self._complete(value.get(entry.source), entry.type, slot, (runtime, entry))

    def _complete(
        self, value: Any, type_ref: TypeRef, slot: tuple[Any, str | int], field: tuple[str, Entry]
    ) -> Any:
        """The value as its type wants it; null of a non-null type only as TOLD.

        ``slot`` is the container in the tree and the key of the value there; ``field`` the runtime
        type of the object around, and the field.
        """
        if value is None:
            completed = None
        elif type_ref.item is not None:
            completed = self._list(value, type_ref.item, field)
        elif field[1].inner is not None:
            completed = self._object(value, type_ref, field)
        else:
            completed = self._leaf(value, field)
        if completed is not None or not type_ref.non_null:
            return completed
        if not self._faults.explains(*slot):
            self._tell(NULL_VALUE, "is null where it may not be", field)
        return TOLD

    def _list(self, value: Any, item_type: TypeRef, field: tuple[str, Entry]) -> Any:
        if not isinstance(value, list):
            return self._tell(INVALID_VALUE, "is no list", field)
        return self._items(value, range(len(value)), item_type, field)

    def _items(
        self, value: list[Any], some: range, item_type: TypeRef, field: tuple[str, Entry]
    ) -> Any:
        items: list[Any] = []
        path = self._path
        path.append(0)
        for at in some:
            path[-1] = at
            completed = self._complete(value[at], item_type, (value, at), field)
            if completed is TOLD:
                if item_type.non_null:
                    path.pop()
                    return TOLD
                completed = None
            items.append(completed)
        path.pop()
        return items

    def _object(self, value: Any, type_ref: TypeRef, field: tuple[str, Entry]) -> Any:
        if not isinstance(value, dict):
            return self._tell(INVALID_VALUE, "is no object", field)
        inner = field[1].inner
        assert inner is not None, "objects have selections"
        runtime, found = inner.certain, value.get("__typename")
        if runtime is None or (found is not None and found != runtime):
            runtime = self._runtime_type(value, type_ref.name)
        if runtime is not None:
            return self.fields(value, runtime, inner)
        if found is not None:
            return self._tell(INVALID_VALUE, "is an object of another type", field)
        if not inner.needs_type:
            # An interface object: its subgraph cannot tell the type, and nothing depends on it.
            return self.fields(value, type_ref.name, inner)
        # An entity that its owner does not know has no type: null, and no fault of anyone.
        return TOLD if self._faults.explains(value, "__typename") else None

    def _runtime_type(self, value: dict[str, Any], declared: str) -> str | None:
        """The object's type if the API schema allows it where ``declared`` stands."""
        named = self._schema.type_map.get(declared)
        found = value.get("__typename")
        if isinstance(named, GraphQLObjectType):
            # Subgraphs may call their root types what they like.
            matches = found is None or found == declared or declared in self._roots
            return declared if matches else None
        actual = self._schema.type_map.get(found) if isinstance(found, str) else None
        if is_abstract_type(named) and isinstance(actual, GraphQLObjectType):
            return actual.name if self._schema.is_sub_type(named, actual) else None
        return None

    def _leaf(self, value: Any, field: tuple[str, Entry]) -> Any:
        entry = field[1]
        assert entry.complete is not None, "what has no selections is a leaf"
        completed = entry.complete(value)
        if completed is HIDDEN:
            return None
        if entry.least and isinstance(completed, int) and completed < entry.least:
            return self._withhold(field)
        if entry.mask is not None and completed is not INVALID:
            completed = _masked(completed, entry)
            self.masked += 1
        if completed is INVALID:
            return self._tell(INVALID_VALUE, f"is no valid {entry.type.name}", field)
        return completed

    def _withhold(self, field: tuple[str, Entry]) -> object:
        """Note that a count is too small to be shown: once, whatever the number of such counts."""
        coordinate = f"{field[0]}.{field[1].name}"
        names = takewhile(lambda step: isinstance(step, str), self._path)
        link = self._request.request_link(coordinate, "select")
        withheld = ResponseError(
            f"{coordinate} may not be read: {COUNT_TOO_SMALL}",
            tuple(names),
            (),
            {
                "code": "ACCESS_DENIED",
                "coordinate": coordinate,
                "reasons": [COUNT_TOO_SMALL],
                "rule": "gateway",
                **({"requestAccess": link} if link else {}),
            },
        )
        if withheld not in self.errors:
            self.errors.append(withheld)
        return TOLD

    def _tell(self, code: str, fault: str, field: tuple[str, Entry]) -> object:
        """Note an error at the current path; values stay out of it."""
        runtime, entry = field
        self.errors.append(
            ResponseError(
                f"The value of {runtime}.{entry.name} {fault}.",
                tuple(self._path),
                (),
                {"code": code},
            )
        )
        return TOLD


def _masked(value: Any, entry: Entry) -> Any:
    assert entry.mask is not None, "asked for masked fields only"
    assert entry.complete is not None, "masks are for leaves"
    try:
        masked = entry.mask(value)
    except Exception:  # noqa: BLE001 - whatever fails in a mask, the value may not be shown
        return INVALID
    completed = None if masked is None else entry.complete(masked)
    return INVALID if completed is HIDDEN else completed


def _together(one: Any, other: Any) -> Any:
    """Two selections from one value of the schema as one."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = {key: _together(value, other.get(key, value)) for key, value in one.items()}
        return {**both, **{key: value for key, value in other.items() if key not in one}}
    if isinstance(one, list) and isinstance(other, list):
        return [_together(*pair) for pair in zip(one, other, strict=True)]
    return one


def _root_types(schema: GraphQLSchema) -> list[Any]:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    return [root for root in roots if root is not None]

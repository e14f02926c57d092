"""Representations: what a subgraph is told of the entities it is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from federation.execution.tree import (
    Faults,
    Located,
    Object,
    collect,
    tree_keys,
    typename,
    types_of,
)
from federation.planning.plan import EntityFetch, RepresentationField, ResponsePath

# Python holds 1, 1.0 and true equal; their JSON texts differ.
canonical = msgspec.json.Encoder(order="deterministic").encode
"""The text by which representations are told apart."""

MISSING = object()
"""In place of what an object of the tree does not have."""


@dataclass(slots=True)
class EntityCall:
    """One ``_entities`` call with its representations, duplicates removed.

    Attributes:
        objects: For each representation the objects of the tree that it stands for.
        context: Values of the variables that all of them share.
    """

    entity: EntityFetch
    representations: list[Object] = field(default_factory=list)
    objects: list[list[Located]] = field(default_factory=list)
    context: Mapping[str, Any] = field(default_factory=dict)


def entity_call(root: Object, entity: EntityFetch, faults: Faults) -> EntityCall:
    """Representations of the objects in the tree that an entity fetch concerns.

    Objects without all that a representation needs are passed over; where an error explains why it
    is missing, it explains as well what will not be fetched for them.
    """
    return _call(entity, collect(root, entity.path), faults)


def context_calls(root: Object, entity: EntityFetch, faults: Faults) -> list[EntityCall]:
    """The same with values from around the entities: one call for each combination of values.

    Objects without such a value are passed over like those without a part of the representation.
    """
    groups: dict[bytes, tuple[Object, list[Located]]] = {}
    for located in collect(root, entity.path):
        values = _values(root, entity, located, faults)
        if values is not None:
            groups.setdefault(canonical(values), (values, []))[1].append(located)
    calls = []
    for values, found in groups.values():
        call = _call(entity, found, faults)
        call.context = values
        calls.append(call)
    return calls


def _values(root: Object, entity: EntityFetch, located: Located, faults: Faults) -> Object | None:
    """The values that an entity takes from around it, None when one is missing."""
    values: Object = {}
    for each in entity.context:
        holder = _holder(root, entity.path[: each.depth], located[1])
        if faults and _rests_on_fault(holder, each.fields, faults):
            for key in tree_keys(entity.selections):
                faults.mark(located[0], key)
            return None
        found = read_fields(holder, each.fields)
        value = None if found is MISSING else _leaf(found)
        if found is MISSING or (value is None and each.type.endswith("!")):
            return None
        values[each.variable] = value
    return values


def _holder(root: Object, path: ResponsePath, indices: tuple[int, ...]) -> Object:
    """The object at the beginning of a way that is known to lead to an entity."""
    at: Any = root
    remaining = iter(indices)
    for step in path:
        if step == "@":
            at = at[next(remaining)]
        elif types_of(step) is None:
            at = at[step]
    holder: Object = at
    return holder


def _leaf(value: Any) -> Any:
    """What a selection of one leaf has read; null where no part of it fits the runtime type."""
    if isinstance(value, list):
        return [_leaf(item) for item in value]
    while isinstance(value, dict):
        value = next((_leaf(item) for key, item in value.items() if key != "__typename"), None)
    return value


def _call(entity: EntityFetch, found: list[Located], faults: Faults) -> EntityCall:
    call = EntityCall(entity)
    positions: dict[bytes, int] = {}
    for located in found:
        value = located[0]
        if entity.types is not None and typename(value) not in entity.types:
            continue
        representation = _represent(value, entity)
        if faults and _rests_on_fault(value, entity.representation, faults):
            for key in tree_keys(entity.selections):
                faults.mark(value, key)
            continue
        if representation is None:
            continue
        position = positions.setdefault(canonical(representation), len(call.representations))
        if position == len(call.representations):
            call.representations.append(representation)
            call.objects.append([])
        call.objects[position].append(located)
    return call


def _represent(value: Object, entity: EntityFetch) -> Object | None:
    told = entity.typename or typename(value)
    if told is None:
        return None
    fields = read_fields(value, entity.representation)
    return None if fields is MISSING else {"__typename": told, **fields}


def read_fields(value: Object, fields: tuple[RepresentationField, ...]) -> Any:
    """The fields of a representation by name, or MISSING."""
    result: Object = {}
    for each in fields:
        if each.types is not None and typename(value) not in each.types:
            continue
        found = _read(value.get(each.source, MISSING), each.fields)
        if found is MISSING:
            return MISSING
        result[each.name] = found
    return result


def _read(value: Any, fields: tuple[RepresentationField, ...]) -> Any:
    """The part of a value that a representation needs; an item that lacks a field spoils it all."""
    if not fields or value is None or value is MISSING:
        return value
    if isinstance(value, dict):
        return read_fields(value, fields)
    if not isinstance(value, list):
        return MISSING
    items = [_read(item, fields) for item in value]
    return MISSING if any(item is MISSING for item in items) else items


def _rests_on_fault(value: Any, fields: tuple[RepresentationField, ...], faults: Faults) -> bool:
    """Whether a null among what would be sent is no fact but the trace of an error."""
    if isinstance(value, list):
        return any(
            faults.explains(value, at) if item is None else _rests_on_fault(item, fields, faults)
            for at, item in enumerate(value)
        )
    if not isinstance(value, dict):
        return False
    return any(
        faults.explains(value, each.source)
        if value.get(each.source) is None
        else _rests_on_fault(value[each.source], each.fields, faults)
        for each in fields
        if each.types is None or typename(value) in each.types
    )

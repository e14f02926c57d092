"""Representations: what a subgraph is told of the entities it is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from federation.execution.tree import (
    Faults,
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


Found: TypeAlias = tuple[Object, tuple[int, ...], int]
"""An object of the tree, the list indices on the way to it, and by which of the paths it is."""


@dataclass(slots=True)
class EntityCall:
    """One ``_entities`` call with its representations, duplicates removed.

    Attributes:
        objects: For each representation the objects of the tree that it stands for.
        rest: Objects that lack a part of the representation.
        context: Values of the variables that all of them share.
    """

    entity: EntityFetch
    representations: list[Object] = field(default_factory=list)
    objects: list[list[Found]] = field(default_factory=list)
    rest: list[Found] = field(default_factory=list)
    context: Mapping[str, Any] = field(default_factory=dict)


Calls: TypeAlias = Mapping[str, tuple[str, EntityCall]]
"""The calls of one request: by response key, each with the name of its variable."""


def entity_call(root: Object, entity: EntityFetch, faults: Faults) -> EntityCall:
    """Representations of the objects in the tree that an entity fetch concerns.

    Objects without all that a representation needs are passed over; where an error explains why it
    is missing, it explains as well what will not be fetched for them.
    """
    return _call(entity, _find(root, entity), faults)


def rest_calls(call: EntityCall, faults: Faults) -> list[EntityCall]:
    """What can still be asked about the objects that a call had to pass over."""
    if not call.rest:
        return []
    calls = [_call(each, call.rest, faults) for each in call.entity.fallbacks]
    return [each for each in calls if each.representations]


def _find(root: Object, entity: EntityFetch) -> list[Found]:
    return [
        (value, indices, number)
        for number, path in enumerate(entity.paths)
        for value, indices in collect(root, path)
    ]


def context_calls(root: Object, entity: EntityFetch, faults: Faults) -> list[EntityCall]:
    """The same with values from around the entities: one call for each combination of values.

    Objects without such a value are passed over like those without a part of the representation.
    """
    groups: dict[bytes, tuple[Object, list[Found]]] = {}
    for each in _find(root, entity):
        values = _values(root, entity, each, faults)
        if values is not None:
            groups.setdefault(canonical(values), (values, []))[1].append(each)
    calls = []
    for values, found in groups.values():
        call = _call(entity, found, faults)
        call.context = values
        calls.append(call)
    return calls


def _values(root: Object, entity: EntityFetch, found: Found, faults: Faults) -> Object | None:
    """The values that an entity takes from around it, None when one is missing."""
    values: Object = {}
    target, indices, number = found
    for each in entity.context:
        holder = _holder(root, entity.paths[number][: each.depth], indices)
        if faults and _rests_on_fault(holder, each.fields, faults):
            for key in tree_keys(entity.selections):
                faults.mark(target, key)
            return None
        read = read_fields(holder, each.fields)
        value = None if read is MISSING else _leaf(read)
        if read is MISSING or (value is None and each.type.endswith("!")):
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


def _call(entity: EntityFetch, objects: list[Found], faults: Faults) -> EntityCall:
    call = EntityCall(entity)
    alike: dict[tuple[str, bytes], list[Found]] = {}
    has_faults = bool(faults)
    for found in objects:
        value = found[0]
        told = entity.typename or typename(value)
        if told is None or (entity.types is not None and typename(value) not in entity.types):
            continue
        if has_faults and _rests_on_fault(value, entity.representation, faults):
            for key in _lost_keys(entity):
                faults.mark(value, key)
            call.rest.append(found)
            continue
        fields = read_fields(value, entity.representation)
        if fields is MISSING:
            call.rest.append(found)
            continue
        identity = (told, canonical(fields))
        same = alike.get(identity)
        if same is None:
            same = alike[identity] = []
            call.representations.append({"__typename": told, **fields})
        same.append(found)
    call.objects += alike.values()
    return call


def _lost_keys(entity: EntityFetch) -> set[str]:
    """What an object does not get when it lacks a part of the representation."""
    others = {key for each in entity.fallbacks for key in tree_keys(each.selections)}
    return set(tree_keys(entity.selections)) - others


def read_fields(value: Object, fields: tuple[RepresentationField, ...]) -> Any:
    """The fields of a representation by name, or MISSING."""
    result: Object = {}
    for each in fields:
        if each.types is not None:
            name = typename(value)
            if name is None:
                return MISSING
            if name not in each.types:
                continue
        found = value.get(each.source, MISSING)
        if each.fields:
            found = read_value(found, each.fields)
        if found is MISSING:
            return MISSING
        result[each.name] = found
    return result


def read_value(value: Any, fields: tuple[RepresentationField, ...]) -> Any:
    """The part of a value that a representation needs; an item that lacks a field spoils it all."""
    if not fields or value is None or value is MISSING:
        return value
    if isinstance(value, dict):
        return read_fields(value, fields)
    if not isinstance(value, list):
        return MISSING
    items = [read_value(item, fields) for item in value]
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

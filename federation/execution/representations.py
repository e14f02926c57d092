"""Representations: what a subgraph is told of the entities it is asked about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from federation.execution.tree import Faults, Located, Object, collect, tree_keys, typename
from federation.planning.plan import EntityFetch, RepresentationField

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
    """

    entity: EntityFetch
    representations: list[Object] = field(default_factory=list)
    objects: list[list[Located]] = field(default_factory=list)


def entity_call(root: Object, entity: EntityFetch, faults: Faults) -> EntityCall:
    """Representations of the objects in the tree that an entity fetch concerns.

    Objects without all that a representation needs are passed over; where an error explains why it
    is missing, it explains as well what will not be fetched for them.
    """
    call = EntityCall(entity)
    positions: dict[bytes, int] = {}
    for located in collect(root, entity.path):
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

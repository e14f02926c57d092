"""Join 0.1: what its owner rules mean in the terms of later versions.

There a type with ``@join__owner`` is an entity whose unmarked fields belong to the owner, key
fields live in every subgraph with that key, and everything else is a value type of all subgraphs.

Source:
    Join specification 0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from federation.field_set import read_field_set
from federation.selection import Field as SelectedField
from federation.supergraph.model import (
    FieldDefinition,
    InterfaceType,
    JoinField,
    JoinType,
    ObjectType,
    TypeDefinition,
)


def complete_join_1(
    types: Mapping[str, TypeDefinition], owners: Mapping[str, str], graphs: tuple[str, ...]
) -> dict[str, TypeDefinition]:
    """The types with explicit joins.

    Args:
        types: As read, by name.
        owners: Type name to the subgraph of its ``@join__owner``.
        graphs: Names of all subgraphs.
    """
    completed: dict[str, TypeDefinition] = {}
    for name, definition in types.items():
        joins = definition.joins or tuple(JoinType(graph) for graph in graphs)
        if isinstance(definition, ObjectType | InterfaceType) and name in owners:
            fields = {
                field.name: _own(field, joins, owners[name]) for field in definition.fields.values()
            }
            completed[name] = replace(definition, fields=fields, joins=joins)
        else:
            completed[name] = replace(definition, joins=joins)
    return completed


def _own(field: FieldDefinition, joins: tuple[JoinType, ...], owner: str) -> FieldDefinition:
    found = {join.graph: join for join in field.joins} or {owner: JoinField(owner)}
    for join in joins:
        if join.key is not None and join.graph not in found and _names(join.key, field.name):
            found[join.graph] = JoinField(join.graph)
    return replace(field, joins=tuple(found.values()))


def _names(key: str, field: str) -> bool:
    return any(
        isinstance(selection, SelectedField) and selection.name == field
        for selection in read_field_set(key)
    )

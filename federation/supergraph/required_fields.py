"""Required fields that a supergraph forgets to call external.

Some composers drop ``external: true`` where every subgraph has the field, so that it looks as if
the subgraph that requires a field could resolve it. It cannot: federation lets only external
fields be required, fields of keys apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from federation.field_set import read_field_set
from federation.selection import Field
from federation.supergraph.model import InterfaceType, JoinField, ObjectType, TypeDefinition


def mark_required_fields(types: Mapping[str, TypeDefinition]) -> dict[str, TypeDefinition]:
    """The same types; fields without any ``@join__field`` that a subgraph requires, external there.

    Only for leaves required on their own type: deeper in a requirement, what is external may be
    any of the fields on the way.
    """
    return {
        name: _marked(each) if isinstance(each, ObjectType | InterfaceType) else each
        for name, each in types.items()
    }


def _marked(owner: ObjectType | InterfaceType) -> ObjectType | InterfaceType:
    lacking: dict[str, set[str]] = {}
    for graph, name in _required_leaves(owner):
        field = owner.fields.get(name)
        if field is not None and not field.joins and (graph, name) not in _key_fields(owner):
            lacking.setdefault(name, set()).add(graph)
    if not lacking:
        return owner
    graphs = tuple(dict.fromkeys(join.graph for join in owner.joins))
    fields = dict(owner.fields)
    for name, external in lacking.items():
        joins = tuple(JoinField(graph=graph, external=graph in external) for graph in graphs)
        fields[name] = replace(fields[name], joins=joins)
    return replace(owner, fields=fields)


def _required_leaves(owner: ObjectType | InterfaceType) -> Iterator[tuple[str, str]]:
    """Subgraph and name of each field that another field of the type requires there."""
    for field in owner.fields.values():
        for join in field.joins:
            if join.graph is not None and join.requires is not None:
                for selection in read_field_set(join.requires):
                    if isinstance(selection, Field) and not selection.selections:
                        yield join.graph, selection.name


def _key_fields(owner: ObjectType | InterfaceType) -> set[tuple[str, str]]:
    return {
        (join.graph, selection.name)
        for join in owner.joins
        if join.key is not None
        for selection in read_field_set(join.key)
        if isinstance(selection, Field)
    }

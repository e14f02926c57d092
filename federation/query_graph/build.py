"""From the supergraph to the query graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping

from federation.field_set import read_field_set
from federation.query_graph.model import (
    ApiField,
    Key,
    Kind,
    QueryGraph,
    SubgraphField,
    SubgraphType,
)
from federation.supergraph.contexts import context_holders, read_context_arguments
from federation.supergraph.model import (
    FieldDefinition,
    InterfaceType,
    JoinField,
    JoinType,
    ObjectType,
    Supergraph,
    UnionType,
    named_type,
)


def build_query_graph(
    supergraph: Supergraph, *, active_labels: frozenset[str] = frozenset()
) -> QueryGraph:
    """The query graph of a supergraph.

    Args:
        supergraph: Composed by us or read from SDL.
        active_labels: Labels of progressive overrides that are switched on.
    """
    possible_types = _possible_types(supergraph)
    types = {
        graph.name: _types_of(graph.name, supergraph, possible_types, active_labels)
        for graph in supergraph.graphs
    }
    graphs = tuple(sorted(types))
    interfaces = {
        definition.name: definition.interfaces
        for definition in supergraph.composite_types()
        if isinstance(definition, ObjectType)
    }
    return QueryGraph(
        graphs=graphs,
        types=types,
        roots=supergraph.roots,
        possible_types=possible_types,
        interfaces=interfaces,
        abstract_types=frozenset(
            name for name, possible in possible_types.items() if possible != {name}
        ),
        fields=_api_fields(supergraph, possible_types),
        resolvers=resolvers_of(graphs, types, interfaces),
        positions={name: position for position, name in enumerate(graphs)},
        contexts={
            context: frozenset[str]().union(*(possible_types[name] for name in names))
            for context, names in context_holders(supergraph).items()
        },
    )


def _possible_types(supergraph: Supergraph) -> dict[str, frozenset[str]]:
    members: dict[str, set[str]] = defaultdict(set)
    for definition in supergraph.types.values():
        match definition:
            case ObjectType():
                members[definition.name].add(definition.name)
                for interface in definition.interfaces:
                    members[interface].add(definition.name)
            case UnionType():
                members[definition.name].update(definition.member_types)
            case InterfaceType():
                members[definition.name].update(())
    return {name: frozenset(types) for name, types in members.items()}


def _api_fields(
    supergraph: Supergraph, composite: Container[str]
) -> dict[str, dict[str, ApiField]]:
    found: dict[str, dict[str, ApiField]] = {}
    for definition in supergraph.types.values():
        if isinstance(definition, ObjectType | InterfaceType):
            found[definition.name] = {
                field.name: _api_field(field.type, composite)
                for field in definition.fields.values()
            }
        elif isinstance(definition, UnionType):
            found[definition.name] = {}
    return found


def _api_field(type_text: str, composite: Container[str]) -> ApiField:
    innermost = named_type(type_text)
    return ApiField(type_text, innermost, type_text.count("["), innermost in composite)


def _types_of(
    graph: str,
    supergraph: Supergraph,
    api_possible_types: Mapping[str, frozenset[str]],
    active_labels: frozenset[str],
) -> dict[str, SubgraphType]:
    local_possible = _local_possible_types(graph, supergraph)
    found: dict[str, SubgraphType] = {}
    for definition in supergraph.types.values():
        joins = [join for join in definition.joins if join.graph == graph]
        if not joins:
            continue
        match definition:
            case ObjectType():
                kind = Kind.OBJECT
            case InterfaceType() if any(join.is_interface_object for join in joins):
                kind = Kind.INTERFACE_OBJECT
            case InterfaceType():
                kind = Kind.INTERFACE
            case UnionType():
                kind = Kind.UNION
            case _:
                continue
        found[definition.name] = SubgraphType(
            name=definition.name,
            kind=kind,
            fields={}
            if isinstance(definition, UnionType)
            else fields_of(graph, definition, active_labels),
            keys=_keys_of(joins),
            possible_types=api_possible_types[definition.name]
            if kind is Kind.INTERFACE_OBJECT
            else frozenset(local_possible[definition.name]),
        )
    return found


def _local_possible_types(graph: str, supergraph: Supergraph) -> dict[str, set[str]]:
    possible: dict[str, set[str]] = defaultdict(set)
    for definition in supergraph.types.values():
        match definition:
            case ObjectType() if any(join.graph == graph for join in definition.joins):
                possible[definition.name].add(definition.name)
                for joined, interface in definition.implements:
                    if joined == graph:
                        possible[interface].add(definition.name)
            case UnionType():
                for joined, member in definition.members:
                    if joined == graph:
                        possible[definition.name].add(member)
    return possible


def _keys_of(joins: list[JoinType]) -> tuple[Key, ...]:
    return tuple(
        Key(join.key, read_field_set(join.key)) for join in joins if join.key and join.resolvable
    )


def fields_of(
    graph: str, definition: ObjectType | InterfaceType, active_labels: frozenset[str]
) -> dict[str, SubgraphField]:
    """The fields of a type as one subgraph holds them while these labels are switched on."""
    fields: dict[str, SubgraphField] = {}
    for field in definition.fields.values():
        join = _join_of(graph, field, active_labels)
        if join is None:
            continue
        type_text = join.type or field.type
        fields[field.name] = SubgraphField(
            name=field.name,
            type=type_text,
            named_type=named_type(type_text),
            external=join.external or join.used_overridden,
            requires=read_field_set(join.requires) if join.requires else (),
            provides=read_field_set(join.provides) if join.provides else (),
            context=read_context_arguments(join),
        )
    return fields


def _join_of(graph: str, field: FieldDefinition, active_labels: frozenset[str]) -> JoinField | None:
    """How the subgraph holds the field; None when it does not, or lost it to another."""
    if not field.joins:
        return JoinField(graph=graph)
    for join in field.joins:
        # A labelled override leaves both subgraphs in the supergraph; the label decides.
        is_active = join.override_label in active_labels
        if join.graph == graph and join.override_label and not is_active:
            return None
        if join.override == graph and join.override_label and is_active:
            return None
    return next((join for join in field.joins if join.graph == graph), None)


def resolvers_of(
    graphs: tuple[str, ...],
    types: Mapping[str, Mapping[str, SubgraphType]],
    interfaces: Mapping[str, tuple[str, ...]],
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Which subgraphs resolve which field; those of an interface object count for its objects."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    implementers: dict[str, list[str]] = defaultdict(list)
    for object_type, names in interfaces.items():
        for name in names:
            implementers[name].append(object_type)
    for graph in graphs:
        for held in types[graph].values():
            concerned = [held.name]
            if held.kind is Kind.INTERFACE_OBJECT:
                concerned += [name for name in implementers[held.name] if name not in types[graph]]
            for field in held.fields.values():
                if not field.external:
                    for name in concerned:
                        if graph not in found[name, field.name]:
                            found[name, field.name].append(graph)
    return {coordinate: tuple(names) for coordinate, names in found.items()}

"""Nodes and moves of the query graph.

A node is a type in one subgraph (plus what a ``@provides`` above it promised). Three moves lead on:

- a field move stays in the subgraph: the field is resolved there;
- a down-cast narrows an interface or union to one of its object types there;
- an entity move enters another subgraph (or the same one again) by a key.

The graph is not materialised: moves are looked up, since most of them are never asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from msgspec import Struct

from federation.selection import Field, InlineFragment, SelectionSet
from federation.supergraph.contexts import ContextArgument


class Kind(Enum):
    """What a composite type is in one subgraph."""

    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    INTERFACE_OBJECT = "interface object"


@dataclass(frozen=True, slots=True)
class Key:
    """A key by which a subgraph can be entered.

    Attributes:
        text: The field set as published; orders and identifies the key.
    """

    text: str
    selections: SelectionSet


@dataclass(frozen=True, slots=True)
class SubgraphField:
    """A field as one subgraph holds it.

    Attributes:
        type: Type text in this subgraph.
        named_type: Its innermost type.
        external: Not resolved here, unless provided.
        requires: What must be in the representation; empty for none.
        provides: What its value brings along besides what its type resolves here.
        context: Arguments taken from an object around it (``@fromContext``).
    """

    name: str
    type: str
    named_type: str
    external: bool = False
    requires: SelectionSet = ()
    provides: SelectionSet = ()
    context: tuple[ContextArgument, ...] = ()

    @property
    def needs_entry(self) -> bool:
        """Whether it can be asked only of objects by which the subgraph is entered.

        What it requires, or takes from the objects around it, is sent with the representation.
        """
        return bool(self.requires or self.context)


@dataclass(frozen=True, slots=True)
class SubgraphType:
    """A composite type as one subgraph holds it.

    Attributes:
        keys: Resolvable ones only.
        possible_types: Object types a value can have here; for an interface object those of the
            API schema, since the subgraph itself cannot tell.
    """

    name: str
    kind: Kind
    fields: Mapping[str, SubgraphField]
    keys: tuple[Key, ...]
    possible_types: frozenset[str]


class ApiField(Struct, frozen=True, gc=False):
    """A field as clients see it.

    Attributes:
        type: Type text in the API schema.
        named_type: Its innermost type.
        lists: How many lists are around that.
        is_composite: Whether it has fields or members.
    """

    type: str
    named_type: str
    lists: int
    is_composite: bool


class Node(Struct, frozen=True, gc=False):
    """A type in a subgraph.

    Attributes:
        provided: Selections on this type that a ``@provides`` above promises here.
    """

    graph: str
    type: str
    provided: SelectionSet = ()


@dataclass(frozen=True, slots=True)
class QueryGraph:
    """All nodes and, by look-up, all moves of one supergraph.

    Attributes:
        graphs: Subgraph names, sorted.
        types: Subgraph name to type name to the type as held there.
        roots: ``query``, ``mutation``, ``subscription`` to type name.
        possible_types: API object types of each API composite type; an object's are itself.
        interfaces: Interfaces each object type implements anywhere.
        abstract_types: API interfaces and unions.
        fields: API fields of each API composite type, by type and field name.
        resolvers: Subgraphs that resolve a field, by type and field name, in order of name.
        positions: Position of each subgraph in ``graphs``.
        contexts: Object types that set each context.
    """

    graphs: tuple[str, ...]
    types: Mapping[str, Mapping[str, SubgraphType]]
    roots: Mapping[str, str]
    possible_types: Mapping[str, frozenset[str]]
    interfaces: Mapping[str, tuple[str, ...]]
    abstract_types: frozenset[str]
    fields: Mapping[str, Mapping[str, ApiField]]
    resolvers: Mapping[tuple[str, str], tuple[str, ...]]
    positions: Mapping[str, int]
    contexts: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def type_at(self, node: Node) -> SubgraphType:
        """The type that a node stands for."""
        return self.types[node.graph][node.type]

    def is_abstract(self, type_name: str) -> bool:
        """Whether the API type is an interface or a union."""
        return type_name in self.abstract_types

    def is_composite(self, type_name: str) -> bool:
        """Whether the API type has fields or members."""
        return type_name in self.possible_types

    def field_move(self, node: Node, field_name: str) -> SubgraphField | None:
        """The field as resolvable at the node, ``@provides`` taken into account.

        A field that needs an entry is returned too; it can be used only on entering by a key.
        """
        field = self.type_at(node).fields.get(field_name)
        if field is None:
            return None
        if field.external and not any(
            isinstance(selection, Field) and selection.name == field_name
            for selection in node.provided
        ):
            return None
        return field

    def shared_field_move(self, node: Node, field_name: str) -> SubgraphField | None:
        """The field if it can be asked of an abstract node without looking at the runtime type.

        That is so when the node's type has it and every object type possible here resolves it
        here, without an entry. On objects and interface objects it is ``field_move``.
        """
        here = self.type_at(node)
        field = self.field_move(node, field_name)
        if field is None or field.needs_entry:
            return None
        if here.kind is Kind.INTERFACE:
            for possible in here.possible_types:
                concrete = self.field_move(self.down_cast(node, possible), field_name)
                if concrete is None or concrete.needs_entry:
                    return None
        return field

    def target(self, node: Node, field: SubgraphField) -> Node:
        """Where a field move leads; only for fields of composite type."""
        provided = field.provides
        for selection in node.provided:
            if isinstance(selection, Field) and selection.name == field.name:
                provided += selection.selections
        return Node(node.graph, field.named_type, provided)

    def down_cast(self, node: Node, type_name: str) -> Node:
        """The node narrowed to one of its possible object types."""
        provided: SelectionSet = ()
        for selection in node.provided:
            if not isinstance(selection, InlineFragment):
                provided += (selection,)
            elif selection.type_condition is None or type_name in self.possible_types.get(
                selection.type_condition, ()
            ):
                provided += selection.selections
        return Node(node.graph, type_name, provided)

    def entity_targets(self, type_name: str, graph: str) -> tuple[SubgraphType, ...]:
        """The types under which a subgraph can be entered with an object of an API type.

        The type itself, or the interface objects that stand for it there.
        """
        types = self.types[graph]
        own = types.get(type_name)
        if own is not None:
            return (own,) if own.keys else ()
        found = (types.get(name) for name in self.interfaces.get(type_name, ()))
        return tuple(
            candidate
            for candidate in found
            if candidate is not None and candidate.keys and candidate.kind is Kind.INTERFACE_OBJECT
        )

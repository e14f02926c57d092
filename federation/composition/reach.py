"""Reach: in which subgraphs an object can be read, and where each of its fields leads.

An object is described by the nodes at which it can be had; the *closure* of those adds every
subgraph that can be entered with a key gathered on the way. Everything below an object depends on
its closure alone, which is what makes the walk over all queries finite.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from federation.query_graph import Node, QueryGraph
from federation.query_graph.model import Kind, SubgraphField
from federation.selection import Field, InlineFragment, SelectionSet
from federation.supergraph.contexts import ContextArgument

Nodes: TypeAlias = frozenset[Node]

Given: TypeAlias = frozenset[ContextArgument]


class Reach:
    """Answers questions of reachability over one query graph; remembers its answers.

    Attributes:
        given: Contextual arguments for which something around the objects has the values.
    """

    def __init__(self, graph: QueryGraph, given: Given = frozenset()) -> None:
        self.graph = graph
        self.given = given
        self._closures: dict[tuple[str, Nodes], Nodes] = {}
        self._steps: dict[tuple[str, Nodes, str], tuple[Node | None, ...]] = {}
        self._open: set[tuple[str, Nodes, str]] = set()

    def closure(self, type_name: str, nodes: Nodes) -> Nodes:
        """All nodes at which an object can be read, given some at which it is had."""
        memo = (type_name, nodes)
        if memo in self._closures:
            return self._closures[memo]
        # Keys nested in each other may ask for a closure while it grows: what is known is right.
        self._closures[memo] = nodes
        known = nodes
        while True:
            fresh = frozenset(self._entered(type_name, known)) - known
            if not fresh:
                break
            known |= fresh
            self._closures[memo] = known
        return known

    def _entered(self, type_name: str, known: Nodes) -> Iterator[Node]:
        if type_name == self.graph.roots.get("query"):
            yield from (
                Node(name, type_name)
                for name in self.graph.graphs
                if type_name in self.graph.types[name]
            )
            return
        for name in self.graph.graphs:
            for target in self.graph.entity_targets(type_name, name):
                if any(self.selects(type_name, known, key.selections) for key in target.keys):
                    yield Node(name, target.name)

    def step(self, type_name: str, nodes: Nodes, field_name: str) -> tuple[Node | None, ...]:
        """Where a field of an object leads: one node for each way to read it, None for leaves.

        Args:
            type_name: Object type of the API schema.
            nodes: Closed: what ``closure`` gave.
            field_name: Of that type.
        """
        memo = (type_name, nodes, field_name)
        if memo in self._steps:
            return self._steps[memo]
        if memo in self._open:
            return ()  # a requirement of itself
        self._open.add(memo)
        found = tuple(dict.fromkeys(self._stepped(type_name, nodes, field_name)))
        self._open.discard(memo)
        if not self._open:
            # Answers found while another question was open may have been cut short by it.
            self._steps[memo] = found
        return found

    def _stepped(self, type_name: str, nodes: Nodes, field_name: str) -> Iterator[Node | None]:
        for node in sorted(nodes, key=lambda each: (each.graph, each.type, str(each.provided))):
            field = self.graph.field_move(node, field_name)
            if field is None or not self.meets(type_name, nodes, node, field):
                continue
            is_composite = self.graph.is_composite(field.named_type)
            yield self.graph.target(node, field) if is_composite else None

    def meets(self, type_name: str, nodes: Nodes, node: Node, field: SubgraphField) -> bool:
        """Whether what a field requires can be gathered and sent, and its context is given."""
        if not field.needs_entry:
            return True
        if any(each not in self.given for each in field.context):
            return False
        return self.can_enter(type_name, nodes, node.graph) and self.selects(
            type_name, nodes, field.requires
        )

    def can_enter(self, type_name: str, nodes: Nodes, graph: str) -> bool:
        """Whether a subgraph can be entered by a key with the object."""
        return any(
            self.selects(type_name, nodes, key.selections)
            for target in self.graph.entity_targets(type_name, graph)
            for key in target.keys
        )

    def selects(self, type_name: str, nodes: Nodes, selections: SelectionSet) -> bool:
        """Whether a whole field set can be gathered from the nodes given and what they lead to."""
        return all(self._selects_one(type_name, nodes, selection) for selection in selections)

    def _selects_one(self, type_name: str, nodes: Nodes, selection: Field | InlineFragment) -> bool:
        if isinstance(selection, InlineFragment):
            condition = selection.type_condition or type_name
            wanted = self.graph.possible_types.get(condition, frozenset())
            return all(
                self.selects(name, below, selection.selections)
                for name, below in self.casts(type_name, nodes)
                if name in wanted
            )
        if selection.name == "__typename":
            return True
        if self.graph.is_abstract(type_name):
            return all(
                self._selects_one(name, self.closure(name, below), selection)
                for name, below in self.casts(type_name, nodes)
            )
        targets = self.step(type_name, nodes, selection.name)
        if not selection.selections:
            return bool(targets)
        below = frozenset(target for target in targets if target is not None)
        return bool(below) and all(
            self._selects_below(name, each, selection.selections)
            for name, each in self.values(below)
        )

    def _selects_below(self, type_name: str, nodes: Nodes, selections: SelectionSet) -> bool:
        return self.selects(type_name, self.closure(type_name, nodes), selections)

    def values(self, nodes: Nodes) -> Iterator[tuple[str, Nodes]]:
        """Objects that a composite field can give, each with the nodes at which it is then had.

        Subgraphs may declare a field with different types; every object type any of them can give
        is one value.
        """
        names = sorted({name for node in nodes for name in self._types_at(node)})
        for name in names:
            at = frozenset(each for node in nodes for each in self._cast(node, name))
            if at:
                yield name, at

    def tells_type(self, type_name: str, nodes: Nodes) -> bool:
        """Whether the runtime type of an object can be had that is a value of an abstract type.

        Interface objects cannot tell it: a subgraph that knows the implementers must be entered.
        """
        kinds = {self.graph.type_at(node).kind for node in nodes}
        if kinds != {Kind.INTERFACE_OBJECT}:
            return True
        held = (self.graph.types[name].get(type_name) for name in self.graph.graphs)
        return any(
            self.selects(type_name, nodes, key.selections)
            for each in held
            if each is not None and each.kind is Kind.INTERFACE
            for key in each.keys
        )

    def casts(self, type_name: str, nodes: Nodes) -> Iterator[tuple[str, Nodes]]:
        """The object types possible at nodes of one object, each with its nodes."""
        if not self.graph.is_abstract(type_name):
            yield type_name, nodes
        else:
            yield from self.values(nodes)

    def _types_at(self, node: Node) -> frozenset[str]:
        return self.graph.type_at(node).possible_types

    def _cast(self, node: Node, type_name: str) -> Iterator[Node]:
        held = self.graph.type_at(node)
        if type_name not in held.possible_types:
            return
        if held.kind is Kind.OBJECT or held.kind is Kind.INTERFACE_OBJECT:
            yield node
        else:
            yield self.graph.down_cast(node, type_name)

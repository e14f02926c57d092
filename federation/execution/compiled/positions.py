"""What code can know of a plan's tree before there is one: positions of objects, and their fields.

A position is where objects stand in the tree, such as ``users.@.reviews.@``; an object there is of
one of the position's nodes, by its runtime type. Each value of a node comes from one place: from
the answer that the object itself came with, or from a later answer about the entity that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema, is_abstract_type, is_object_type

from federation.execution.compiled.source import Unexpected
from federation.execution.model import ExecutionRequest, holds
from federation.execution.selected import Entry, Place, TypeRef, read_type
from federation.execution.tree import types_of
from federation.planning.plan import EntityFetch, OperationPlan, ResponsePath
from federation.selection import Field, SelectionSet

TYPENAME = "__typename"


@dataclass(eq=False, slots=True)
class Slot:
    """What stands in a node under one tree key.

    Attributes:
        name: Of the field.
        entry: Its part in the response; None for what clients never see.
        is_asked: Whether it comes with the object itself.
        leaf: Type of a leaf as the API schema has it; None if clients do not know the field, and
            for what has fields of its own.
        child: Position of the objects inside; None for leaves, and for objects that nothing but a
            representation is made of.
    """

    key: str
    name: str
    entry: Entry | None
    is_asked: bool
    leaf: TypeRef | None
    child: Position | None = None


@dataclass(eq=False, slots=True)
class Node:
    """The objects of one runtime type at one position.

    Attributes:
        entries: Of the response, in order.
        slots: By tree key.
        is_told: Whether the objects tell their type.
    """

    number: int
    runtime: str
    entries: tuple[Entry, ...]
    is_told: bool
    slots: dict[str, Slot] = field(default_factory=dict)

    def by_source(self, key: str) -> Entry | None:
        """The entry that is read from a tree key; of several the first."""
        return next((each for each in self.entries if each.source == key), None)


@dataclass(eq=False, slots=True)
class Position:
    """Where objects stand.

    Attributes:
        type: As the API schema declares it, lists included.
        is_tagged: Whether their type must be looked at, since there is more than one.
        nodes: By runtime type.
    """

    type: TypeRef
    is_tagged: bool
    nodes: dict[str, Node]

    @property
    def depth(self) -> int:
        """How many lists are around each object."""
        return depth_of(self.type)

    @property
    def number(self) -> int:
        """Of its first node: the same whenever code is made for the same requests."""
        return next(iter(self.nodes.values())).number


@dataclass(eq=False, slots=True)
class Part:
    """The entities of a call that stand at one place.

    Attributes:
        number: Of its path.
        position: Where they are.
        node: Which of the objects there; there is one type of them.
        slots: What is asked for, by tree key.
        is_shared: Of the same keys, whether something else gives a value as well.
    """

    number: int
    position: Position
    node: Node
    slots: dict[str, Slot]
    is_shared: dict[str, bool]


@dataclass(eq=False, slots=True)
class Call:
    """One ``_entities`` call.

    Attributes:
        number: In its fetch.
        parts: One for each path of the entities.
    """

    number: int
    entity: EntityFetch
    parts: list[Part]


def depth_of(type_ref: TypeRef) -> int:
    """How many lists a type is wrapped in."""
    return 0 if type_ref.item is None else 1 + depth_of(type_ref.item)


def way(root: Node, path: ResponsePath) -> list[tuple[Position, list[Node]]]:
    """The positions on a path, never none, each with those of its nodes that the path goes on with.

    Raises:
        Unexpected: It cannot be followed without looking at objects.
    """
    found: list[tuple[Position, list[Node]]] = []
    nodes, depth = [root], 0
    for step in path:
        narrowed = types_of(step)
        if narrowed is not None:
            if not found or depth or not all(node.is_told for node in nodes):
                raise Unexpected
            nodes[:] = [node for node in nodes if node.runtime in narrowed]
        elif step == "@":
            depth -= 1
        else:
            nodes[:] = [node for node in nodes if step in node.slots]
            below = nodes[0].slots[step].child if len(nodes) == 1 else None
            if depth or below is None:
                raise Unexpected
            nodes, depth = list(below.nodes.values()), below.depth
            found.append((below, nodes))
    if depth or not found:
        raise Unexpected
    return found


def _tells_type(selections: SelectionSet) -> bool:
    return any(
        each.response_key == TYPENAME if isinstance(each, Field) else _tells_type(each.selections)
        for each in selections
    )


class Positions:
    """All positions of a plan whose fetches are entered one by one, in the plan's order.

    Whatever is not foreseen here raises ``Unexpected``.
    """

    def __init__(
        self, plan: OperationPlan, request: ExecutionRequest, schema: GraphQLSchema
    ) -> None:
        self._schema = schema
        self._variables = request.variables
        self._is_whole = not request.masks and not request.refusals
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
        self._roots = {root.name for root in roots if root is not None} | {plan.root_type}
        self.nodes: list[Node] = []
        selected = Place((), plan.output, request, schema)
        self.root = self._new_node(plan.root_type, selected.entries(plan.root_type), is_told=False)

    def enter_root(self, selections: SelectionSet) -> dict[str, Slot]:
        """The fields of a root fetch."""
        asked = self._asked(selections, self.root.runtime)
        slots: dict[str, Slot] = {}
        for key, fields in asked.items():
            known = self.root.slots.get(key)
            if known is not None and (known.child or fields[0].selections):
                raise Unexpected
            slots[key] = self._slot(self.root, key, fields, is_asked=True)
            self.root.slots.setdefault(key, slots[key])
        return slots

    def enter_call(self, entity: EntityFetch, number: int) -> Call:
        """The fields of entities that stand somewhere already."""
        parts = [self._part(entity, at, path) for at, path in enumerate(entity.paths)]
        if entity.typename is None and len({part.node.runtime for part in parts}) > 1:
            raise Unexpected
        return Call(number, entity, parts)

    def _part(self, entity: EntityFetch, number: int, path: ResponsePath) -> Part:
        position, found = way(self.root, path)[-1]
        nodes = [node for node in found if entity.types is None or node.runtime in entity.types]
        if len(nodes) != 1:
            raise Unexpected
        node = nodes[0]
        if not node.is_told and (entity.types is not None or entity.typename is None):
            raise Unexpected
        slots: dict[str, Slot] = {}
        is_shared: dict[str, bool] = {}
        for key, fields in self._asked(entity.selections, node.runtime).items():
            slot = self._slot(node, key, fields, is_asked=False)
            known = node.slots.setdefault(key, slot)
            is_shared[key] = known is not slot
            if is_shared[key] and (known.leaf is None or slot.leaf is None):
                raise Unexpected
            slots[key] = slot
        return Part(number, position, node, slots, is_shared)

    def _asked(self, selections: SelectionSet, runtime: str) -> dict[str, list[Field]]:
        """Fields asked of an object of a runtime type, by tree key in order."""
        found: dict[str, list[Field]] = {}
        for each in self._applying(selections, runtime):
            found.setdefault(each.response_key, []).append(each)
        return found

    def _applying(self, selections: SelectionSet, runtime: str) -> Iterator[Field]:
        for each in selections:
            if each.conditions and not holds((each.conditions,), self._variables):
                continue
            if isinstance(each, Field):
                yield each
            elif each.type_condition is None or self._is_of(runtime, each.type_condition):
                yield from self._applying(each.selections, runtime)

    def _is_of(self, runtime: str, condition: str) -> bool:
        if runtime == condition:
            return True
        if is_abstract_type(self._schema.type_map[runtime]):
            # Whether objects belong there depends on a type that they do not tell.
            raise Unexpected
        named = self._schema.type_map.get(condition)
        if is_abstract_type(named):
            return runtime in {each.name for each in self._schema.get_possible_types(named)}
        if not is_object_type(named):
            # A type of the subgraph's own; who belongs to it is not known here.
            raise Unexpected
        return False

    def _slot(self, node: Node, key: str, fields: list[Field], *, is_asked: bool) -> Slot:
        first = fields[0]
        entry = node.by_source(key)
        if not first.selections:
            leaf = self._leaf(node, first, entry)
            return Slot(key, first.name, entry, is_asked, leaf)
        if entry is None or entry.refusal is not None or entry.inner is None:
            return Slot(key, first.name, entry, is_asked, None)
        selections = tuple(inner for each in fields for inner in each.selections)
        child = self._position(entry.type, entry.inner, selections)
        return Slot(key, first.name, entry, is_asked, None, child)

    def _leaf(self, node: Node, asked: Field, entry: Entry | None) -> TypeRef:
        if asked.name == TYPENAME:
            return TypeRef(TYPENAME, non_null=True)
        if entry is not None and entry.refusal is None:
            if entry.inner is not None:
                raise Unexpected
            return entry.type
        fields: Mapping[str, Any] = getattr(self._schema.type_map[node.runtime], "fields", {})
        known = fields.get(asked.name)
        return read_type(str(known.type)) if known is not None else TypeRef("", non_null=False)

    def _position(self, type_ref: TypeRef, selected: Place, selections: SelectionSet) -> Position:
        named = self._schema.type_map[type_ref.name]
        is_tagged = not is_object_type(named)
        names = [type_ref.name]
        if is_abstract_type(named) and _tells_type(selections):
            names = [each.name for each in self._schema.get_possible_types(named)]
        elif is_tagged:
            # Without a type of theirs, all objects are answered alike, or not at all.
            if selected.needs_type or not self._is_whole:
                raise Unexpected
            is_tagged = False
        position = Position(type_ref, is_tagged, {})
        for name in names:
            asked = self._asked(selections, name)
            is_told = TYPENAME in asked
            if name in self._roots or (is_tagged and not is_told):
                raise Unexpected
            node = self._new_node(name, selected.entries(name), is_told=is_told)
            position.nodes[name] = node
            for key, fields in asked.items():
                node.slots[key] = self._slot(node, key, fields, is_asked=True)
        return position

    def _new_node(self, runtime: str, entries: tuple[Entry, ...], *, is_told: bool) -> Node:
        for each in entries:
            # A count too small is told once, a null that may not be is someone's fault.
            if each.least or (each.refusal is not None and each.type.non_null):
                raise Unexpected
            # Where an object tells its type the client wants something else, or is refused it.
            if each.key == TYPENAME and (each.name != TYPENAME or each.refusal is not None):
                raise Unexpected
        node = Node(len(self.nodes), runtime, entries, is_told)
        self.nodes.append(node)
        return node

"""Classes that answers are decoded into, strict enough that whatever they take is sound.

What they do not take, a null where none may be or a key that nobody asked for, is the interpreted
executor's affair. Where nothing speaks against it, objects are encoded as they were decoded: fields
stand in the order of the response, and what was not asked of one subgraph is set when another has
answered. Otherwise there is a second class for the response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from graphql import GraphQLSchema, is_abstract_type, is_enum_type
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, defstruct

from federation.execution.compiled.positions import TYPENAME, Call, Node, Part, Position, Slot
from federation.execution.compiled.source import Source, Unexpected
from federation.execution.selected import Entry, TypeRef
from federation.operation.introspection import INTROSPECTION_FIELDS

Attribute = Callable[[str], str]
"""From a tree key to the attribute that holds it, in every class of one plan."""

_BUILT_IN: Mapping[str, Any] = {
    "Int": Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)],
    "Float": int | float,
    "String": str,
    "Boolean": bool,
    "ID": str,
}
_NOT_NULL = bool | int | float | str | list[Any] | dict[str, Any]
# Of what must not come with the object itself: nothing that a subgraph would send has this type.
_LATER = Literal["\0"] | UnsetType

EQUAL_AS_JSON = frozenset(("Int", "String", "Boolean", "ID"))
"""Scalars whose values are equal exactly if their JSON is."""


def is_exact(leaf: TypeRef | None, schema: GraphQLSchema) -> bool:
    """Whether two values of a leaf are equal exactly if their JSON is."""
    if leaf is None or leaf.item is not None:
        return False
    return leaf.name in EQUAL_AS_JSON or is_enum_type(schema.type_map.get(leaf.name))


class _Other(Struct, tag_field=TYPENAME, tag="\0"):
    """Of the type that no object has."""


class Structs:
    """The classes of one plan, each made when it is first asked for; all slots must be known."""

    def __init__(
        self,
        schema: GraphQLSchema,
        attribute: Attribute,
        used: Mapping[Node, set[str]],
        *,
        shared: frozenset[int],
        keeps_all: bool,
    ) -> None:
        """None yet.

        Args:
            schema: API schema.
            attribute: Where a tree key is kept.
            used: Tree keys of each node that representations are made of.
            shared: Positions whose objects come as texts first.
            keeps_all: Whether all that comes is kept until the response is made.
        """
        self._schema = schema
        self._attribute = attribute
        self._used = used
        self._shared = shared
        self._keeps_all = keeps_all
        self._classes: dict[Node, type[Struct]] = {}

    def root(self, slots: Mapping[str, Slot], runtime: str) -> type[Struct]:
        """Of the data of a root fetch."""
        return self._define("Data", [self._asked(slot, runtime) for slot in slots.values()])

    def answers(self, calls: Iterable[tuple[str, Call]]) -> type[Struct]:
        """Of the data of an entity fetch; each call with its response key."""
        return self._define("Data", [(key, self._answers(call), ()) for key, call in calls])

    def answer(self, part: Part, *, is_told: bool) -> type[Struct]:
        """Of what one entity is asked for.

        Args:
            part: Some of the call's entities.
            is_told: The type of all the call's entities is known.
        """
        fields = []
        for key, slot in part.slots.items():
            # A type that is known already is not asked about; an interface object has none.
            is_known = key == TYPENAME and is_told
            fields.append((key, Any, ()) if is_known else self._asked(slot, part.node.runtime))
        return self._define(f"{part.node.runtime}Answer", fields)

    def _answers(self, call: Call) -> Any:
        if needs_copies(call):
            return Raw
        is_told = all(part.node.is_told for part in call.parts)
        return list[self.answer(call.parts[0], is_told=is_told) | None]  # type: ignore[misc]

    def node(self, node: Node, *, is_tagged: bool) -> type[Struct]:
        """Of the objects of a node."""
        known = self._classes.get(node)
        if known is None:
            fields = [
                *self._shown(node, is_tagged=is_tagged),
                *self._hidden(node, is_tagged=is_tagged),
            ]
            tag = {"tag_field": TYPENAME, "tag": node.runtime} if is_tagged else {}
            known = self._classes[node] = self._define(node.runtime, fields, **tag)
        return known

    def named(self, node: Node, position: Position, source: Source) -> str:
        """The name under which generated code knows the class of a node."""
        name = f"C{node.number}"
        source.names[name] = self.node(node, is_tagged=position.is_tagged)
        return name

    def response(self, node: Node) -> type[Struct]:
        """Of the objects of a node as clients see them, where that is not how they come."""
        fields = [(f"e{at}", Any) for at in range(len(node.entries))]
        rename = {f"e{at}": entry.key for at, entry in enumerate(node.entries)}
        return defstruct(node.runtime, fields, rename=rename, gc=False)

    def position(self, position: Position) -> Any:
        """The type of the value at a position."""
        if position.number in self._shared:
            return _annotate_items(position.type, Raw)
        return _annotate(position.type, self._objects(position))

    def item(self, position: Position) -> Any:
        """The type of one object at a position."""
        return _annotate(innermost(position.type), self._objects(position))

    def _objects(self, position: Position) -> Any:
        is_tagged = position.is_tagged
        classes = [self.node(node, is_tagged=is_tagged) for node in position.nodes.values()]
        if is_tagged and len(classes) == 1:
            # Where there is no choice a type that is not told would be taken for the only one.
            classes.append(_Other)
        return reduce(or_, classes)

    def keeps(self, node: Node, slot: Slot) -> bool:
        """Whether what a later answer says under a slot is wanted."""
        is_used = slot.entry is not None or slot.key in self._used.get(node, ())
        return is_used or self._keeps_all

    def _shown(self, node: Node, *, is_tagged: bool) -> Iterable[tuple[str, Any, tuple[Any, ...]]]:
        for key in dict.fromkeys(entry.source for entry in node.entries):
            entry = node.by_source(key)
            slot = node.slots.get(key)
            assert entry is not None, "keys are those of entries"
            if key == TYPENAME and is_tagged:
                continue
            if slot is None:
                yield (key, *_constant(entry, node))
            elif slot.is_asked:
                yield self._asked(slot, node.runtime)
            else:
                yield key, _LATER, (UNSET,)

    def _hidden(self, node: Node, *, is_tagged: bool) -> Iterable[tuple[str, Any, tuple[Any, ...]]]:
        for key, slot in node.slots.items():
            if slot.entry is not None or (key == TYPENAME and is_tagged):
                continue
            if slot.is_asked:
                yield self._asked(slot, node.runtime)
            elif self.keeps(node, slot):
                yield key, _LATER, (UNSET,)

    def _asked(self, slot: Slot, runtime: str) -> tuple[str, Any, tuple[Any, ...]]:
        return slot.key, self._type(slot, runtime), ()

    def _type(self, slot: Slot, runtime: str) -> Any:
        if slot.child is not None:
            return self.position(slot.child)
        if slot.leaf is None or not slot.leaf.name:
            return Any
        if slot.leaf.name == TYPENAME:
            is_meant = slot.key == TYPENAME or slot.entry is not None
            return Literal[self._types(runtime)] if is_meant else Any
        return _annotate(slot.leaf, self._leaf(slot.leaf.name))

    def _types(self, name: str) -> tuple[str, ...]:
        named = self._schema.type_map[name]
        if is_abstract_type(named):
            return tuple(each.name for each in self._schema.get_possible_types(named))
        return (name,)

    def _leaf(self, name: str) -> Any:
        named = self._schema.type_map.get(name)
        if is_enum_type(named):
            return Literal[tuple(named.values)]
        return _BUILT_IN.get(name, Any)

    def _define(
        self, name: str, fields: Iterable[tuple[str, Any, tuple[Any, ...]]], **options: str
    ) -> type[Struct]:
        listed = list(fields)
        return defstruct(
            name,
            [(self._attribute(key), kind, *default) for key, kind, default in listed],
            rename={self._attribute(key): key for key, _, _ in listed},
            kw_only=True,
            gc=False,
            forbid_unknown_fields=True,
            **options,  # type: ignore[arg-type]
        )


def needs_copies(call: Call) -> bool:
    """Whether there are objects in the answers, of which each place must have its own."""
    first = call.parts[0]
    return len(call.parts) > 1 and any(slot.leaf is None for slot in first.slots.values())


def converts(node: Node, *, is_tagged: bool) -> bool:
    """Whether objects of a node cannot be encoded as they are decoded."""
    if any(entry.key != entry.source for entry in node.entries):
        return True
    # The tag is encoded as the first key, whatever is selected.
    types = [at for at, entry in enumerate(node.entries) if entry.key == TYPENAME]
    return is_tagged and types != [0]


def _constant(entry: Entry, node: Node) -> tuple[Any, tuple[Any, ...]]:
    if entry.name == TYPENAME:
        return Literal[node.runtime], (node.runtime,)
    if entry.name in INTROSPECTION_FIELDS or (entry.type.non_null and entry.refusal is None):
        raise Unexpected
    return None, (None,)


def innermost(type_ref: TypeRef) -> TypeRef:
    """A type without the lists around it."""
    return type_ref if type_ref.item is None else innermost(type_ref.item)


def _annotate_items(type_ref: TypeRef, item: Any) -> Any:
    """A type of Python for the lists of a type text around texts, which may be those of nulls."""
    if type_ref.item is None:
        return item
    items: Any = list[_annotate_items(type_ref.item, item)]  # type: ignore[misc]
    return items if type_ref.non_null else items | None


def _annotate(type_ref: TypeRef, named: Any) -> Any:
    """A type of Python for a type text around a named type."""
    if type_ref.item is not None:
        named = list[_annotate(type_ref.item, named)]  # type: ignore[misc]
    if named is Any:
        return _NOT_NULL if type_ref.non_null else Any
    return named if type_ref.non_null else named | None

"""Whether fields that share a response key can be merged, decided in groups instead of in pairs.

The specification compares every field with every other of its response key, which a text of a few
kilobytes makes millions of comparisons. Fields of one key form groups here, and being alike is
transitive within a group:

- all fields of a key must have one *shape*: the same lists and nulls around the same leaf type, or
  around any objects;
- of those whose objects can be the same object, all must be the same field with the same
  arguments. Different object types exclude each other; abstract types exclude none, so that their
  fields belong to the group of each object type.

What a group selects below is one selection set again. Each such set is looked at once, and where
nothing overlaps that is each selection set of the document once.

Source:
    GraphQL specification, "Field Selection Merging"; the grouping follows the algorithm that the
    Sangria server has for the same rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLWrappingType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    print_ast,
)

_MOST_WORK = 20_000
"""Selections looked at for one document, some 40 ms. Object types within object types make groups
multiply; such a document is left to the comparison of pairs, which has a bound of its own."""


class _Selected(NamedTuple):
    """A field where it is selected; ``type`` is its type as seen through ``parent``."""

    parent: GraphQLCompositeType
    node: FieldNode
    type: GraphQLOutputType


_Sets: TypeAlias = Sequence[tuple[SelectionSetNode, GraphQLCompositeType]]
"""Selection sets that are merged, each with the type that it selects from."""


class _Unsure(Exception):
    """The rule itself must decide."""


def fields_merge(document: DocumentNode, schema: GraphQLSchema) -> bool:
    """Whether the rule "Overlapping Fields Can Be Merged" surely finds nothing.

    False says only that there may be a conflict. The document need not be valid otherwise.
    """
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    merging = _Merging(schema, fragments)
    try:
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                condition = definition.type_condition.name.value
                merging.check(definition.selection_set, merging.named(condition))
            elif isinstance(definition, OperationDefinitionNode):
                root = schema.get_root_type(definition.operation)
                if root is None:
                    return False
                merging.check(definition.selection_set, root)
    except _Unsure:
        return False
    return True


class _Merging:
    """Looks at the selection sets of one document, and at what becomes of those that are merged."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._work = 0
        # By the identity of nodes, which the document holds; a set has one parent wherever it is
        # spread, since fragments say their type.
        self._known: set[tuple[frozenset[int], bool]] = set()
        self._pending: list[tuple[_Sets, bool]] = []

    def named(self, name: str) -> GraphQLCompositeType:
        """The type of a fragment."""
        found = self._schema.type_map.get(name)
        if not is_composite_type(found):
            raise _Unsure
        return found

    def check(self, node: SelectionSetNode, parent: GraphQLCompositeType) -> None:
        """Look at a selection set and all below it.

        Raises:
            _Unsure: There may be a conflict, or it would take too long to tell.
        """
        self._add([(node, parent)], only_shape=False)
        while self._pending:
            sets, only_shape = self._pending.pop()
            by_key: dict[str, list[_Selected]] = {}
            spread: set[str] = set()
            for each, its_parent in sets:
                self._collect(each, its_parent, by_key, spread)
            for fields in by_key.values():
                self._compare(fields, only_shape=only_shape)

    def _add(self, sets: _Sets, *, only_shape: bool) -> None:
        identity = (frozenset([id(node) for node, _ in sets]), only_shape)
        if identity not in self._known:
            self._known.add(identity)
            self._pending.append((sets, only_shape))

    def _collect(
        self,
        node: SelectionSetNode,
        parent: GraphQLCompositeType,
        by_key: dict[str, list[_Selected]],
        spread: set[str],
    ) -> None:
        self._work += len(node.selections)
        if self._work > _MOST_WORK:
            raise _Unsure
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                definition = self._schema.get_field(parent, selection.name.value)
                if definition is None:
                    raise _Unsure
                key = (selection.alias or selection.name).value
                selected = _Selected(parent, selection, definition.type)
                by_key.setdefault(key, []).append(selected)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                narrowed = self.named(condition.name.value) if condition else parent
                self._collect(selection.selection_set, narrowed, by_key, spread)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in spread:
                    spread.add(name)
                    fragment = self._fragments.get(name)
                    if fragment is None:
                        raise _Unsure
                    narrowed = self.named(fragment.type_condition.name.value)
                    self._collect(fragment.selection_set, narrowed, by_key, spread)

    def _compare(self, fields: list[_Selected], *, only_shape: bool) -> None:
        """Compare all fields of one response key."""
        if len(fields) > 1:
            if any(_is_streamed(each.node) for each in fields):
                raise _Unsure
            first = fields[0].type
            if not all(_same_shape(first, each.type) for each in fields):
                raise _Unsure
            if not only_shape:
                self._compare_calls(fields)
                return
        elif only_shape:
            # Its own selections are looked at wherever it stands in a group.
            return
        self._add_below(fields, only_shape=only_shape)

    def _compare_calls(self, fields: list[_Selected]) -> None:
        objects = {each.parent for each in fields if isinstance(each.parent, GraphQLObjectType)}
        if len(objects) < 2:
            _require_same_call(fields)
            self._add_below(fields, only_shape=False)
            return
        self._add_below(fields, only_shape=True)
        for one in objects:
            others = objects - {one}
            group = [each for each in fields if each.parent not in others]
            self._work += len(fields)
            _require_same_call(group)
            self._add_below(group, only_shape=False)

    def _add_below(self, fields: list[_Selected], *, only_shape: bool) -> None:
        sets = {}
        for each in fields:
            node = each.node.selection_set
            if node is not None:
                named = get_named_type(each.type)
                if not is_composite_type(named):
                    raise _Unsure
                sets[id(node)] = (node, named)
        if sets:
            self._add(list(sets.values()), only_shape=only_shape)


def _is_streamed(node: FieldNode) -> bool:
    # One list delivered in two ways is never merged, nor is it by the planner.
    return any(each.name.value == "stream" for each in node.directives or ())


def _same_shape(one: GraphQLOutputType, other: GraphQLOutputType) -> bool:
    while one is not other:
        if isinstance(one, GraphQLWrappingType) and type(one) is type(other):
            one, other = one.of_type, cast("GraphQLWrappingType[Any]", other).of_type
        else:
            return is_composite_type(one) and is_composite_type(other)
    return True


def _require_same_call(fields: list[_Selected]) -> None:
    first = fields[0].node
    arguments = _arguments(first)
    for each in fields[1:]:
        node = each.node
        if node.name.value != first.name.value or _arguments(node) != arguments:
            raise _Unsure


def _arguments(node: FieldNode) -> dict[str, str]:
    """Texts of the values by name. Block strings stay what they are, as they do for the rule."""
    return {each.name.value: print_ast(each.value) for each in node.arguments or ()}

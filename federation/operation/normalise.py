"""Normal form of a validated selection set: fragments inlined, conditions told apart.

Every selection set becomes a flat row of fields, each under at most one type condition; type
conditions never nest. Conditions that only a variable decides stand on the fields, and so do the
deferrals of the fragments around them. The order of fields is, for every runtime type, the order in
which the GraphQL specification collects them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
)
from msgspec import Struct, field

from federation.field_set import print_literal, read_arguments
from federation.selection import (
    Argument,
    Condition,
    Deferral,
    Field,
    InlineFragment,
    Selection,
    SelectionSet,
    Stream,
    deferrals_of,
)

EMPTY = Field("__typename", alias="__empty")
"""Stands for an object of which nothing is selected: literal conditions, unreachable types or
refusals took everything away, while the object itself is still asked for. Never in a response."""

Fragments: TypeAlias = Mapping[str, FragmentDefinitionNode]
Conditions: TypeAlias = tuple[Condition, ...]


class _Scope(NamedTuple):
    """Where a selection stands within the selection set of one field.

    Attributes:
        type: The type through which fields are selected here.
        label: Its name if it narrows the parent type, else None.
        possible: Runtime types that get here.
        conditions: Run-time conditions of the fragments around.
    """

    type: GraphQLCompositeType
    label: str | None
    possible: frozenset[str]
    conditions: Conditions


class _Identity(Struct, frozen=True, gc=False):
    """Selections equal in this are one field."""

    label: str | None
    key: str
    name: str
    arguments: tuple[Argument, ...]
    conditions: Conditions
    stream: Stream | None


class _At(NamedTuple):
    """A position of the response: its keys, and the numbers of the deferrals around it."""

    path: tuple[str, ...] = ()
    within: tuple[int, ...] = ()


_Entry: TypeAlias = tuple[_Identity, list[SelectionSetNode]]
"""A field, and where its sub-selections stand."""


class _Collected(Struct):
    """The fields of one selection set in order."""

    at: _At
    entries: list[_Entry] = field(default_factory=list)
    by_key: dict[str, list[_Entry]] = field(default_factory=dict)


class Normaliser:
    """Normalises selection sets of one document against one schema.

    Attributes:
        left_out: Something can never be answered, and so is not in the result: under a literal
            condition, or of types that exclude each other.
    """

    def __init__(
        self, schema: GraphQLSchema, fragments: Fragments, *, is_incremental: bool = False
    ) -> None:
        """Normaliser for one operation.

        Args:
            schema: That the document was validated against.
            fragments: By name.
            is_incremental: Whether ``@defer`` and ``@stream`` mean anything.
        """
        self._schema = schema
        self._fragments = fragments
        self._is_incremental = is_incremental
        self._deferrals: dict[object, Deferral] = {}
        self._possible_types: dict[str, frozenset[str]] = {}
        self.left_out = False

    def normalise(
        self, parent: GraphQLCompositeType, nodes: list[SelectionSetNode], at: _At | None = None
    ) -> SelectionSet:
        """The selections of all ``nodes`` together, each of them standing under ``parent``."""
        collected = _Collected(at or _At())
        for node in nodes:
            self._collect(node, _Scope(parent, None, self._possible(parent), ()), parent, collected)
        return self._group(
            [
                (identity.label, self._field(parent, identity, sets, collected.at))
                for identity, sets in collected.entries
            ]
        )

    def _field(
        self,
        parent: GraphQLCompositeType,
        identity: _Identity,
        nodes: list[SelectionSetNode],
        at: _At,
    ) -> Field:
        key, conditions = identity.key, identity.conditions
        selections: SelectionSet = ()
        if nodes:
            entered = (each.deferral.number for each in deferrals_of(conditions))
            below = _At((*at.path, key), (*at.within, *entered))
            named = self._type_of(parent, identity)
            selections = self.normalise(named, nodes, below) or (EMPTY,)
        return Field(
            identity.name,
            key if key != identity.name else None,
            identity.arguments,
            selections,
            conditions,
            identity.stream,
        )

    def _type_of(self, parent: GraphQLCompositeType, identity: _Identity) -> GraphQLCompositeType:
        """The type of a field that has sub-selections."""
        owner = self._schema.type_map[identity.label] if identity.label else parent
        assert is_composite_type(owner), "validation admits conditions on composite types only"
        definition = self._schema.get_field(owner, identity.name)
        assert definition is not None, "validation admits known fields only"
        named = get_named_type(definition.type)
        assert is_composite_type(named), "validation admits sub-selections of composite types only"
        return named

    def _collect(
        self,
        node: SelectionSetNode,
        scope: _Scope,
        parent: GraphQLCompositeType,
        collected: _Collected,
    ) -> None:
        for selection in node.selections:
            conditions = _conditions(selection, scope.conditions)
            if conditions is None:
                self.left_out = True
                continue
            if self._is_incremental and not isinstance(selection, FieldNode):
                conditions = self._deferred(selection, conditions, collected.at)
            if isinstance(selection, FieldNode):
                name = selection.name.value
                key = selection.alias.value if selection.alias else name
                arguments = read_arguments(selection)
                stream = self._stream(selection, key, collected.at)
                identity = _Identity(scope.label, key, name, arguments, conditions, stream)
                sets = self._place(identity, collected)
                if selection.selection_set:
                    sets.append(selection.selection_set)
            else:
                condition, body = self._fragment(selection)
                for inner in self._narrow(scope._replace(conditions=conditions), condition, parent):
                    self._collect(body, inner, parent, collected)

    def _place(self, identity: _Identity, collected: _Collected) -> list[SelectionSetNode]:
        """Where the sub-selections of a field go: to an equal field before it, if there is one.

        Not across another field of the same key: an object gets its keys in order of both.
        """
        alike = collected.by_key.setdefault(identity.key, [])
        for known, sets in reversed(alike):
            if known == identity:
                return sets
            if not self._disjoint(known.label, identity.label):
                break
        entry: _Entry = (identity, [])
        alike.append(entry)
        collected.entries.append(entry)
        return entry[1]

    def _deferred(self, node: SelectionNode, outer: Conditions, at: _At) -> Conditions:
        """The conditions within a fragment, its ``@defer`` among them if it has one."""
        directive = _directive(node, "defer")
        if directive is None:
            return outer
        around = (*at.within, *(each.deferral.number for each in deferrals_of(outer)))
        # A named fragment is one directive at many places, and one place within many deferrals.
        condition = self._condition(directive, at.path, (id(directive), around))
        return outer if condition is None else tuple(sorted((*outer, condition)))

    def _stream(self, node: FieldNode, key: str, at: _At) -> Stream | None:
        directive = _directive(node, "stream") if self._is_incremental else None
        if directive is None:
            return None
        given = [a.value for a in directive.arguments or () if a.name.value == "initialCount"]
        count = print_literal(given[0]) if given else "0"
        # Fields that are united agree in it, as validation sees to.
        condition = self._condition(directive, (*at.path, key), count)
        return Stream(condition, count) if condition is not None else None

    def _condition(
        self, directive: DirectiveNode, path: tuple[str, ...], identity: object
    ) -> Condition | None:
        """The deferral of a directive at one place; None where it is switched off for good."""
        arguments = {each.name.value: each.value for each in directive.arguments or ()}
        when, label = arguments.get("if"), arguments.get("label")
        if isinstance(when, BooleanValueNode) and not when.value:
            return None
        variable = when.name.value if isinstance(when, VariableNode) else ""
        known = self._deferrals.get((path, variable, identity))
        if known is None:
            text = label.value if isinstance(label, StringValueNode) else None
            is_stream = directive.name.value == "stream"
            known = Deferral(len(self._deferrals) + 1, text, len(path), is_stream)
            self._deferrals[path, variable, identity] = known
        return Condition(variable, deferral=known)

    def _fragment(self, node: SelectionNode) -> tuple[str | None, SelectionSetNode]:
        if isinstance(node, FragmentSpreadNode):
            definition = self._fragments[node.name.value]
            return definition.type_condition.name.value, definition.selection_set
        assert isinstance(node, InlineFragmentNode), "a selection is a field, a spread or inline"
        return node.type_condition.name.value if node.type_condition else None, node.selection_set

    def _narrow(
        self, scope: _Scope, condition: str | None, parent: GraphQLCompositeType
    ) -> list[_Scope]:
        """The scopes that a fragment opens; none if it can never hold.

        Several when only a list of object types says what one abstract type within another is.
        """
        if condition is None or condition == scope.type.name:
            return [scope]
        target = self._schema.type_map[condition]
        assert is_composite_type(target), "validation admits conditions on composite types only"
        possible = scope.possible & self._possible(target)
        if not possible:
            self.left_out = True
            return []
        if is_abstract_type(target) and self._schema.is_sub_type(target, scope.type):
            return [scope]
        if self._possible(parent) & self._possible(target) == possible:
            return [_Scope(target, condition, possible, scope.conditions)]
        return [
            _Scope(self._object(name), name, frozenset({name}), scope.conditions)
            for name in sorted(possible)
        ]

    def _group(self, fields: list[tuple[str | None, Field]]) -> SelectionSet:
        """Fields of one type condition in one fragment, unless that would change their order."""
        groups: list[tuple[str | None, list[Field]]] = []
        for label, member in fields:
            self._group_of(label, groups).append(member)
        selections: list[Selection] = []
        for label, members in groups:
            selections.extend(members if label is None else [InlineFragment(label, tuple(members))])
        return tuple(selections)

    def _group_of(
        self, label: str | None, groups: list[tuple[str | None, list[Field]]]
    ) -> list[Field]:
        for known, members in reversed(groups):
            if known == label:
                return members
            if not self._disjoint(known, label):
                break
        members = []
        groups.append((label, members))
        return members

    def _disjoint(self, one: str | None, other: str | None) -> bool:
        if one is None or other is None:
            return False
        return not self._possible_by_name(one) & self._possible_by_name(other)

    def _possible(self, composite: GraphQLCompositeType) -> frozenset[str]:
        return self._possible_by_name(composite.name)

    def _possible_by_name(self, name: str) -> frozenset[str]:
        known = self._possible_types.get(name)
        if known is None:
            named = self._schema.type_map[name]
            known = (
                frozenset(possible.name for possible in self._schema.get_possible_types(named))
                if is_abstract_type(named)
                else frozenset({name})
            )
            self._possible_types[name] = known
        return known

    def _object(self, name: str) -> GraphQLObjectType:
        named = self._schema.type_map[name]
        assert isinstance(named, GraphQLObjectType), "possible types are object types"
        return named


def _conditions(node: SelectionNode, outer: Conditions) -> Conditions | None:
    """All run-time conditions of a selection, None if they can never hold."""
    if not node.directives:
        return outer
    found = set(outer)
    for directive in node.directives:
        name = directive.name.value
        if name not in {"skip", "include"}:
            continue
        value = next(a.value for a in directive.arguments or () if a.name.value == "if")
        if isinstance(value, BooleanValueNode):
            if value.value == (name == "skip"):
                return None
        elif isinstance(value, VariableNode):
            found.add(Condition(value.name.value, negated=name == "skip"))
    if any(
        not each.deferral.number and Condition(each.variable, not each.negated) in found
        for each in found
    ):
        return None
    return tuple(sorted(found))


def _directive(node: SelectionNode, name: str) -> DirectiveNode | None:
    return next((each for each in node.directives or () if each.name.value == name), None)

"""Reads in a plan of @apollo/query-planner that a subgraph cannot answer, or only by luck.

A plan that reads an ``@external`` field where nothing provides it, or a field with ``@requires``
where its inputs were not sent, is shorter than ours and wrong. Inputs that ``@provides`` brings
along are another matter: such a plan may work, where the resolver looks at its parent value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLSchema,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    get_named_type,
    is_composite_type,
    parse,
)

UNSENT = "inputs not sent"
EXTERNAL = "external read"
PROVIDED = "inputs provided, not sent"


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What a subgraph's directives say of a field; field sets hold plain names."""

    is_external: bool
    requires: frozenset[str]
    provides: frozenset[str]


Facts = Mapping[tuple[str, str], FieldFacts]


@dataclass(frozen=True, slots=True)
class Known:
    """What is at hand at an object: fields sent in its representation and fields provided there."""

    sent: frozenset[str] = frozenset()
    provided: frozenset[str] = frozenset()


def read_facts(sdl: str) -> Facts:
    """The directives of a subgraph's fields by type and field name."""
    facts: dict[tuple[str, str], FieldFacts] = {}
    for node in parse(sdl).definitions:
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            for field in node.fields or ():
                facts[node.name.value, field.name.value] = FieldFacts(
                    any(each.name.value == "external" for each in field.directives or ()),
                    _names(field, "requires"),
                    _names(field, "provides"),
                )
    return facts


def _names(field: FieldDefinitionNode, directive: str) -> frozenset[str]:
    for applied in field.directives or ():
        if applied.name.value == directive:
            for argument in applied.arguments or ():
                assert isinstance(argument.value, StringValueNode), "a field set is a string"
                return frozenset(argument.value.value.split())
    return frozenset()


def faults(
    node: Mapping[str, Any] | None,
    facts: Mapping[str, Facts],
    schemas: Mapping[str, GraphQLSchema],
) -> frozenset[str]:
    """The kinds of doubtful reads under a plan node."""
    return frozenset(_faults(node, facts, schemas)) if node is not None else frozenset()


def _faults(
    node: Mapping[str, Any], facts: Mapping[str, Facts], schemas: Mapping[str, GraphQLSchema]
) -> Iterator[str]:
    for fetch in _fetches(node):
        name = fetch["serviceName"]
        yield from _Reader(facts[name], schemas[name], fetch).read()


def texts_of(node: Mapping[str, Any] | None) -> list[str]:
    """The operation text of each fetch under a plan node."""
    return [fetch["operation"] for fetch in _fetches(node)] if node is not None else []


def _fetches(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if node["kind"] == "Fetch":
        yield node
    inner = [node.get(key) for key in ("node", "ifClause", "elseClause")]
    for each in (*inner, *node.get("nodes", ())):
        if each is not None:
            yield from _fetches(each)


class _Reader:
    """Walks the text of one fetch."""

    def __init__(self, facts: Facts, schema: GraphQLSchema, fetch: Mapping[str, Any]) -> None:
        self._facts = facts
        self._schema = schema
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        for node in parse(fetch["operation"]).definitions:
            if isinstance(node, OperationDefinitionNode):
                self._operation = node
            elif isinstance(node, FragmentDefinitionNode):
                self._fragments[node.name.value] = node
        self._sent = {
            each["typeCondition"]: frozenset(
                one["name"] for one in each["selections"] if "name" in one
            )
            for each in fetch.get("requires", ())
        }

    def read(self) -> Iterator[str]:
        root = self._schema.get_root_type(OperationType(self._operation.operation.value))
        assert root is not None, "the subgraph answers this kind of operation"
        yield from self._visit(self._operation.selection_set, root, Known())

    def _visit(
        self, selections: SelectionSetNode, parent: GraphQLCompositeType, known: Known
    ) -> Iterator[str]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                if not node.name.value.startswith("__"):
                    yield from self._field(node, parent, known)
                continue
            if isinstance(node, InlineFragmentNode):
                inner, condition = node.selection_set, node.type_condition
            else:
                assert isinstance(node, FragmentSpreadNode), "there are three kinds of selections"
                fragment = self._fragments[node.name.value]
                inner, condition = fragment.selection_set, fragment.type_condition
            narrowed = self._schema.type_map[condition.name.value] if condition else parent
            assert is_composite_type(narrowed), "a type condition names a composite type"
            yield from self._visit(inner, narrowed, self._narrowed(known, parent, narrowed.name))

    def _narrowed(self, known: Known, parent: GraphQLCompositeType, name: str) -> Known:
        return Known(self._sent.get(name, frozenset())) if parent.name == "_Entity" else known

    def _field(self, node: FieldNode, parent: GraphQLCompositeType, known: Known) -> Iterator[str]:
        name = node.name.value
        facts = self._facts.get((parent.name, name), FieldFacts(False, frozenset(), frozenset()))
        if facts.is_external and name not in known.provided:
            yield EXTERNAL
        if not facts.requires <= known.sent:
            yield PROVIDED if facts.requires <= known.sent | known.provided else UNSENT
        if node.selection_set is None:
            return
        definition = self._schema.get_field(parent, name)
        assert definition is not None, "the plan is valid in the subgraph"
        named = get_named_type(definition.type)
        assert is_composite_type(named), "only composite values have selections"
        yield from self._visit(node.selection_set, named, Known(provided=facts.provides))

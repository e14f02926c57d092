"""Operations that are valid at a glance.

graphql-core visits a document for each validation rule in turn, which takes longer than planning
does. Nearly all that clients send is one operation of fields, fragments, arguments, ``@skip`` and
``@include``: that is walked here once, with all rules in mind. Whatever else there is, or is not
quite right, is left to graphql-core, whose verdict and messages hold. So this may be wrong in one
direction only, and `tests/properties/test_validation.py` holds it to that.

Source:
    GraphQL specification, "Validation"; each check names the rules that it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graphql import (
    DirectiveLocation,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLCompositeType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    do_types_overlap,
    get_named_type,
    is_composite_type,
    is_input_type,
    is_required_argument,
    type_from_ast,
)

from federation.operation.literals import Unsure, Usage, check_usage, default_of, read_value

_MAX_NESTING = 200
"""Selection sets within each other, through fragments too: graphql-core's own bound."""

_CONDITIONS = frozenset({"skip", "include"})


@dataclass(slots=True)
class _Definition:
    """What was found in the operation or a fragment.

    Attributes:
        depth: Selection sets within each other.
        spreads: Fragments that it spreads, each with the greatest depth at which it does.
    """

    depth: int = 0
    spreads: dict[str, int] = field(default_factory=dict)


def is_plainly_valid(document: DocumentNode, schema: GraphQLSchema) -> bool:
    """Whether a document surely obeys all rules but the one of fields that overlap.

    False says only that graphql-core must decide.
    """
    operations = []
    fragments: dict[str, FragmentDefinitionNode] = {}
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            operations.append(definition)
        elif isinstance(definition, FragmentDefinitionNode):
            # Unique Fragment Names. Variables of fragments are no part of the specification.
            if definition.name.value in fragments or definition.variable_definitions:
                return False
            fragments[definition.name.value] = definition
        else:
            return False
    # Whatever is told of names of operations, of variables or of fragments that nobody uses is
    # simple for one operation; subscriptions have rules of their own.
    if len(operations) != 1 or operations[0].operation is OperationType.SUBSCRIPTION:
        return False
    try:
        _Glance(schema, fragments).look_at(operations[0])
    except Unsure:
        return False
    return True


class _Glance:
    """One walk through an operation and the fragments that it spreads."""

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._usages: list[Usage] = []
        self._found: dict[str, _Definition] = {}
        self._pending: list[tuple[str, SelectionSetNode, GraphQLCompositeType, int]] = []

    def look_at(self, operation: OperationDefinitionNode) -> None:
        """Walk all of it.

        Raises:
            Unsure: Something may be wrong with it.
        """
        # Known Operation Types.
        root = self._schema.get_root_type(operation.operation)
        if root is None or operation.directives:
            raise Unsure
        self._enter("", operation.selection_set, root)
        while self._pending:
            self._selections(*self._pending.pop())
        # No Unused Fragments.
        if len(self._found) != len(self._fragments) + 1:
            raise Unsure
        self._require_no_cycles()
        self._variables(operation.variable_definitions or ())

    def _enter(self, name: str, node: SelectionSetNode, parent: GraphQLCompositeType) -> None:
        self._found[name] = _Definition()
        self._pending.append((name, node, parent, 1))

    def _selections(
        self, owner: str, node: SelectionSetNode, parent: GraphQLCompositeType, depth: int
    ) -> None:
        definition = self._found[owner]
        definition.depth = max(definition.depth, depth)
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                self._directives(selection.directives, DirectiveLocation.FIELD)
                named, below = self._field(selection, parent), selection.selection_set
                # Leaf Field Selections.
                if is_composite_type(named) != (below is not None):
                    raise Unsure
                if is_composite_type(named) and below is not None:
                    self._pending.append((owner, below, named, depth + 1))
            elif isinstance(selection, InlineFragmentNode):
                self._directives(selection.directives, DirectiveLocation.INLINE_FRAGMENT)
                condition = selection.type_condition
                narrowed = self._narrowed(condition.name.value, parent) if condition else parent
                self._pending.append((owner, selection.selection_set, narrowed, depth + 1))
            elif isinstance(selection, FragmentSpreadNode):
                self._directives(selection.directives, DirectiveLocation.FRAGMENT_SPREAD)
                self._spread(selection, parent)
                spreads, name = definition.spreads, selection.name.value
                spreads[name] = max(spreads.get(name, 0), depth)

    def _field(self, node: FieldNode, parent: GraphQLCompositeType) -> object:
        """The named type of a field."""
        name = node.name.value
        # Maximum Introspection Depth is graphql-core's affair.
        if name in {"__schema", "__type"}:
            raise Unsure
        definition = self._schema.get_field(parent, name)
        # Field Selections.
        if definition is None:
            raise Unsure
        if node.arguments or definition.args:
            self._arguments(node, definition.args)
        return get_named_type(definition.type)

    def _narrowed(self, name: str, parent: GraphQLCompositeType) -> GraphQLCompositeType:
        """The type of a fragment: known, of objects, and possible here."""
        found = self._schema.type_map.get(name)
        if not is_composite_type(found) or not do_types_overlap(self._schema, found, parent):
            raise Unsure
        return found

    def _spread(self, node: FragmentSpreadNode, parent: GraphQLCompositeType) -> None:
        name = node.name.value
        fragment = self._fragments.get(name)
        if fragment is None or node.arguments or fragment.directives:
            raise Unsure
        narrowed = self._narrowed(fragment.type_condition.name.value, parent)
        if name not in self._found:
            self._enter(name, fragment.selection_set, narrowed)

    def _directives(
        self, nodes: tuple[DirectiveNode, ...] | None, location: DirectiveLocation
    ) -> None:
        """Directives Are Defined, In Valid Locations, and Unique; their arguments."""
        seen: set[str] = set()
        for node in nodes or ():
            name = node.name.value
            definition = self._schema.get_directive(name) if name in _CONDITIONS else None
            if definition is None or location not in definition.locations or name in seen:
                raise Unsure
            seen.add(name)
            self._arguments(node, definition.args)

    def _arguments(
        self, node: FieldNode | DirectiveNode, definitions: dict[str, GraphQLArgument]
    ) -> None:
        """Argument Names, Uniqueness, Required Arguments, and their values."""
        given: set[str] = set()
        for argument in node.arguments or ():
            name = argument.name.value
            definition = definitions.get(name)
            if definition is None or name in given:
                raise Unsure
            given.add(name)
            read_value(argument.value, definition.type, default_of(definition), self._usages)
        for name, definition in definitions.items():
            if name not in given and is_required_argument(definition):
                raise Unsure

    def _require_no_cycles(self) -> None:
        """Fragment Spreads Must Not Form Cycles, nor nest more deeply than can be borne."""
        self._depth_of("", 0, {})

    def _depth_of(self, name: str, around: int, depths: dict[str, int]) -> int:
        """Selection sets within each other in a definition and all that it spreads.

        Args:
            around: Of those around it.
            depths: Those that are known.
        """
        # No function within a function: it would hold itself, and with it the document.
        known = depths.get(name)
        if known is None:
            # A cycle gets here as well.
            if around > _MAX_NESTING:
                raise Unsure
            found = self._found[name]
            known = max(
                (
                    at + self._depth_of(each, around + at, depths)
                    for each, at in found.spreads.items()
                ),
                default=0,
            )
            known = depths[name] = max(known, found.depth)
        if around + known > _MAX_NESTING:
            raise Unsure
        return known

    def _variables(self, nodes: Iterable[VariableDefinitionNode]) -> None:
        """Variables are unique, of input types, used, defined, and allowed where they stand."""
        definitions = {}
        for node in nodes:
            name = node.variable.name.value
            named = type_from_ast(self._schema, node.type)
            if name in definitions or node.directives or not is_input_type(named):
                raise Unsure
            definitions[name] = (named, node.default_value)
            if node.default_value is not None:
                read_value(node.default_value, named, False, [])
        used = {usage.name for usage in self._usages}
        if used != definitions.keys():
            raise Unsure
        for usage in set(self._usages):
            check_usage(self._schema, usage, *definitions[usage.name])

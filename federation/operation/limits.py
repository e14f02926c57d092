"""Limits on what one operation may ask, checked before validation, which is the costly part.

Sizes are measured as if every fragment were written out where it is spread. Each fragment is
measured once and its size added where it is used, so a document whose expansion would be
exponential costs no more than its own length.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
)
from msgspec import Struct

from federation.errors import OperationTooLarge

_INTROSPECTION = ("__schema", "__type")
_MAX_NESTING = 200
"""Levels of selection sets and spreads together; the interpreter's stack bears far more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one operation may ask at most; the defaults suit an endpoint open to many callers.

    Attributes:
        max_characters: Length of the operation text, in characters.
        max_tokens: Lexical tokens of the document.
        max_depth: Fields on the longest way from the root, fragments not counted. What stands below
            ``__schema`` and ``__type`` is bounded by validation instead.
        max_aliases: Fields with an alias, fragments expanded.
        max_root_fields: Fields of the root selection set, fragments expanded.
        max_directives: Directives on selections, fragments expanded.
        max_fields: Fields in all, fragments expanded.
        max_deferrals: Fragments with ``@defer`` and fields with ``@stream``, fragments expanded.
        max_list_items: Items of one list, as a literal or in a variable's value.
        max_page_size: Largest whole number that a paging argument may have.
        page_arguments: Names of the arguments that ask for a number of items.
        max_validation_errors: Validation stops after so many errors.
    """

    max_characters: int = 100_000
    max_tokens: int = 15_000
    max_depth: int = 15
    max_aliases: int = 30
    max_root_fields: int = 20
    max_directives: int = 100
    max_fields: int = 5_000
    max_deferrals: int = 20
    max_list_items: int = 1_000
    max_page_size: int = 1_000
    page_arguments: frozenset[str] = frozenset({"first", "last", "limit"})
    max_validation_errors: int = 50


class _Size(Struct, frozen=True, gc=False):
    """How large a selection set is; the names are those of the limits without ``max_``."""

    depth: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0
    fields: int = 0
    deferrals: int = 0

    def __add__(self, other: _Size) -> _Size:
        """Both side by side."""
        return _Size(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.root_fields + other.root_fields,
            self.directives + other.directives,
            self.fields + other.fields,
            self.deferrals + other.deferrals,
        )


def too_large(limit: str, allowed: int, what: str) -> OperationTooLarge:
    """The error for one exceeded limit; ``what`` ends the sentence "the operation has ..."."""
    return OperationTooLarge(
        f"The operation {what} (limit: {allowed}).",
        extensions={"limit": limit, "allowed": allowed},
    )


def check_limits(document: DocumentNode, limits: Limits) -> None:
    """Measure every operation of a parsed document.

    Cyclic and unknown fragments count as empty here; validation reports them.

    Raises:
        OperationTooLarge: A limit is exceeded; its name stands in the extensions.
    """
    measure = _Measure(document, limits)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            for variable in definition.variable_definitions or ():
                if variable.default_value:
                    measure.check_value(variable.default_value)
            _compare(measure.selection_set(definition.selection_set, 0), limits)


def _compare(size: _Size, limits: Limits) -> None:
    for measured in size.__struct_fields__:
        name = f"max_{measured}"
        value, allowed = getattr(size, measured), getattr(limits, name)
        if value > allowed:
            # Fragments that multiply make numbers too long to print.
            shown = value if value < 10**9 else "over 1000000000"
            raise too_large(name, allowed, f"counts {shown} in {measured.replace('_', ' ')}")


class _Measure:
    """Sizes of the selection sets of one document."""

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self._limits = limits
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._sizes: dict[str, _Size] = {}

    def selection_set(self, node: SelectionSetNode | None, nesting: int) -> _Size:
        """The sizes of all its selections together."""
        if nesting > _MAX_NESTING:
            raise too_large("max_depth", self._limits.max_depth, "nests fragments too deeply")
        size = _Size()
        for selection in node.selections if node else ():
            size += self._selection(selection, nesting + 1)
            directives = selection.directives
            if directives:
                deferrals = sum(each.name.value in {"defer", "stream"} for each in directives)
                size += _Size(directives=len(directives), deferrals=deferrals)
                self._check_directives(directives)
        return size

    def _selection(self, node: SelectionNode, nesting: int) -> _Size:
        if isinstance(node, FieldNode):
            return self._field(node, nesting)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value, nesting)
        return self.selection_set(getattr(node, "selection_set", None), nesting)

    def _field(self, node: FieldNode, nesting: int) -> _Size:
        for argument in node.arguments or ():
            self._check_argument(argument.name.value, argument.value)
        below = self.selection_set(node.selection_set, nesting)
        return _Size(
            depth=1 if node.name.value in _INTROSPECTION else 1 + below.depth,
            aliases=below.aliases + (node.alias is not None),
            root_fields=1,
            directives=below.directives,
            fields=1 + below.fields,
            deferrals=below.deferrals,
        )

    def _fragment(self, name: str, nesting: int) -> _Size:
        if name not in self._sizes:
            # Seen again while it is being measured, a fragment is cyclic and counts as empty.
            self._sizes[name] = _Size()
            definition = self._fragments.get(name)
            if definition is not None:
                self._sizes[name] = self.selection_set(definition.selection_set, nesting)
        return self._sizes[name]

    def _check_directives(self, nodes: Iterable[DirectiveNode]) -> None:
        for directive in nodes:
            for argument in directive.arguments or ():
                self.check_value(argument.value)

    def _check_argument(self, name: str, value: ValueNode) -> None:
        limits = self._limits
        if name in limits.page_arguments and isinstance(value, IntValueNode):
            check_page_size(name, value.value, limits)
        self.check_value(value)

    def check_value(self, value: ValueNode) -> None:
        """Refuse list literals that are too long, at any depth."""
        if isinstance(value, ListValueNode):
            check_list(len(value.values), self._limits)
            for item in value.values:
                self.check_value(item)
        elif isinstance(value, ObjectValueNode):
            for field in value.fields:
                self.check_value(field.value)


def check_page_size(name: str, value: str | int, limits: Limits) -> None:
    """Refuse a paging argument that asks for too many items; ``value`` may be literal text."""
    # Compared by length first: converting a literal of thousands of digits is slow, then refused.
    if len(str(value)) > 12 or int(value) > limits.max_page_size:
        raise too_large("max_page_size", limits.max_page_size, f"asks too much with '{name}'")


def check_list(length: int, limits: Limits) -> None:
    """Refuse a list of values that is too long."""
    if length > limits.max_list_items:
        raise too_large(
            "max_list_items", limits.max_list_items, "has a list value with too many items"
        )

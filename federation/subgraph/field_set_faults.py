"""What can be wrong with the field set of ``@key``, ``@requires`` or ``@provides``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from graphql import (
    FieldNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.literals import misfits
from federation.subgraph.model import Directive, Field, Kind, Subgraph, Type, directives_of


class FaultKind(Enum):
    """Kinds of faults, each reported by a rule of its own."""

    NOT_A_STRING = "not a string"
    INVALID = "invalid"
    ARGUMENTS = "arguments"
    DIRECTIVE = "directive"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in a field set."""

    kind: FaultKind
    message: str


@dataclass(frozen=True, slots=True)
class FieldSetUse:
    """A field set where it stands.

    Attributes:
        on: The type or field that carries the directive.
        parent: Name of the type that the field set selects from.
    """

    directive: Directive
    on: Coordinate
    parent: str

    def diagnostic(self, code: str, message: str, fix: str) -> Diagnostic:
        """A finding about this field set."""
        text = self.directive.text("fields")
        shown = f'@{self.directive.name}(fields: "{text}")' if text else f"@{self.directive.name}"
        return Diagnostic(
            code,
            f"[{self.directive.location.subgraph}] {shown} on {self.on}: {message}",
            coordinate=self.on,
            locations=(self.directive.location,),
            fix=fix,
        )


def uses_of(subgraph: Subgraph, name: str) -> Iterator[FieldSetUse]:
    """Every application of ``@key``, ``@requires`` or ``@provides`` in a subgraph."""
    for definition in subgraph.types.values():
        if name == "key":
            for key in definition.keys:
                yield FieldSetUse(key, Coordinate(definition.name), definition.name)
            continue
        for field in definition.fields.values():
            on = Coordinate(definition.name, field.name)
            parent = field.type.strip("[]!") if name == "provides" else definition.name
            for directive in directives_of(field, name):
                yield FieldSetUse(directive, on, parent)


def faults_in(use: FieldSetUse, types: Mapping[str, Type]) -> Iterator[Fault]:
    """Everything wrong with a field set, in order of its text."""
    text = use.directive.text("fields")
    if text is None:
        yield Fault(FaultKind.NOT_A_STRING, "the argument fields is not a string")
        return
    stripped = text.strip()
    try:
        document = parse(stripped if stripped.startswith("{") else f"{{{stripped}}}")
    except GraphQLSyntaxError as error:
        yield Fault(FaultKind.INVALID, f"not a selection of fields: {error.message}")
        return
    operation = document.definitions[0]
    parent = types.get(use.parent)
    # Where nothing can be selected from, one rule of its own says so.
    if parent is None or not (parent.is_composite or parent.kind is Kind.UNION):
        return
    if isinstance(operation, OperationDefinitionNode):
        yield from _walk(operation.selection_set, use.parent, types)


def _walk(selections: SelectionSetNode, parent: str, types: Mapping[str, Type]) -> Iterator[Fault]:
    if not selections.selections:
        yield Fault(FaultKind.INVALID, f"nothing of {parent} is selected")
    for selection in selections.selections:
        if selection.directives:
            name = selection.directives[0].name.value
            yield Fault(FaultKind.DIRECTIVE, f"a field set takes no directives such as @{name}")
        if isinstance(selection, FieldNode):
            yield from _walk_field(selection, parent, types)
        elif isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inner = condition.name.value if condition else parent
            if inner in types:
                yield from _walk(selection.selection_set, inner, types)
            else:
                yield Fault(FaultKind.INVALID, f"there is no type {inner}")
        else:
            yield Fault(FaultKind.INVALID, "a field set spreads no named fragments")


def _walk_field(node: FieldNode, parent: str, types: Mapping[str, Type]) -> Iterator[Fault]:
    name = node.name.value
    if node.alias:
        yield Fault(FaultKind.INVALID, f"a field set takes no aliases such as {node.alias.value}")
    if name == "__typename":
        return
    definition = types.get(parent)
    field = definition.fields.get(name) if definition else None
    if field is None:
        yield Fault(FaultKind.INVALID, f"{parent} has no field {name}")
        return
    yield from _walk_arguments(node, field, parent, types)
    type_name = field.type.strip("[]!")
    target = types.get(type_name)
    is_nested = target is not None and (target.is_composite or target.kind is Kind.UNION)
    if is_nested and node.selection_set is None:
        message = f"{parent}.{name} is of type {field.type} and needs a selection of its fields"
        yield Fault(FaultKind.INVALID, message)
    elif node.selection_set is not None and not is_nested:
        message = f"{parent}.{name} is of type {field.type} and has no fields to select"
        yield Fault(FaultKind.INVALID, message)
    elif node.selection_set is not None:
        yield from _walk(node.selection_set, type_name, types)


def _walk_arguments(
    node: FieldNode, field: Field, parent: str, types: Mapping[str, Type]
) -> Iterator[Fault]:
    coordinate = f"{parent}.{field.name}"
    if field.arguments:
        yield Fault(FaultKind.ARGUMENTS, f"{coordinate} has arguments")
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name in sorted(given):
        known = field.argument(name)
        if known is None:
            yield Fault(FaultKind.INVALID, f"{coordinate} has no argument {name}")
            continue
        for problem in misfits(given[name], known.type, types):
            yield Fault(FaultKind.INVALID, f"the argument {name} of {coordinate}: {problem}")
    for argument in field.arguments:
        if argument.is_required and argument.name not in given:
            message = f"{coordinate} needs a value for its argument {argument.name}"
            yield Fault(FaultKind.INVALID, message)

"""Inputs that an operation names and does not supply: a variable without value, an empty object.

They test nothing, so that the question about the operation leaves them out. Where names are a
secret they have to be asked about, or that they are accepted tells that they exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import ListValueNode, ObjectValueNode, ValueNode, VariableNode

from federation.access.ask import AskedUses
from federation.access.decision import Decision
from federation.access.index import AccessIndex
from federation.access.inputs import InputUse, parse_literal
from federation.access.judge import Judge
from federation.access.request import Uses
from federation.access.sight import SeenInputs
from federation.catalogue import TypeField
from federation.operation.model import Operation
from federation.selection import Argument, Field, SelectionSet


@dataclass(frozen=True, slots=True)
class NamedInputs:
    """Inputs without a value in one operation.

    Attributes:
        arguments: By object type, field and argument.
        fields: By input type and field.
        tests: All that could be tested by them, as a question lists it; where that is nothing there
            is nothing to hide.
    """

    index: AccessIndex
    arguments: frozenset[tuple[str, str, str]]
    fields: frozenset[TypeField]
    tests: Mapping[str, Uses]

    def are_seen(self, decision: Decision) -> bool:
        """Whether all of them belong to what the caller is shown of the schema.

        Args:
            decision: On the ``tests``.
        """
        judge = Judge({}, decision, self.index, tests_rows=self.index.tests_rows, has_rows=False)
        seen = SeenInputs(self.index, judge)
        return self.fields <= seen.fields and all(
            seen.allows(_own(place, self.index)) and seen.shows(self._argument(place))
            for place in self.arguments
        )

    def _argument(self, place: tuple[str, str, str]) -> Any:
        type_name, field_name, name = place
        definition: Any = self.index.schema.type_map[type_name]
        return definition.fields[field_name].args[name]


def named_inputs(
    operation: Operation, variables: Mapping[str, Any], index: AccessIndex
) -> NamedInputs:
    """The inputs of an operation that are named without a value.

    Args:
        operation: What its caller may ask of it.
        variables: Coerced.
        index: Of the schema that it was validated against.
    """
    finder = _Finder(variables, index)
    finder.visit(operation.selections, index.possible.get(operation.root_type, ()))
    types = {index.inputs.arguments[place].type for place in finder.arguments}
    types |= {name for name, _ in finder.fields}
    uses = {use for place in finder.arguments for use in _own(place, index)}
    asked = AskedUses()
    asked.test(uses.union(_inside(types, index)))
    return NamedInputs(index, frozenset(finder.arguments), frozenset(finder.fields), asked.fields())


def _own(place: tuple[str, str, str], index: AccessIndex) -> frozenset[InputUse]:
    return index.inputs.always(place, tests_rows=index.fields[place[:2]].is_tested)


def _inside(types: set[str], index: AccessIndex) -> Iterator[InputUse]:
    """What can be tested by anything in values of these types."""
    known, waiting = set(types), list(types)
    while waiting:
        name = waiting.pop()
        for uses in index.inputs.values.get(name, {}).values():
            yield from uses
        for facts in index.inputs.fields.get(name, {}).values():
            yield from facts.uses
            if facts.type not in known:
                known.add(facts.type)
                waiting.append(facts.type)


class _Finder:
    def __init__(self, variables: Mapping[str, Any], index: AccessIndex) -> None:
        self.arguments: set[tuple[str, str, str]] = set()
        self.fields: set[TypeField] = set()
        self._variables = variables
        self._index = index

    def visit(self, selections: SelectionSet, types: tuple[str, ...]) -> None:
        for selection in selections:
            if isinstance(selection, Field):
                returns: dict[str, None] = {}
                for name in types:
                    facts = self._index.fields.get((name, selection.name))
                    if facts is not None:
                        returns.update(dict.fromkeys(facts.returns))
                        self._visit_arguments((name, selection.name), selection.arguments)
                self.visit(selection.selections, tuple(returns))
            elif selection.type_condition is None:
                self.visit(selection.selections, types)
            else:
                narrowed = self._index.possible.get(selection.type_condition, ())
                self.visit(selection.selections, tuple(each for each in types if each in narrowed))

    def _visit_arguments(self, place: TypeField, arguments: tuple[Argument, ...]) -> None:
        for argument in arguments:
            facts = self._index.inputs.arguments.get((*place, argument.name))
            if facts and not self._has_value(facts.type, parse_literal(argument.value)):
                self.arguments.add((*place, argument.name))

    def _has_value(self, type_name: str, node: ValueNode) -> bool:
        match node:
            case VariableNode():
                name = node.name.value
                return name in self._variables and self._is_value(type_name, self._variables[name])
            case ListValueNode():
                # All of them are looked at: each can name others.
                return True in [self._has_value(type_name, each) for each in node.values]
            case ObjectValueNode() if type_name in self._index.inputs.fields:
                fields = self._index.inputs.fields[type_name]
                given = {each.name.value: each.value for each in node.fields}
                return self._note(
                    type_name,
                    {
                        name: self._has_value(fields[name].type, value)
                        for name, value in given.items()
                    },
                )
        return True

    def _is_value(self, type_name: str, value: Any) -> bool:
        if isinstance(value, list):
            return True in [self._is_value(type_name, each) for each in value]
        fields = self._index.inputs.fields.get(type_name)
        if isinstance(value, Mapping) and fields is not None:
            return self._note(
                type_name,
                {name: self._is_value(fields[name].type, each) for name, each in value.items()},
            )
        return True

    def _note(self, type_name: str, has_value: Mapping[str, bool]) -> bool:
        """Note the fields of an object that have no value; whether others have one."""
        self.fields |= {(type_name, name) for name, has in has_value.items() if not has}
        return any(has_value.values())

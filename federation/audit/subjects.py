"""Persons that the arguments of an operation name: a search without a result is a look-up too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import Undefined, ValueNode, parse_value, value_from_ast_untyped

from federation.access import AccessIndex
from federation.access.inputs import InputFacts
from federation.operation import Operation
from federation.selection import Argument, Field, SelectionSet

SubjectArgument = tuple[Argument, InputFacts]
"""An argument as written, and what the schema says of it."""


@dataclass(frozen=True, slots=True)
class SubjectInputs:
    """Which inputs of a schema can name a person.

    Attributes:
        coordinates: All ``@dataSubject`` fields.
        types: Input types in which, at any depth, some field tests such a field.
    """

    index: AccessIndex
    coordinates: frozenset[str]
    types: frozenset[str]

    def names_a_person(self, facts: InputFacts) -> bool:
        """Whether the input itself tests a ``@dataSubject`` field."""
        return any(use == "filter" and at in self.coordinates for at, use in facts.uses)


def build_subject_inputs(index: AccessIndex) -> SubjectInputs:
    """The inputs that ``@filters`` ties to a ``@dataSubject`` field."""
    coordinates = frozenset(f"{name}.{field}" for name, field in index.subjects.items())
    found = SubjectInputs(index, coordinates, frozenset())
    types = {
        name
        for name, fields in index.inputs.fields.items()
        if any(found.names_a_person(facts) for facts in fields.values())
    }
    grown = True
    while grown:
        around = {
            name
            for name, fields in index.inputs.fields.items()
            if any(facts.type in types for facts in fields.values())
        }
        grown = not around <= types
        types |= around
    return SubjectInputs(index, coordinates, frozenset(types))


def subject_arguments(operation: Operation, inputs: SubjectInputs) -> tuple[SubjectArgument, ...]:
    """The arguments of an operation that can name a person, whatever the variables hold."""
    roots = inputs.index.possible.get(operation.root_type, ())
    return tuple(dict.fromkeys(_arguments(operation.selections, roots, inputs)))


def named_subjects(
    arguments: tuple[SubjectArgument, ...], variables: Mapping[str, Any], inputs: SubjectInputs
) -> Iterator[Any]:
    """The values that stand where a person is named, as they were given."""
    for argument, facts in arguments:
        value = value_from_ast_untyped(_parse(argument.value), dict(variables))
        yield from _values(value, facts, inputs, named=False)


def _arguments(
    selections: SelectionSet, types: tuple[str, ...], inputs: SubjectInputs
) -> Iterator[SubjectArgument]:
    index = inputs.index
    for selection in selections:
        if not isinstance(selection, Field):
            narrowed = types
            if selection.type_condition is not None:
                met = index.possible.get(selection.type_condition, ())
                narrowed = tuple(name for name in types if name in met)
            yield from _arguments(selection.selections, narrowed, inputs)
            continue
        returns: dict[str, None] = {}
        for name in types:
            for argument in selection.arguments:
                facts = index.inputs.arguments.get((name, selection.name, argument.name))
                if facts and (inputs.names_a_person(facts) or facts.type in inputs.types):
                    yield argument, facts
            field = index.fields.get((name, selection.name))
            returns.update(dict.fromkeys(field.returns if field else ()))
        yield from _arguments(selection.selections, tuple(returns), inputs)


def _values(value: Any, facts: InputFacts, inputs: SubjectInputs, *, named: bool) -> Iterator[Any]:
    named = named or inputs.names_a_person(facts)
    if isinstance(value, list | tuple):
        for item in value:
            yield from _values(item, facts, inputs, named=named)
    elif isinstance(value, Mapping):
        # Of an object that a custom scalar takes, nothing tells which part names the person.
        fields = inputs.index.inputs.fields.get(facts.type) or dict.fromkeys(value, facts)
        for name, item in value.items():
            if name in fields:
                yield from _values(item, fields[name], inputs, named=named)
    elif named and value is not None and value is not Undefined and not isinstance(value, bool):
        yield value


@lru_cache(maxsize=8192)
def _parse(literal: str) -> ValueNode:
    return parse_value(literal, no_location=True)

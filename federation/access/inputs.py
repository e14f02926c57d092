"""What the inputs of a request test and order by, as ``@filters`` says.

Only supplied inputs count, and what defaults add. An input of which nobody said what it
tests is asked as a coordinate of its own (``Query.citizens(where:)``), which the catalogue grades
like the strictest field it could test; paging arguments and the direction beside an ordering are
known to test nothing.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeAlias

from graphql import Undefined, ValueNode, VariableNode, parse_value, value_from_ast_untyped

from federation.catalogue import TypeField, concrete_types
from federation.coordinate import Coordinate
from federation.selection import Argument
from federation.supergraph.governance import read_governance
from federation.supergraph.model import (
    EnumType,
    InputObjectType,
    InputValue,
    ObjectType,
    Supergraph,
    named_type,
)
from federation.supergraph.paging import turns_pages

_DIRECTION = re.compile(r"(ASC|DESC)(ENDING)?(_NULLS_(FIRST|LAST))?", re.IGNORECASE)

InputUse: TypeAlias = tuple[str, str]
"""Coordinate text and ``filter`` or ``sort``."""


@dataclass(frozen=True, slots=True)
class InputFacts:
    """One argument or input field.

    Attributes:
        type: Name of its type.
        uses: What it tests by itself.
        turns_pages: It is known to test nothing.
        default: Literal of the value that it has where none is given; None for no value.
    """

    type: str
    uses: frozenset[InputUse]
    turns_pages: bool = False
    default: str | None = None


@dataclass(frozen=True, slots=True)
class InputMeaning:
    """What something that can be written in an argument's value does there.

    Attributes:
        uses: What it tests or orders by itself.
        is_unexplained: Nobody said what it tests.
        is_told_inside: What is written in its own value tests or orders by more.
    """

    uses: frozenset[InputUse]
    is_unexplained: bool
    is_told_inside: bool = False


@dataclass(frozen=True, slots=True)
class Inputs:
    """Meanings of all inputs of a supergraph.

    Attributes:
        arguments: By object type, field and argument.
        fields: By input type, then field.
        values: By enum type, then value.
        defaults: By object type and field, what each argument tests where it is not given.
    """

    arguments: Mapping[tuple[str, str, str], InputFacts]
    fields: Mapping[str, Mapping[str, InputFacts]]
    values: Mapping[str, Mapping[str, frozenset[InputUse]]]
    defaults: Mapping[TypeField, Mapping[str, frozenset[InputUse]]] = field(default_factory=dict)

    def cuts(self, argument: tuple[str, str, str]) -> bool:
        """Whether an argument may choose among rows otherwise than by columns that it names."""
        facts = self.arguments.get(argument)
        return facts is None or not (facts.uses or self._tests(facts.type, frozenset()))

    def always(self, argument: tuple[str, str, str], *, tests_rows: bool) -> frozenset[InputUse]:
        """What an argument tests by itself, whatever is in its value.

        Nobody said what a plain value tests: then it is asked by its own name, as in a request.

        Args:
            argument: Object type, field and argument.
            tests_rows: As for ``input_uses``.
        """
        facts = self.arguments[argument]
        if facts.uses:
            return facts.uses
        if self.is_told_inside(facts.type) or facts.turns_pages or not tests_rows:
            return frozenset()
        type_name, field, name = argument
        return frozenset({(f"{type_name}.{field}({name}:)", "filter")})

    def written(self, type_name: str, name: str) -> InputMeaning | None:
        """What an input field, or an enum value, tests wherever it is written.

        Args:
            type_name: Of an input type or an enum.
            name: Field or value.

        Returns:
            None where there is no such thing.
        """
        walk = _Walk(self, set())
        if name in (fields := self.fields.get(type_name, {})):
            is_told_inside = self.is_told_inside(fields[name].type)
            # A plain value stands for any, and an empty list for what is told inside.
            walk.visit_object(type_name, {name: [] if is_told_inside else "value"}, explained=False)
            return InputMeaning(frozenset(walk.uses), walk.unexplained, is_told_inside)
        if name in self.values.get(type_name, {}):
            walk.visit(type_name, name, explained=walk.directs(type_name))
            return InputMeaning(frozenset(walk.uses), walk.unexplained)
        return None

    def takers(self, type_name: str) -> Iterator[tuple[str, str, str]]:
        """Arguments by whose names a request asks for what is unexplained in a value of a type."""
        holders = {type_name}
        while more := {
            name
            for name, fields in self.fields.items()
            if name not in holders
            and any(each.type in holders and not each.uses for each in fields.values())
        }:
            holders |= more
        for place, facts in self.arguments.items():
            if facts.type in holders and not facts.uses and not facts.turns_pages:
                yield place

    def is_told_inside(self, type_name: str) -> bool:
        """Whether what is written in a value of an input type says what that tests."""
        return type_name in self.fields or any(self.values.get(type_name, {}).values())

    def _tests(self, type_name: str, above: frozenset[str]) -> bool:
        """Whether all that can be said in an input type tests or orders by columns."""
        values = self.values.get(type_name)
        if values is not None:
            return all(values.values())
        fields = self.fields.get(type_name)
        if fields is None or type_name in above:
            return fields is not None
        inner = above | {type_name}
        return all(each.uses or self._tests(each.type, inner) for each in fields.values())


def build_inputs(supergraph: Supergraph) -> Inputs:
    """The meanings of all inputs, abstract types in ``@filters`` expanded to object types."""
    reader = _Reader(supergraph)
    arguments: dict[tuple[str, str, str], InputFacts] = {}
    for definition in supergraph.composite_types():
        for name in reader.concrete.get(definition.name, ()):
            for each in definition.fields.values():
                for argument in each.arguments:
                    place = (name, each.name, argument.name)
                    at = Coordinate(definition.name, each.name, argument.name)
                    facts = reader.facts(at, argument)
                    known = arguments.get(place)
                    # An object's argument and that of its interface are one: both count.
                    uses = facts.uses | known.uses if known else facts.uses
                    pages = turns_pages(supergraph, each, argument)
                    pages = pages and (known is None or known.turns_pages)
                    # The object's own default is the one that counts.
                    default = (
                        facts.default if known is None or definition.name == name else known.default
                    )
                    arguments[place] = InputFacts(facts.type, uses, pages, default)
    types = supergraph.types.values()
    inputs = Inputs(
        arguments=arguments,
        fields={
            t.name: {
                each.name: reader.facts(Coordinate(t.name, each.name), each)
                for each in t.fields.values()
            }
            for t in types
            if isinstance(t, InputObjectType)
        },
        values={
            t.name: {value.name: reader.uses(Coordinate(t.name, value.name)) for value in t.values}
            for t in types
            if isinstance(t, EnumType)
        },
    )
    return replace(inputs, defaults=_defaults(inputs))


def _defaults(inputs: Inputs) -> dict[TypeField, dict[str, frozenset[InputUse]]]:
    found: dict[TypeField, dict[str, frozenset[InputUse]]] = {}
    for (type_name, name, argument), facts in inputs.arguments.items():
        if facts.default is not None:
            walk = _Walk(inputs, set())
            walk.visit_default((type_name, name), facts)
            if walk.uses:
                found.setdefault((type_name, name), {})[argument] = frozenset(walk.uses)
    return found


def input_uses(
    place: TypeField,
    arguments: tuple[Argument, ...],
    variables: Mapping[str, Any],
    inputs: Inputs,
    *,
    tests_rows: bool,
) -> frozenset[InputUse]:
    """What the arguments of one selection test and order by, defaults of others included.

    Args:
        place: Object type and field.
        arguments: As written in the operation.
        variables: Coerced; a variable without value supplies nothing.
        inputs: Of the same supergraph.
        tests_rows: Unexplained inputs are tests: the field selects objects and changes nothing.
    """
    uses: set[InputUse] = set()
    defaults = dict(inputs.defaults.get(place, ()))
    for argument in arguments:
        node = parse_literal(argument.value)
        if isinstance(node, VariableNode) and node.name.value not in variables:
            continue
        defaults.pop(argument.name, None)
        facts = inputs.arguments.get((*place, argument.name))
        own = facts.uses if facts else frozenset()
        walk = _Walk(inputs, set(own))
        # By its own variables only: what others hold makes no difference (``input_shapes``).
        given = {name: variables[name] for name in argument.variables if name in variables}
        value = value_from_ast_untyped(node, given)
        walk.visit(facts.type if facts else "", value, explained=bool(own))
        uses |= walk.uses
        if walk.unexplained and tests_rows and not (facts and facts.turns_pages):
            uses.add((f"{place[0]}.{place[1]}({argument.name}:)", "filter"))
    return frozenset(uses).union(*defaults.values())


def input_shapes(
    names: Iterable[str],
    types: Mapping[str, str],
    variables: Mapping[str, Any],
    inputs: Inputs,
) -> tuple[Hashable, ...]:
    """What ``input_uses`` can see of variables: where it is equal, the uses are.

    Which inputs are supplied, and enum values that name a column; no value besides.

    Args:
        names: Of the variables that stand in arguments.
        types: Names of the variables' types, without lists and exclamation marks.
        variables: Coerced.
        inputs: Of the same supergraph.
    """
    return tuple(
        _shape(types[name], variables[name], inputs) if name in variables else None
        for name in names
    )


def _shape(type_name: str, value: Any, inputs: Inputs) -> Hashable:
    if isinstance(value, list | tuple):
        return frozenset(_shape(type_name, item, inputs) for item in value)
    fields = inputs.fields.get(type_name)
    if isinstance(value, Mapping) and fields is not None:
        return tuple(
            (name, _shape(fields[name].type, item, inputs))
            for name, item in value.items()
            if name in fields
        )
    return str(value) if type_name in inputs.values else True


class _Reader:
    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph
        self.filters = read_governance(supergraph).filters
        self.concrete = concrete_types(supergraph)

    def facts(self, at: Coordinate, value: InputValue) -> InputFacts:
        default = None if value.default == "null" else value.default
        return InputFacts(named_type(value.type), self.uses(at), default=default)

    def uses(self, at: Coordinate) -> frozenset[InputUse]:
        return frozenset(
            (coordinate, each.use.value.lower())
            for each in self.filters.get(at, ())
            for coordinate in self.coordinates(each.field)
        )

    def coordinates(self, field: Coordinate) -> Iterator[str]:
        known = False
        for name in self.concrete.get(field.type, ()):
            definition = self.supergraph.types[name]
            if isinstance(definition, ObjectType) and field.field in definition.fields:
                known = True
                yield f"{name}.{field.field}"
        if not known:
            # A wrong name must not make an input harmless: asked as it stands, no policy knows it.
            yield str(field)


class _Walk:
    """One supplied argument value, walked along its input type."""

    def __init__(self, inputs: Inputs, uses: set[InputUse]) -> None:
        self.inputs = inputs
        self.uses = uses
        self.unexplained = False
        self._defaults: set[tuple[str, str]] = set()

    def visit(self, type_name: str, value: Any, *, explained: bool) -> None:
        if isinstance(value, list | tuple):
            for item in value:
                self.visit(type_name, item, explained=explained)
        elif isinstance(value, Mapping) and type_name in self.inputs.fields:
            self.visit_object(type_name, value, explained=explained)
        elif value is not Undefined:
            uses = self.inputs.values.get(type_name, {}).get(str(value), frozenset())
            self.uses |= uses
            self.unexplained |= not uses and not explained

    def visit_object(self, type_name: str, value: Mapping[str, Any], *, explained: bool) -> None:
        fields = self.inputs.fields[type_name]
        orders = any(self.orders(facts.type) for facts in fields.values())
        for name, item in value.items():
            facts = fields.get(name)
            if facts is None or item is Undefined:
                continue
            self.uses |= facts.uses
            direction = orders and self.directs(facts.type)
            self.visit(facts.type, item, explained=explained or bool(facts.uses) or direction)
        for name, facts in fields.items():
            if value.get(name, Undefined) is Undefined and facts.default is not None:
                self.visit_default((type_name, name), facts)

    def visit_default(self, place: tuple[str, str], facts: InputFacts) -> None:
        """Walk what a field has that was not given; a default may hold others in turn."""
        if place not in self._defaults:
            self._defaults.add(place)
            self.uses |= facts.uses
            value = value_from_ast_untyped(parse_literal(facts.default or ""))
            # The client says nothing by it, so that only what is known to test counts.
            self.visit(facts.type, value, explained=True)

    def directs(self, type_name: str) -> bool:
        """Whether all values of this enum say no more than which end comes first."""
        values = self.inputs.values.get(type_name, {})
        return bool(values) and all(_DIRECTION.fullmatch(value) for value in values)

    def orders(self, type_name: str) -> bool:
        """Whether values of this enum name fields to order by."""
        values = self.inputs.values.get(type_name, {})
        return any(use == "sort" for uses in values.values() for _, use in uses)


@lru_cache(maxsize=8192)
def parse_literal(literal: str) -> ValueNode:
    """A literal of an operation, or of a schema, taken apart."""
    return parse_value(literal, no_location=True)

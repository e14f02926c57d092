"""What one caller can get of a schema: its elements by name, none of which leads to a hidden one.

A field is seen if its own selection, what it is computed from and something of its value are open.
A list that lacks rows is not seen where it is always a part of a longer one; where an argument
would make it one, the argument is not seen. An interface's field is seen if every object type that
is seen shows it, so that what remains is a valid schema. An argument is seen if everything it tests
is open; a field that cannot be asked without a hidden argument is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    EnumValueNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from federation.access.decision import Decision
from federation.access.index import AccessIndex
from federation.access.inputs import InputUse
from federation.access.judge import Judge
from federation.catalogue import TypeField


@dataclass(frozen=True, slots=True)
class Sight:
    """Names of what is seen.

    Attributes:
        types: Of all kinds but scalars, reachable from a root.
        fields: Of object types and interfaces.
        arguments: By type, field and argument.
        inputs: Input types and their fields.
        values: Enum types and their values.
        masks: Object type and field, to the name of the mask on it.
    """

    types: frozenset[str]
    fields: frozenset[TypeField]
    arguments: frozenset[tuple[str, str, str]]
    inputs: frozenset[TypeField]
    values: frozenset[TypeField]
    masks: Mapping[TypeField, str]


def see(index: AccessIndex, decision: Decision) -> Sight:
    """What a decision on the whole schema lets its caller see.

    Args:
        index: Of the schema.
        decision: On ``everything``.
    """
    judge = Judge({}, decision, index, tests_rows=index.tests_rows, has_rows=False)
    inputs = SeenInputs(index, judge)
    outputs = _Outputs(index, judge, inputs)
    reached = _reached(index.schema, outputs, inputs)
    return Sight(
        types=frozenset(reached),
        fields=frozenset(place for place in outputs.fields if place[0] in reached),
        arguments=frozenset(each for each in outputs.arguments if each[0] in reached),
        inputs=frozenset(each for each in inputs.fields if each[0] in reached),
        values=frozenset(each for each in inputs.values if each[0] in reached),
        masks={
            place: mask
            for place in outputs.fields
            if place in index.fields and (mask := judge.mask(index.fields[place])) is not None
        },
    )


class SeenInputs:
    """Input types, their fields, and enum values.

    Attributes:
        fields: By input type and name.
        values: By enum type and name.
    """

    def __init__(self, index: AccessIndex, judge: Judge) -> None:
        self._judge = judge
        types = index.schema.type_map.values()
        self._types = {t.name: t for t in types if isinstance(t, GraphQLInputObjectType)}
        self._enums = {t.name: t for t in types if isinstance(t, GraphQLEnumType)}
        self.values = {
            (enum.name, value)
            for enum in self._enums.values()
            for value in enum.values
            if self.allows(index.inputs.values.get(enum.name, {}).get(value, frozenset()))
        }
        self.fields = {
            (t.name, name)
            for t in self._types.values()
            for name in t.fields
            if self.allows(index.inputs.fields[t.name][name].uses)
        }
        self._hidden = {name for name in self._enums if not self._has(self.values, name)}
        while hidden := {name for name in self._types if self._is_void(name)} - self._hidden:
            self._hidden |= hidden

    def allows(self, uses: frozenset[InputUse]) -> bool:
        """Whether all that something tests is open."""
        return all(self._judge.allows(coordinate, use) for coordinate, use in uses)

    def shows(self, element: GraphQLArgument | GraphQLInputField) -> bool:
        """Whether its type can be written, and its default value shown."""
        named = get_named_type(element.type)
        default = element.ast_node.default_value if element.ast_node else None
        return named.name not in self._hidden and self._is_seen(default, named)

    def is_hidden(self, type_name: str) -> bool:
        """Whether no value of an input type or enum could be written."""
        return type_name in self._hidden

    def _is_void(self, type_name: str) -> bool:
        """Whether no value of an input type could be written; its fields are sifted on the way."""
        definition = self._types[type_name]
        for name, field in definition.fields.items():
            if (type_name, name) in self.fields and not self.shows(field):
                self.fields.discard((type_name, name))
            if (type_name, name) not in self.fields and _is_always_there(field):
                return True
        return not self._has(self.fields, type_name)

    def _is_seen(self, value: ValueNode | None, named: GraphQLNamedType) -> bool:
        match value:
            case EnumValueNode():
                return named.name not in self._enums or (named.name, value.value) in self.values
            case ListValueNode():
                return all(self._is_seen(each, named) for each in value.values)
            case ObjectValueNode() if isinstance(named, GraphQLInputObjectType):
                return all(
                    (named.name, each.name.value) in self.fields
                    and self._is_seen(
                        each.value, get_named_type(named.fields[each.name.value].type)
                    )
                    for each in value.fields
                )
        return True

    @staticmethod
    def _has(pairs: set[TypeField], type_name: str) -> bool:
        return any(name == type_name for name, _ in pairs)


def _is_always_there(field: GraphQLInputField) -> bool:
    """Whether an object has the field whatever its writer leaves out: a default tests as well."""
    default = field.ast_node.default_value if field.ast_node else None
    is_given = default is not None and not isinstance(default, NullValueNode)
    return is_given or is_required_input_field(field)


class _Outputs:
    """Fields of object types and interfaces, with their arguments.

    Only ever taken away from, until nothing is left that needs something hidden.
    """

    def __init__(self, index: AccessIndex, judge: Judge, inputs: SeenInputs) -> None:
        self._schema = index.schema
        self._index = index
        self._inputs = inputs
        self._composite = {
            name: definition
            for name, definition in index.schema.type_map.items()
            if isinstance(definition, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
            and not name.startswith("__")
        }
        self.arguments: set[tuple[str, str, str]] = set()
        self.fields: set[TypeField] = set()
        for definition in self._objects():
            for name, field in definition.fields.items():
                place = (definition.name, name)
                if not judge.denial(index.fields[place], place, ()):
                    self.fields.add(place)
                    self._add_arguments(place, field.args)
        self._take_parts_of_lists(judge)
        self._add_interfaces()
        while self._sift():
            pass

    def is_shown(self, type_name: str) -> bool:
        """Whether something of a type is left; scalars and enums have nothing to lose here."""
        definition = self._composite.get(type_name)
        if definition is None:
            return not self._inputs.is_hidden(type_name)
        if isinstance(definition, GraphQLUnionType):
            return any(member.name in self._shown for member in definition.types)
        return type_name in self._shown

    def _objects(self) -> Iterator[GraphQLObjectType]:
        return (t for t in self._composite.values() if isinstance(t, GraphQLObjectType))

    def _add_arguments(self, place: TypeField, arguments: Mapping[str, GraphQLArgument]) -> None:
        for name, argument in arguments.items():
            tests_rows = self._index.fields[place].is_tested
            uses = self._index.inputs.always((*place, name), tests_rows=tests_rows)
            if self._inputs.allows(uses) and self._inputs.shows(argument):
                self.arguments.add((*place, name))
            elif is_required_argument(argument):
                self.fields.discard(place)

    def _take_parts_of_lists(self, judge: Judge) -> None:
        """Take away lists that are refused as parts of longer ones, or what makes them parts."""
        cut = [place for place in self.fields if self._index.fields[place].cut_by]
        for place in filter(self._is_always_cut, cut):
            self.fields -= self._lacking(place, judge)
        for place in cut:
            if place in self.fields and self._lacking(place, judge):
                names = self._index.fields[place].cut_by
                self.arguments -= {(*place, name) for name in names}

    def _is_always_cut(self, place: TypeField) -> bool:
        facts = self._index.fields[place]
        arguments = self._fields_of(place[0])[place[1]].args
        return facts.is_cut or any(is_required_argument(arguments[name]) for name in facts.cut_by)

    def _lacking(self, place: TypeField, judge: Judge) -> set[TypeField]:
        """Fields whose lists lack rows and are cut where the field at a place is; itself maybe."""
        found: set[TypeField] = set()
        known, waiting = {place}, [place]
        while waiting:
            each = waiting.pop()
            facts = self._index.fields[each]
            if judge.lacks_rows(facts):
                found.add(each)
            elif judge.holds_lists(facts):
                inner = {(name, key) for name in facts.returns for key in self._fields_of(name)}
                waiting += (inner & self.fields) - known
                known |= inner
        return found

    def _fields_of(self, type_name: str) -> Mapping[str, GraphQLField]:
        definition = self._composite[type_name]
        assert isinstance(definition, GraphQLObjectType), "objects stand behind what is asked"
        fields: Mapping[str, GraphQLField] = definition.fields
        return fields

    def _add_interfaces(self) -> None:
        for definition in self._composite.values():
            if not isinstance(definition, GraphQLInterfaceType):
                continue
            objects = [each.name for each in self._schema.get_possible_types(definition)]
            for name, field in definition.fields.items():
                if any((each, name) in self.fields for each in objects):
                    self.fields.add((definition.name, name))
                    self.arguments |= {
                        (definition.name, name, argument)
                        for argument in field.args
                        if all(
                            (each, name, argument) in self.arguments
                            for each in objects
                            if (each, name) in self.fields
                        )
                    }

    def _sift(self) -> bool:
        """Take away what leads to nothing; whether anything was."""
        self._shown = frozenset(name for name, _ in self.fields)
        gone = {place for place in self.fields if not self._holds(*place)}
        self.fields -= gone
        return bool(gone)

    def _holds(self, type_name: str, field: str) -> bool:
        definition = self._composite[type_name]
        assert not isinstance(definition, GraphQLUnionType), "unions have no fields"
        if not self.is_shown(get_named_type(definition.fields[field].type).name):
            return False
        if isinstance(definition, GraphQLObjectType):
            return True
        implementations = self._schema.get_implementations(definition)
        return all(
            (each.name, field) in self.fields
            for each in (*implementations.objects, *implementations.interfaces)
            if each.name in self._shown
        )


def _reached(schema: GraphQLSchema, outputs: _Outputs, inputs: SeenInputs) -> set[str]:
    """Everything that the root types lead to; the query type is there in any case."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    reached: set[str] = set()
    waiting: list[Any] = [root for root in roots if root is not None]
    for directive in schema.directives:
        waiting += [get_named_type(argument.type) for argument in directive.args.values()]
    while waiting:
        definition = waiting.pop()
        if definition.name in reached or not outputs.is_shown(definition.name):
            continue
        reached.add(definition.name)
        match definition:
            case GraphQLUnionType():
                waiting += definition.types
            case GraphQLInputObjectType():
                waiting += [
                    get_named_type(field.type)
                    for name, field in definition.fields.items()
                    if (definition.name, name) in inputs.fields
                ]
            case GraphQLObjectType() | GraphQLInterfaceType():
                waiting += definition.interfaces
                if isinstance(definition, GraphQLInterfaceType):
                    found = schema.get_implementations(definition)
                    waiting += (*found.objects, *found.interfaces)
                for name, field in definition.fields.items():
                    if (definition.name, name) in outputs.fields:
                        waiting.append(get_named_type(field.type))
                        waiting += [
                            get_named_type(argument.type)
                            for key, argument in field.args.items()
                            if (definition.name, name, key) in outputs.arguments
                        ]
    return reached | ({schema.query_type.name} if schema.query_type else set())

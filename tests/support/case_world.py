"""The rows of a case: what its subgraphs answer from them, and what one schema over all answers.

``rows.json`` holds objects by type name; those of ``Query`` and ``Mutation`` hold the root values.
An object inside a row is a reference where its fields equal those of a row of its type. A root
field without a value gives all rows of its type, or the first that its arguments fit. Values that
depend on something are written as an object with one key that begins with a dollar:

- ``{"$text": "{price} kg {size.width}"}``: a computed field. A subgraph fills it from the
  representation it was sent, the monolith from the row; what was not sent shows as MISSING.
- ``{"$given": "{currency} {round}"}``: a field computed from its arguments, among them those that
  a subgraph gets from context and the monolith from the nearest object around that sets it.
- ``{"$args": {"EUR": 5}}``: by the argument values, joined by commas.
- ``{"$find": "Product"}``, ``{"$all": "Product"}``: rows whose fields equal the arguments.
- ``{"$subgraph": {"old": 1, "*": 2}}``: a subgraph that answers otherwise than the truth (``*``).
- ``{"$error": "text"}``: a resolver that fails.
- ``{"$log": "add {n}", "give": ...}``: a side effect; gives the log so far where nothing is given.
- ``{"$read": "log"}``: the log so far.

``"$in": ["a"]`` in a row names the only subgraphs that know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    REMOVE,
    DirectiveNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    Visitor,
    execute_sync,
    experimental_execute_incrementally,
    is_object_type,
    parse,
    parse_value,
    value_from_ast_untyped,
    visit,
)
from graphql.pyutils import inspect

from federation.execution import ExecutionRequest, SubgraphReply, SubgraphRequest
from federation.field_set import read_field_set
from federation.selection import Argument, Field, SelectionSet
from federation.supergraph.model import InterfaceType, ObjectType, Supergraph, UnionType, named_type
from tests.support.memory_subgraph import same_key
from tests.support.subgraph_directives import Directives

Row = dict[str, Any]
_PLACEHOLDER = re.compile(r"\{([\w.]+)\}")
_ROOTS = ("Query", "Mutation")


@dataclass(frozen=True, slots=True)
class Found:
    """An object on its way through an execution.

    Attributes:
        type: Its runtime type.
        sent: The representation by which a subgraph was entered.
        provided: What a ``@provides`` above promised on it.
        around: The object it was reached from; known to the monolith only.
    """

    type: str
    row: Row
    sent: Row | None = None
    provided: SelectionSet = ()
    around: Found | None = None


@dataclass
class World:
    """Rows with the state that mutations leave; made anew for every execution."""

    supergraph: Supergraph
    rows: Mapping[str, list[Row]]
    directives: Mapping[str, Directives]
    log: list[str] = field(default_factory=list)

    def value(self, at: Found, name: str, arguments: Row, graph: str | None) -> Any:
        """The value of a field as a subgraph answers it, or as it truly is (None)."""
        raw = at.row[name] if name in at.row else self._default(at, name)
        return self._evaluate(raw, at, name, arguments, graph)

    def _default(self, at: Found, name: str) -> Any:
        if at.type not in _ROOTS:
            return None
        type_text = self._field_type(at.type, name)
        if named_type(type_text) not in self.supergraph.types:
            return None
        return {"$all" if "[" in type_text else "$find": named_type(type_text)}

    def _evaluate(self, raw: Any, at: Found, name: str, arguments: Row, graph: str | None) -> Any:
        if isinstance(raw, list):
            return [self._evaluate(each, at, name, arguments, graph) for each in raw]
        special = _special(raw)
        if special is None:
            return raw
        operand = raw[special]
        value: Any
        match special:
            case "$text":
                inputs = self._required(at, name) if graph is None else at.sent or {}
                value = _PLACEHOLDER.sub(lambda hit: _shown(_at(inputs, hit[1])), operand)
            case "$given":
                given = arguments if graph is not None else arguments | self._context(at, name)
                value = _PLACEHOLDER.sub(lambda hit: _shown(_at(given, hit[1])), operand)
            case "$args":
                value = operand[",".join(map(_shown, arguments.values()))]
            case "$subgraph":
                value = operand.get(graph, operand["*"])
            case "$all":
                value = [_reference(*each) for each in self._fitting(operand, arguments, graph)]
            case "$find":
                fitting = self._fitting(operand, arguments, graph)
                value = next((_reference(*each) for each in fitting), None)
            case _:
                return self._affected(raw, special, arguments)
        return self._evaluate(value, at, name, arguments, graph)

    def _affected(self, raw: Row, special: str, arguments: Row) -> Any:
        """A value that depends on what has happened."""
        if special == "$error":
            raise GraphQLError(raw[special], extensions={"code": "BROKEN"})
        if special == "$log":
            self.log.append(raw[special].format(**arguments))
        else:
            assert special == "$read", f"no such value: {raw}"
        return raw["give"] if "give" in raw else "; ".join(self.log)

    def _fitting(
        self, type_name: str, arguments: Row, graph: str | None
    ) -> Iterator[tuple[str, Row]]:
        for found, row in self.known(type_name, graph):
            if all(same_key(row[key], wanted) for key, wanted in arguments.items() if key in row):
                yield found, row

    def known(self, type_name: str, graph: str | None) -> Iterator[tuple[str, Row]]:
        """The rows of a type's objects that a subgraph (or everyone: None) knows."""
        for possible in self.possible(type_name):
            if graph is None or self._holds(graph, possible, type_name):
                for row in self.rows.get(possible, []):
                    if graph is None or graph in row.get("$in", (graph,)):
                        yield possible, row

    def _holds(self, graph: str, possible: str, asked: str) -> bool:
        names = {possible, asked} if self._is_interface_object(graph, asked) else {possible}
        return any(name in self.directives[graph].type_names for name in names)

    def _is_interface_object(self, graph: str, type_name: str) -> bool:
        definition = self.supergraph.types[type_name]
        return isinstance(definition, InterfaceType) and any(
            join.graph == graph and join.is_interface_object for join in definition.joins
        )

    def possible(self, type_name: str) -> list[str]:
        """Object types of a composite type."""
        match self.supergraph.types.get(type_name):
            case InterfaceType():
                return [
                    each.name
                    for each in self.supergraph.composite_types()
                    if isinstance(each, ObjectType) and type_name in each.interfaces
                ]
            case UnionType() as union:
                return list(union.member_types)
        return [type_name]

    def objects(self, value: Any, declared: str, graph: str | None) -> Any:
        """References replaced by the rows they mean."""
        if isinstance(value, list):
            return [self.objects(item, declared, graph) for item in value]
        if not isinstance(value, dict):
            return value
        given = {key: item for key, item in value.items() if key != "__typename"}
        for type_name, row in self.known(value.get("__typename", declared), graph):
            if given.keys() <= row.keys() and all(same_key(row[key], given[key]) for key in given):
                return Found(type_name, row)
        return Found(value.get("__typename", declared), value)

    def select(self, at: Found, selections: SelectionSet, graph: str | None = None) -> Row:
        """A field set read from an object, as a representation holds it."""
        read: Row = {}
        for selection in selections:
            if not isinstance(selection, Field):
                condition = selection.type_condition or at.type
                if at.type in self.possible(condition):
                    read |= self.select(at, selection.selections, graph)
                continue
            arguments = self._arguments(at.type, selection)
            value = self.value(at, selection.name, arguments, graph)
            declared = named_type(self._field_type(at.type, selection.name))
            below = self.objects(value, declared, graph)
            read[selection.name] = self._select_below(below, selection.selections, graph)
        return read

    def _select_below(self, value: Any, selections: SelectionSet, graph: str | None) -> Any:
        if isinstance(value, list):
            return [self._select_below(item, selections, graph) for item in value]
        return self.select(value, selections, graph) if isinstance(value, Found) else value

    def _required(self, at: Found, name: str) -> Row:
        definition = self.supergraph.types[at.type]
        assert isinstance(definition, ObjectType)
        for directives in self.directives.values():
            for owner in (at.type, *definition.interfaces):
                requires = directives.field_set(owner, name, "requires")
                if requires:
                    return self.select(at, requires)
        return self.select(at, read_field_set(" ".join(sorted(at.row))))

    def _context(self, at: Found, name: str) -> Row:
        """The arguments that a field takes from what is around its object."""
        given: Row = {}
        for directives in self.directives.values():
            for argument, (context, selections) in directives.contextual(at.type, name).items():
                holders = {
                    possible
                    for holder in directives.setting(context)
                    for possible in self.possible(holder)
                }
                around = at.around
                while around is not None and around.type not in holders:
                    around = around.around
                assert around is not None, f"nothing around {at.type}.{name} sets {context}"
                given[argument] = _leaf(self.select(around, selections))
        return given

    def _arguments(self, type_name: str, selection: Field) -> Row:
        definition = self.supergraph.types[type_name]
        assert isinstance(definition, ObjectType | InterfaceType)
        given = {each.name: each for each in selection.arguments}
        values: Row = {}
        for each in definition.fields[selection.name].arguments:
            literal = given.get(each.name, Argument(each.name, each.default or "null")).value
            values[each.name] = value_from_ast_untyped(parse_value(literal))
        return values

    def _field_type(self, type_name: str, field_name: str) -> str:
        definition = self.supergraph.types[type_name]
        assert isinstance(definition, ObjectType | InterfaceType)
        return definition.fields[field_name].type


class CaseSubgraph:
    """One subgraph of a case: answers what it resolves by its own SDL, and fails on all else."""

    def __init__(self, name: str, schema: GraphQLSchema, world: World) -> None:
        self.name = name
        self.schema = schema
        self.world = world
        self.directives = world.directives[name]

    def answer(self, request: SubgraphRequest) -> SubgraphReply:
        """Execute a request."""
        result = execute_sync(
            self.schema,
            parse(request.text),
            root_value=Found("", {}),
            variable_values=dict(request.variables),
            field_resolver=self._resolve,
            type_resolver=self._type_of,
        )
        check_faults(result)
        errors = tuple(dict(error.formatted) for error in result.errors or ())
        return SubgraphReply(result.data, errors, {}, 200)

    def _resolve(self, source: Found, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        name = info.field_name
        if name == "_entities":
            return [self._entity(each) for each in arguments["representations"]]
        owner = info.parent_type.name
        if owner in _ROOTS:
            source = Found(owner, next(iter(self.world.rows.get(owner, [])), {}))
        is_provided = any(isinstance(s, Field) and s.name == name for s in source.provided)
        if not is_provided and not self.directives.is_readable(owner, name):
            raise GraphQLError(f"{owner}.{name} cannot be read in {self.name}")
        value = self.world.value(source, name, arguments, self.name)
        found = self.world.objects(value, named_type(str(info.return_type)), self.name)
        provided = self.directives.field_set(owner, name, "provides")
        for selection in source.provided:
            if isinstance(selection, Field) and selection.name == name:
                provided += selection.selections
        return _providing(found, provided, self.world) if provided else found

    def _entity(self, sent: Row) -> Found | None:
        """The object of a representation; one without a whole key spoils the entire list."""
        declared = sent["__typename"]
        keys = [key for key in self.directives.keys(declared) if _is_whole(sent, key)]
        if not keys:
            raise GraphQLError(f"{self.name} has no key for {inspect(sent)}")
        for type_name, row in self.world.known(declared, self.name):
            at = Found(type_name, row)
            if all(same_key(self.world.select(at, key, self.name), sent) for key in keys):
                return Found(type_name, row, sent)
        return None

    def _type_of(self, value: Found, *_: Any) -> str:
        if is_object_type(self.schema.type_map.get(value.type)) or value.sent is None:
            return value.type
        return str(value.sent["__typename"])


class _AtOnce(Visitor):
    """Takes out what would make an answer come in parts."""

    def enter_directive(self, node: DirectiveNode, *_: object) -> Any:
        return REMOVE if node.name.value in ("defer", "stream") else None


def monolith_answer(
    schema: GraphQLSchema, world: World, text: str, request: ExecutionRequest
) -> tuple[Any, set[tuple[str | int, ...]]]:
    """The data and the paths of errors that one schema over all rows gives."""

    def resolve(source: Found, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        owner = info.parent_type.name
        if owner in _ROOTS:
            source = Found(owner, next(iter(world.rows.get(owner, [])), {}))
        value = world.value(source, info.field_name, arguments, None)
        found = world.objects(value, named_type(str(info.return_type)), None)
        return _around(found, source)

    # With `@defer` in the schema this is the only way to execute; what is asked defers nothing.
    result = experimental_execute_incrementally(
        schema,
        visit(parse(text), _AtOnce()),
        root_value=Found("", {}),
        variable_values=dict(request.variables),
        field_resolver=resolve,
        type_resolver=lambda value, *_: value.type,
    )
    assert isinstance(result, ExecutionResult)
    check_faults(result)
    return result.data, {tuple(error.path or ()) for error in result.errors or ()}


def _around(value: Any, around: Found) -> Any:
    if isinstance(value, list):
        return [_around(item, around) for item in value]
    return replace(value, around=around) if isinstance(value, Found) else value


def _leaf(value: Any) -> Any:
    if isinstance(value, list):
        return [_leaf(item) for item in value]
    return _leaf(next(iter(value.values()), None)) if isinstance(value, dict) else value


def check_faults(result: ExecutionResult) -> None:
    """Fail when a row does not say what it should; errors that are meant are GraphQL errors."""
    for error in result.errors or ():
        meant = isinstance(error.original_error, GraphQLError | None)
        assert meant or "null for non-nullable" in error.message, repr(error.original_error)


class CaseTransport:
    """The subgraphs of a case behind the Transport protocol; keeps what was sent."""

    def __init__(self, subgraphs: Iterable[CaseSubgraph]) -> None:
        self.subgraphs = {each.name: each for each in subgraphs}
        self.sent: list[tuple[str, SubgraphRequest]] = []

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        self.sent.append((subgraph, request))
        return self.subgraphs[subgraph].answer(request)


def _providing(value: Any, provided: SelectionSet, world: World) -> Any:
    if isinstance(value, list):
        return [_providing(item, provided, world) for item in value]
    if not isinstance(value, Found):
        return value
    kept: SelectionSet = ()
    for selection in provided:
        if isinstance(selection, Field):
            kept += (selection,)
        elif value.type in world.possible(selection.type_condition or value.type):
            kept += selection.selections
    return Found(value.type, value.row, value.sent, kept)


def _is_whole(sent: Any, key: SelectionSet) -> bool:
    """Whether a representation holds every field of a key."""
    if isinstance(sent, list):
        return all(_is_whole(item, key) for item in sent)
    return isinstance(sent, dict) and all(
        isinstance(each, Field)
        and sent.get(each.name) is not None
        and (not each.selections or _is_whole(sent[each.name], each.selections))
        for each in key
    )


def _reference(type_name: str, row: Row) -> Row:
    plain = {key: value for key, value in row.items() if key != "$in" and not _special(value)}
    return {"__typename": type_name, **plain}


def _special(value: Any) -> str | None:
    """The key that says how a value comes about; None for plain values."""
    keys = value if isinstance(value, dict) else ()
    return next((key for key in keys if key[:1] == "$" and key != "$in"), None)


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(value, list):
            value = [each.get(name, "MISSING") for each in value]
        else:
            value = value.get(name, "MISSING") if isinstance(value, dict) else value
    return value


def _shown(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float() | int():
            return f"{value:g}"
        case list():
            return f"[{','.join(map(_shown, value))}]"
    return str(value)

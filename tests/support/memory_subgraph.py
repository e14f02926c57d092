"""Subgraphs in memory: graphql-core over rows, behind the gateway's Transport protocol.

Rows are plain objects by type name; those of ``Query`` and ``Mutation`` hold the root values. An
object inside a row may be a reference: where its fields equal those of a row of its type, that row
is meant. A field's arguments select by equality among the objects of its value, unless a resolver
says otherwise.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_ast_schema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    parse,
    validate,
)
from graphql.language import (
    DefinitionNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
)

from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest

Row: TypeAlias = dict[str, Any]
Resolver: TypeAlias = Callable[[Row, dict[str, Any]], Any]
"""From the object and the arguments to the field's value; may raise."""

_DEFINITIONS: dict[type[TypeExtensionNode], type[DefinitionNode]] = {
    EnumTypeExtensionNode: EnumTypeDefinitionNode,
    InputObjectTypeExtensionNode: InputObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    ScalarTypeExtensionNode: ScalarTypeDefinitionNode,
    UnionTypeExtensionNode: UnionTypeDefinitionNode,
}
_SKIPPED = ("schema_extension", "directive_definition", "schema_definition")


class MemorySubgraph:
    """One subgraph; keeps the requests it got."""

    def __init__(
        self,
        sdl: str,
        rows: Mapping[str, list[Row]],
        resolvers: Mapping[tuple[str, str], Resolver] | None = None,
    ) -> None:
        self.schema = federation_schema(sdl)
        self.requests: list[SubgraphRequest] = []
        self._rows = rows
        self._resolvers = resolvers or {}

    def answer(self, request: SubgraphRequest) -> SubgraphReply:
        """Execute a request; one that is not valid here is a fault of the test's subject."""
        self.requests.append(request)
        document = parse(request.text)
        faults = validate(self.schema, document)
        assert not faults, f"{request.text}: {faults}"
        root = "Mutation" if request.kind == "mutation" else "Query"
        result = execute_sync(
            self.schema,
            document,
            root_value=next(iter(self._rows.get(root, [])), {}),
            variable_values=dict(request.variables),
            field_resolver=self._resolve,
            type_resolver=lambda value, *_: value["__typename"],
        )
        errors = tuple(dict(error.formatted) for error in result.errors or ())
        return SubgraphReply(result.data, errors, {}, 200)

    def _resolve(self, source: Row, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if info.field_name == "_entities":
            return [self._entity(each) for each in arguments["representations"]]
        named = get_named_type(info.return_type)
        resolver = self._resolvers.get((info.parent_type.name, info.field_name))
        if resolver is not None:
            return self._expand(resolver(source, arguments), named.name)
        return self._select(self._expand(source.get(info.field_name), named.name), arguments)

    def _entity(self, representation: Row) -> Row | None:
        declared = representation["__typename"]
        for type_name in self._types(declared):
            for row in self._rows.get(type_name, []):
                if self._is_meant(row, representation):
                    return {**row, **representation, "__typename": type_name}
        return None

    def _is_meant(self, row: Row, representation: Row) -> bool:
        """Whether the fields of the row that are also in the representation are equal there."""
        shared = (row.keys() & representation.keys()) - {"__typename"}
        return bool(shared) and all(same_key(row[key], representation[key]) for key in shared)

    def _expand(self, value: Any, declared: str) -> Any:
        """References replaced by the rows they mean, types told."""
        if isinstance(value, list):
            return [self._expand(item, declared) for item in value]
        if not isinstance(value, dict):
            return value
        for type_name in self._types(value.get("__typename", declared)):
            for row in self._rows.get(type_name, []):
                keys = value.keys() - {"__typename"}
                if keys <= row.keys() and all(same_key(row[key], value[key]) for key in keys):
                    return {**row, "__typename": type_name}
        return {"__typename": declared, **value}

    def _types(self, declared: str) -> list[str]:
        named = self.schema.type_map.get(declared)
        if is_abstract_type(named):
            return [each.name for each in self.schema.get_possible_types(named)]
        return [declared]

    def _select(self, value: Any, arguments: dict[str, Any]) -> Any:
        if not arguments or not isinstance(value, list):
            return value
        return [
            item
            for item in value
            if not isinstance(item, dict)
            or all(item.get(key) == wanted for key, wanted in arguments.items() if key in item)
        ]


class MemoryTransport:
    """Subgraphs by name; an unknown one cannot be reached."""

    def __init__(self, subgraphs: Mapping[str, MemorySubgraph]) -> None:
        self.subgraphs = subgraphs
        self.sent: list[tuple[str, SubgraphRequest]] = []

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        self.sent.append((subgraph, request))
        if subgraph not in self.subgraphs:
            raise SubgraphUnreachable(subgraph, "no such subgraph")
        return self.subgraphs[subgraph].answer(request)


def fault(message: str) -> Resolver:
    """A resolver that fails."""

    def fail(_source: Row, _arguments: dict[str, Any]) -> Any:
        raise GraphQLError(message, extensions={"code": "BROKEN"})

    return fail


def federation_schema(sdl: str) -> GraphQLSchema:
    """The schema of a subgraph's SDL with what every subgraph has beside it."""
    document = parse(sdl)
    definitions = [each for each in document.definitions if each.kind not in _SKIPPED]
    names = {each.name.value for each in definitions if isinstance(each, TypeDefinitionNode)}
    first: list[DefinitionNode] = []
    for each in definitions:
        if isinstance(each, TypeExtensionNode) and each.name.value not in names:
            names.add(each.name.value)
            first.append(_as_definition(each))
        else:
            first.append(each)
    entities = [
        each.name.value
        for each in first
        if isinstance(each, ObjectTypeDefinitionNode)
        and any(directive.name.value == "key" for directive in each.directives or ())
    ]
    extra = "scalar _Any scalar FieldSet type _Service { sdl: String! }"
    if entities:
        extra += f" union _Entity = {' | '.join(entities)}"
    fields = "_service: _Service!"
    if entities:
        fields += " _entities(representations: [_Any!]!): [_Entity]!"
    has_query = any(
        isinstance(each, ObjectTypeDefinitionNode) and each.name.value == "Query" for each in first
    )
    extra += f" {'extend ' if has_query else ''}type Query {{ {fields} }}"
    document = DocumentNode(definitions=(*first, *parse(extra).definitions))
    return build_ast_schema(document, assume_valid_sdl=True)


def _as_definition(node: TypeExtensionNode) -> DefinitionNode:
    """The extension of a type that the document does not define, as its definition."""
    kind = _DEFINITIONS[type(node)]
    return kind(**{key: getattr(node, key) for key in node.keys if key in kind.keys})


def same_key(one: Any, other: Any) -> bool:
    """Equal as keys are: ids by their text, objects by the fields both have."""
    if isinstance(one, dict) and isinstance(other, dict):
        shared = (one.keys() & other.keys()) - {"__typename"}
        return all(same_key(one[key], other[key]) for key in shared)
    return str(one) == str(other) if not isinstance(one, dict | list) else bool(one == other)

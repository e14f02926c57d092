"""Join-spec SDL to Supergraph: join 0.1 to the newest, whoever composed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    GraphQLSyntaxError,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    print_ast,
    value_from_ast_untyped,
)

from federation.errors import InvalidSupergraph
from federation.field_set import print_field_set, print_literal, read_field_set
from federation.supergraph.join_1 import complete_join_1
from federation.supergraph.model import (
    AppliedDirective,
    DirectiveDefinition,
    EnumType,
    EnumValue,
    FieldDefinition,
    Graph,
    InputObjectType,
    InputValue,
    InterfaceType,
    JoinField,
    JoinType,
    Link,
    ObjectType,
    ScalarType,
    Supergraph,
    TypeDefinition,
    UnionType,
    named_type,
)
from federation.supergraph.parsing import parse_large, type_text
from federation.supergraph.required_fields import mark_required_fields
from federation.supergraph.specifications import BUILT_IN_DIRECTIVES, BY_IDENTITY

_ROOTS = ("query", "mutation", "subscription")
_JOIN = "https://specs.apollo.dev/join"
_MACHINERY = frozenset({"https://specs.apollo.dev/link", "https://specs.apollo.dev/core", _JOIN})


def read_supergraph(text: str) -> Supergraph:
    """The supergraph that an SDL describes.

    Names of ``join__Graph`` values are replaced by the subgraphs' names, renamed directives by
    their own names.

    Raises:
        InvalidSupergraph: The text does not parse or is no supergraph SDL.
    """
    try:
        document = parse_large(text)
    except GraphQLSyntaxError as error:
        raise InvalidSupergraph(f"the supergraph SDL does not parse: {error.message}") from None
    links = list(_read_links(document))
    join = next((link for link in links if identity_of(link.url) == _JOIN), None)
    if join is None:
        raise InvalidSupergraph(
            "the document links no join specification, so it is no supergraph; compose subgraphs "
            "into one by datong compose"
        )
    read = _Reader(document, links, join.namespace or "join").read(join.url.rpartition("/v")[2])
    # Let go piece by piece: a large document at once would stop other threads for 100 ms.
    nodes = list(document.definitions)
    del document
    while nodes:
        nodes.pop()
    return read


def identity_of(url: str) -> str:
    """A specification's URL without version."""
    head, _, tail = url.rstrip("/").rpartition("/")
    return head if tail[:1] == "v" and tail[1:2].isdigit() else url.rstrip("/")


def _schema_directives(document: DocumentNode) -> Iterator[DirectiveNode]:
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            yield from node.directives or ()


def _values(node: DirectiveNode) -> dict[str, object]:
    return {each.name.value: value_from_ast_untyped(each.value) for each in node.arguments or ()}


def _read_links(document: DocumentNode) -> Iterator[Link]:
    for node in _schema_directives(document):
        values = _values(node)
        url = values.get("url", values.get("feature"))
        # Whatever it is called, a directive with a versioned URL on the schema is @link or @core.
        if not isinstance(url, str) or not {"link", "core"} & {node.name.value, url.split("/")[-2]}:
            continue
        namespace, purpose = values.get("as"), values.get("for")
        imports = values.get("import")
        pairs: list[tuple[str, str]] = []
        for each in imports if isinstance(imports, list) else ():
            entry = each if isinstance(each, dict) else {"name": each}
            name = str(entry.get("name"))
            pairs.append((name, str(entry.get("as", name))))
        yield Link(
            url=url,
            namespace=namespace if isinstance(namespace, str) else None,
            imports=tuple(pairs),
            purpose=purpose if isinstance(purpose, str) else None,
        )


def _link_names(link: Link) -> Iterator[tuple[str, str]]:
    """Local to canonical names of a known specification's directives."""
    known = BY_IDENTITY.get(identity_of(link.url))
    if known is None:
        return
    imports = {name.removeprefix("@"): local.removeprefix("@") for name, local in link.imports}
    prefix = link.namespace or known.name
    for name in known.directives:
        yield imports.get(name, prefix if name == known.name else f"{prefix}__{name}"), name


@dataclass(slots=True)
class _Names:
    """What is machinery and what the rest is called.

    Attributes:
        directives: Local to canonical directive name.
        prefixes: Prefixes (without ``__``) of linked specifications.
    """

    directives: dict[str, str]
    prefixes: frozenset[str]

    def is_machinery(self, name: str) -> bool:
        prefix, separator, _ = name.partition("__")
        return bool(separator) and prefix in self.prefixes


class _Reader:
    """Reads one document."""

    def __init__(self, document: DocumentNode, links: Sequence[Link], join: str) -> None:
        self._document = document
        self._links = tuple(link for link in links if identity_of(link.url) not in _MACHINERY)
        self._join = join
        self._names = _Names(
            directives={local: name for link in links for local, name in _link_names(link)},
            prefixes=frozenset(
                link.namespace or identity_of(link.url).rpartition("/")[2] for link in links
            )
            | {"link", "core", "join"},
        )
        self._graphs: dict[str, str] = {}

    def read(self, version: str) -> Supergraph:
        graphs = self._read_graphs()
        self._graphs = {graph.enum: graph.name for graph in graphs}
        types: dict[str, TypeDefinition] = {}
        owners: dict[str, str] = {}
        foreign = self._types_of_known_directives()
        for node in self._document.definitions:
            if isinstance(node, TypeDefinitionNode):
                if self._names.is_machinery(node.name.value) or node.name.value in foreign:
                    continue
                types[node.name.value] = self._type(node)
                for values in self._joins(node.directives, "owner"):
                    owners[node.name.value] = self._graph(values)
        if version == "0.1":
            types = complete_join_1(types, owners, tuple(graph.name for graph in graphs))
        types = mark_required_fields(types)
        return Supergraph(
            graphs=tuple(sorted(graphs, key=lambda graph: graph.name)),
            types={name: types[name] for name in sorted(types)},
            roots=self._read_roots(types),
            directive_definitions=tuple(self._read_directive_definitions()),
            links=tuple(self._canonical(link) for link in self._links),
            schema_directives=self._directives(
                each
                for each in _schema_directives(self._document)
                if each.name.value not in ("link", "core")
            ),
        )

    def _types_of_known_directives(self) -> frozenset[str]:
        """Types that are there only because a known specification's directive takes them.

        Other composers take them for types of the subgraphs.
        """
        return frozenset(
            named_type(type_text(argument.type))
            for node in self._document.definitions
            if isinstance(node, DirectiveDefinitionNode)
            and node.name.value in self._names.directives
            for argument in node.arguments or ()
        )

    def _canonical(self, link: Link) -> Link:
        known = BY_IDENTITY.get(identity_of(link.url))
        if known is None:
            return link
        imports = tuple(
            (name, name)
            for name, _ in link.imports
            if name.removeprefix("@") in known.directives and name != f"@{known.name}"
        )
        if not link.imports and link.namespace is None:
            return link
        return Link(link.url, imports=imports, purpose=link.purpose)

    def _read_graphs(self) -> list[Graph]:
        for node in self._document.definitions:
            if (
                isinstance(node, EnumTypeDefinitionNode)
                and node.name.value == f"{self._join}__Graph"
            ):
                return [
                    Graph(str(values.get("name")), str(values.get("url") or ""), value.name.value)
                    for value in node.values or ()
                    for values in self._joins(value.directives, "graph")
                ]
        raise InvalidSupergraph(f"the document has no enum {self._join}__Graph")

    def _read_roots(self, types: Mapping[str, TypeDefinition]) -> dict[str, str]:
        named = {
            each.operation.value: each.type.name.value
            for node in self._document.definitions
            if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode)
            for each in node.operation_types or ()
        }
        if not named:
            named = {kind: kind.capitalize() for kind in _ROOTS if kind.capitalize() in types}
        return {kind: named[kind] for kind in _ROOTS if kind in named}

    def _read_directive_definitions(self) -> Iterator[DirectiveDefinition]:
        for node in self._document.definitions:
            if isinstance(node, DirectiveDefinitionNode):
                name = node.name.value
                if not (
                    name in BUILT_IN_DIRECTIVES
                    or name in self._names.directives
                    or name in ("link", "core")
                    or self._names.is_machinery(name)
                ):
                    yield DirectiveDefinition(name, print_ast(node))

    def _joins(
        self, nodes: Iterable[ConstDirectiveNode] | None, name: str
    ) -> Iterator[dict[str, object]]:
        for node in nodes or ():
            if node.name.value == f"{self._join}__{name}":
                yield _values(node)

    def _graph(self, values: Mapping[str, object]) -> str:
        enum = values.get("graph")
        if not isinstance(enum, str) or enum not in self._graphs:
            raise InvalidSupergraph(f"{enum!r} is no value of {self._join}__Graph")
        return self._graphs[enum]

    def _directives(self, nodes: Iterable[DirectiveNode] | None) -> tuple[AppliedDirective, ...]:
        found = {
            AppliedDirective(
                self._names.directives.get(node.name.value, node.name.value),
                tuple(
                    (each.name.value, print_literal(each.value)) for each in node.arguments or ()
                ),
            ): None
            for node in nodes or ()
            if node.name.value in self._names.directives
            or not self._names.is_machinery(node.name.value)
        }
        return tuple(sorted(found, key=lambda each: (each.name, each.arguments)))

    def _type(self, node: TypeDefinitionNode) -> TypeDefinition:
        name = node.name.value
        description = node.description.value if node.description else None
        directives = self._directives(node.directives)
        joins = tuple(self._join_types(node.directives))
        if isinstance(node, ScalarTypeDefinitionNode):
            return ScalarType(name, description, directives, joins)
        if isinstance(node, UnionTypeDefinitionNode):
            members = tuple(
                (self._graph(values), str(values["member"]))
                for values in self._joins(node.directives, "unionMember")
            ) or tuple(
                (graph, member.name.value)
                for member in node.types or ()
                for graph in dict.fromkeys(join.graph for join in joins) or self._graphs.values()
            )
            return UnionType(name, members, description, directives, joins)
        if isinstance(node, EnumTypeDefinitionNode):
            values = tuple(self._enum_value(each, joins) for each in node.values or ())
            return EnumType(name, values, description, directives, joins)
        if isinstance(node, InputObjectTypeDefinitionNode):
            inputs = {each.name.value: self._input(each) for each in node.fields or ()}
            return InputObjectType(name, inputs, description, directives, joins)
        assert isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
        composite = ObjectType if isinstance(node, ObjectTypeDefinitionNode) else InterfaceType
        interfaces = tuple(each.name.value for each in node.interfaces or ())
        graphs = dict.fromkeys(join.graph for join in joins) or dict.fromkeys(self._graphs.values())
        return composite(
            name=name,
            fields={each.name.value: self._field(each) for each in node.fields or ()},
            interfaces=interfaces,
            description=description,
            directives=directives,
            joins=joins,
            implements=tuple(
                (self._graph(values), str(values["interface"]))
                for values in self._joins(node.directives, "implements")
            )
            or tuple((graph, interface) for graph in graphs for interface in interfaces),
        )

    def _join_types(self, nodes: Iterable[ConstDirectiveNode] | None) -> Iterator[JoinType]:
        for values in self._joins(nodes, "type"):
            key = values.get("key")
            yield JoinType(
                graph=self._graph(values),
                key=None if key is None else _canonical_field_set(str(key)),
                extension=values.get("extension") is True,
                resolvable=values.get("resolvable") is not False,
                is_interface_object=values.get("isInterfaceObject") is True,
            )

    def _join_fields(self, nodes: Iterable[ConstDirectiveNode] | None) -> Iterator[JoinField]:
        for node in nodes or ():
            if node.name.value != f"{self._join}__field":
                continue
            values = _values(node)
            context = next(
                (
                    each.value
                    for each in node.arguments or ()
                    if each.name.value == "contextArguments"
                ),
                None,
            )

            def text(name: str, values: Mapping[str, object] = values) -> str | None:
                value = values.get(name)
                return value if isinstance(value, str) else None

            requires, provides = text("requires"), text("provides")
            yield JoinField(
                graph=self._graph(values) if values.get("graph") is not None else None,
                requires=None if requires is None else _canonical_field_set(requires),
                provides=None if provides is None else _canonical_field_set(provides),
                type=text("type"),
                external=values.get("external") is True,
                override=text("override"),
                # Other composers repeat the label on the subgraph that loses the field.
                override_label=text("overrideLabel") if text("override") else None,
                used_overridden=values.get("usedOverridden") is True,
                context_arguments=None if context is None else print_literal(context),
            )

    def _enum_value(self, node: EnumValueDefinitionNode, joins: Sequence[JoinType]) -> EnumValue:
        graphs = tuple(self._graph(values) for values in self._joins(node.directives, "enumValue"))
        return EnumValue(
            name=node.name.value,
            description=node.description.value if node.description else None,
            directives=self._directives(node.directives),
            graphs=graphs or tuple(join.graph for join in joins) or tuple(self._graphs.values()),
        )

    def _field(self, node: FieldDefinitionNode) -> FieldDefinition:
        return FieldDefinition(
            name=node.name.value,
            type=type_text(node.type),
            arguments=tuple(map(self._input, node.arguments or ())),
            description=node.description.value if node.description else None,
            directives=self._directives(node.directives),
            joins=tuple(self._join_fields(node.directives)),
        )

    def _input(self, node: InputValueDefinitionNode) -> InputValue:
        return InputValue(
            name=node.name.value,
            type=type_text(node.type),
            default=None if node.default_value is None else print_literal(node.default_value),
            description=node.description.value if node.description else None,
            directives=self._directives(node.directives),
            joins=tuple(self._join_fields(node.directives)),
        )


def _canonical_field_set(text: str) -> str:
    try:
        return print_field_set(read_field_set(text))
    except ValueError as error:
        raise InvalidSupergraph(str(error)) from None

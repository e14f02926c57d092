"""GraphQL's own rules on a subgraph's document, federation definitions understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    parse,
    specified_directives,
    validate_schema,
)
from graphql.language import ast
from graphql.validation.validate import validate_sdl

from federation.errors import Diagnostic, SourceLocation
from federation.subgraph.known_definitions import validate_definitions
from federation.subgraph.model import Link
from federation.subgraph.specifications import (
    FEDERATION_DIRECTIVES,
    FEDERATION_IDENTITY,
    LINK_IDENTITY,
    directives_of_specification,
    types_of_specification,
)

_LINK_DEFINITION = (
    "(url: String, as: String, for: {Purpose}, import: [{Import}]) repeatable on SCHEMA"
)
_EXECUTABLE = OperationDefinitionNode | FragmentDefinitionNode
_MACHINERY = ("_Any", "_FieldSet")


def validate_document(
    document: DocumentNode, links: Sequence[Link], place: SourceLocation
) -> Iterator[Diagnostic]:
    """Findings about a document that parsed, by GraphQL's own rules: ``INVALID_GRAPHQL``.

    Definitions that the document leaves out because it links them are supplied.
    """
    executable = [node for node in document.definitions if isinstance(node, _EXECUTABLE)]
    if executable:
        for node in executable:
            error = GraphQLError("queries and fragments are no part of a schema", node)
            yield _report(error, place)
        return
    supplied = _supply(document, list(links))
    complete = DocumentNode(definitions=(*_with_bases(document), *supplied))
    errors = validate_sdl(complete) or _validate_types(complete)
    for error in errors:
        yield _report(error, place)
    if not errors:
        yield from validate_definitions(document, links, place)


def _validate_types(document: DocumentNode) -> list[GraphQLError]:
    """Faults of types, such as an object that lacks a field of its interface."""
    schema = build_ast_schema(document, assume_valid_sdl=True)
    return [
        error
        for error in validate_schema(schema)
        # Not every subgraph has query fields; a rule of composition asks for one somewhere.
        if error.nodes and not any(_is_machinery(node) for node in error.nodes)
    ]


def _is_machinery(node: Node) -> bool:
    """Whether federation's own union of entities, which may be empty, is meant."""
    return isinstance(node, UnionTypeDefinitionNode) and node.name.value == "_Entity"


def _with_bases(document: DocumentNode) -> Iterator[DefinitionNode]:
    """The definitions, where a type without a base has its first extension as its base.

    An extension alone is how federation says that the base is in another subgraph.
    """
    based = {
        node.name.value for node in document.definitions if isinstance(node, TypeDefinitionNode)
    }
    for node in document.definitions:
        if isinstance(node, TypeExtensionNode) and node.name.value not in based:
            based.add(node.name.value)
            definition = getattr(ast, type(node).__name__.replace("Extension", "Definition"))
            yield definition(**{key: getattr(node, key) for key in node.keys})
        else:
            yield node


def _report(error: GraphQLError, place: SourceLocation) -> Diagnostic:
    locations = tuple(
        replace(place, line=line, column=column) for line, column in error.locations or ()
    )
    return Diagnostic(
        "INVALID_GRAPHQL",
        f"[{place.subgraph}] {error.message}",
        locations=locations or (place,),
        fix="Correct the SDL of this subgraph.",
    )


def _supply(document: DocumentNode, links: list[Link]) -> Iterator[DefinitionNode]:
    """Definitions of linked elements that the document itself leaves out."""
    supply = _Supply(document)
    for name in _MACHINERY:
        supply.add_type(name)
    if not any(link.identity == FEDERATION_IDENTITY for link in links):
        for name, specification in FEDERATION_DIRECTIVES.items():
            if specification.federation_1:
                supply.add_directive(name, specification.signature, {"FieldSet": "_FieldSet"})
    if not any(link.identity == LINK_IDENTITY for link in links):
        links = [*links, Link("", LINK_IDENTITY, "link", (1, 0), "link", {}, None)]
    for link in links:
        types = {
            each: link.imports.get(each, f"{link.namespace}__{each}")
            for each in types_of_specification(link.identity)
        }
        if link.identity == LINK_IDENTITY:
            supply.add_directive(link.namespace, _LINK_DEFINITION, types)
        for name, specification in directives_of_specification(link.identity, link.version).items():
            supply.add_directive(link.local_directive(name), specification.signature, types)
    text = "\n".join(supply.text)
    yield from parse(text, no_location=True).definitions if text else ()


class _Supply:
    """Collects the definitions that a document does not have."""

    def __init__(self, document: DocumentNode) -> None:
        self.text: list[str] = []
        self._known = {f"@{directive.name}" for directive in specified_directives}
        for node in document.definitions:
            if isinstance(node, DirectiveDefinitionNode):
                self._known.add(f"@{node.name.value}")
            elif isinstance(node, TypeDefinitionNode | TypeExtensionNode):
                self._known.add(node.name.value)

    def add_type(self, name: str) -> None:
        """A scalar stands for whatever the specification's type is."""
        if name not in self._known:
            self._known.add(name)
            self.text.append(f"scalar {name}")

    def add_directive(self, name: str, signature: str, types: dict[str, str]) -> None:
        """A directive with the types that its signature takes, under the document's names."""
        if f"@{name}" in self._known:
            return
        self._known.add(f"@{name}")
        used = {each: local for each, local in types.items() if f"{{{each}}}" in signature}
        for local in used.values():
            self.add_type(local)
        self.text.append(f"directive @{name}{signature.format(**used)}")

"""GraphQL's own rules on a subgraph's document, federation definitions understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLError,
    TypeDefinitionNode,
    TypeExtensionNode,
    parse,
    specified_directives,
)
from graphql.language import ast
from graphql.validation.validate import validate_sdl

from federation.errors import Diagnostic, SourceLocation
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
_MACHINERY = ("_Any", "_FieldSet")


def validate_document(
    document: DocumentNode, links: Iterable[Link], place: SourceLocation
) -> Iterator[Diagnostic]:
    """Findings ``INVALID_GRAPHQL`` of a document that parsed.

    Definitions that the document leaves out because it links them are supplied.
    """
    supplied = _supply(document, list(links))
    complete = DocumentNode(definitions=(*_with_bases(document), *supplied))
    for error in validate_sdl(complete):
        yield _report(error, place)


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
        error.message,
        locations=locations or (place,),
        fix="Correct the SDL of this subgraph.",
    )


def _supply(document: DocumentNode, links: list[Link]) -> Iterator[DefinitionNode]:
    directives = {
        node.name.value
        for node in document.definitions
        if isinstance(node, DirectiveDefinitionNode)
    } | {directive.name for directive in specified_directives}
    types = {
        node.name.value
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode | TypeExtensionNode)
    }
    text: list[str] = []

    def add_directive(local: str, signature: str) -> None:
        if local not in directives:
            directives.add(local)
            text.append(f"directive @{local}{signature}")

    def add_type(local: str) -> str:
        if local not in types:
            types.add(local)
            text.append(f"scalar {local}")
        return local

    for name in _MACHINERY:
        add_type(name)
    if not any(link.identity == FEDERATION_IDENTITY for link in links):
        for name, specification in FEDERATION_DIRECTIVES.items():
            # Some libraries wrote their own federation 1 definitions with other field set types.
            if specification.federation_1 and name not in directives:
                add_directive(name, specification.signature.format(FieldSet="_FieldSet"))
    known = [*links]
    if not any(link.identity == LINK_IDENTITY for link in links):
        known.append(Link("", LINK_IDENTITY, "link", (1, 0), "link", {}, None))
    for link in known:
        local_types = {
            each: link.imports.get(each, f"{link.namespace}__{each}")
            for each in types_of_specification(link.identity)
        }
        if link.identity == LINK_IDENTITY and link.namespace not in directives:
            for each in local_types.values():
                add_type(each)
            add_directive(link.namespace, _LINK_DEFINITION.format(**local_types))
        for name, specification in directives_of_specification(link.identity, link.version).items():
            local = link.local_directive(name)
            if local in directives:
                continue
            used = {
                each: value
                for each, value in local_types.items()
                if f"{{{each}}}" in specification.signature
            }
            for each in used.values():
                add_type(each)
            add_directive(local, specification.signature.format(**used))
    yield from parse("\n".join(text), no_location=True).definitions if text else ()

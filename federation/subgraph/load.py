"""SDL text to Subgraph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from graphql import (
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLSyntaxError,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    OperationTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeNode,
    parse,
)

from federation.errors import Diagnostic, InvalidSubgraph, SourceLocation
from federation.subgraph.links import (
    Names,
    read_links,
    resolve_names,
    schema_directive_nodes,
)
from federation.subgraph.model import InputValue, Subgraph, Type
from federation.subgraph.normalise import own_key_fields, upgrade
from federation.subgraph.reader import Reader
from federation.subgraph.specifications import MACHINERY_FIELDS
from federation.subgraph.validate import validate_document

ROOT_NAMES: Final = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
_BUILT_IN: Final = frozenset({"Int", "Float", "String", "Boolean", "ID"})


def load_subgraph(name: str, url: str, sdl: str, file: str = "") -> Subgraph:
    """The schema that one subgraph publishes.

    Takes SDL as a department writes it and as ``_service { sdl }`` returns it, of federation 1
    and 2. Faults that need knowledge of federation are left to composition's rules.

    Args:
        name: As the supergraph shall know it.
        url: Where it answers; may be empty.
        sdl: GraphQL type system document.
        file: Path to show in diagnostics.

    Raises:
        InvalidSubgraph: The text does not parse, breaks GraphQL's own rules, or links
            specifications wrongly. Carries every such finding.
    """
    document = _parse(sdl, SourceLocation(name, file=file))
    found = read_links(document, name, file)
    names = resolve_names(found.links)
    diagnostics = (
        *found.diagnostics,
        *validate_document(document, found.links, SourceLocation(name, file=file)),
    )
    if diagnostics:
        raise InvalidSubgraph(diagnostics[0].message, diagnostics)
    reader = Reader(name, names, file)
    roots = _read_roots(document)
    definitions = [
        node for node in document.definitions if isinstance(node, DirectiveDefinitionNode)
    ]
    foreign = _types_of_known_directives(definitions, names)
    types = {
        type_name: each
        for type_name, each in reader.types(document).items()
        if not names.is_machinery(type_name) and type_name not in foreign
    }
    types = _without_machinery_fields(_rename_roots(types, roots))
    return Subgraph(
        name=name,
        url=url,
        types=own_key_fields(types) if names.version >= (2, 0) else upgrade(types),
        roots=roots,
        version=names.version,
        links=tuple(found.links),
        directive_definitions=tuple(
            reader.directive_definition(node)
            for node in definitions
            if node.name.value not in names.directives and not names.is_machinery(node.name.value)
        ),
        schema_directives=tuple(reader.directives(schema_directive_nodes(document))),
        file=file,
    )


def _parse(sdl: str, place: SourceLocation) -> DocumentNode:
    try:
        return parse(sdl)
    except GraphQLSyntaxError as error:
        line, column = error.locations[0] if error.locations else (0, 0)
        what, fix = _what_it_is(sdl)
        message = f"{what}: {error.message}" if what else error.message
        diagnostic = Diagnostic(
            "INVALID_GRAPHQL",
            f"[{place.subgraph}] {message}",
            locations=(replace(place, line=line, column=column),),
            fix=fix or "Correct the syntax of the SDL.",
        )
        raise InvalidSubgraph(message, (diagnostic,)) from None


def _what_it_is(text: str) -> tuple[str, str]:
    """What a text is that is no SDL at all, and what to do; empty for SDL with a slip in it."""
    lines = [line.strip() for line in text.splitlines()]
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if not first:
        return "the text holds no definitions", "Publish the subgraph's types, such as type Query."
    if first.startswith(('{"', "[", '{ "')) or first == "{":
        return "this is JSON and no SDL", "Give the text that `_service { sdl }` holds."
    if first.startswith("<"):
        return "this is a page and no SDL", "Check the address; it may ask for a login."
    return "", ""


def _read_roots(document: DocumentNode) -> dict[str, str]:
    """Operation kinds to root type names; the default ones without a schema definition."""
    named: dict[str, str] = {}
    is_explicit = False
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            is_explicit |= isinstance(node, SchemaDefinitionNode)
            operation: OperationTypeDefinitionNode
            for operation in node.operation_types or ():
                named[operation.operation.value] = operation.type.name.value
    defined = {
        node.name.value
        for node in document.definitions
        if isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode)
    }
    for kind, default in ROOT_NAMES.items():
        # Apollo reads a schema without operation types as one with the default ones.
        if kind not in named and default in defined and not (is_explicit and named):
            named[kind] = default
    return named


def _types_of_known_directives(
    definitions: Iterable[DirectiveDefinitionNode], names: Names
) -> set[str]:
    """Types that the SDL defines only because a specification's directive takes them."""
    found: set[str] = set()
    for node in definitions:
        if node.name.value in names.directives:
            found |= {_named(argument.type) for argument in node.arguments or ()}
    return found - _BUILT_IN


def _named(node: TypeNode) -> str:
    while not isinstance(node, NamedTypeNode):
        node = node.type  # type: ignore[attr-defined]
    return node.name.value


def _rename_roots(types: dict[str, Type], roots: dict[str, str]) -> dict[str, Type]:
    renames = {
        local: ROOT_NAMES[kind] for kind, local in roots.items() if local != ROOT_NAMES[kind]
    }
    # A type that already has the canonical name stays where it is: a rule reports it.
    renames = {local: name for local, name in renames.items() if name not in types}
    if not renames:
        return types
    return {
        renames.get(name, name): replace(
            each,
            name=renames.get(name, name),
            fields={
                field.name: replace(
                    field,
                    type=_rename(field.type, renames),
                    arguments=tuple(_rename_input(one, renames) for one in field.arguments),
                )
                for field in each.fields.values()
            },
            members=tuple(renames.get(member, member) for member in each.members),
        )
        for name, each in types.items()
    }


def _rename(type_text: str, renames: dict[str, str]) -> str:
    name = type_text.strip("[]!")
    return type_text.replace(name, renames[name]) if name in renames else type_text


def _rename_input(value: InputValue, renames: dict[str, str]) -> InputValue:
    return replace(value, type=_rename(value.type, renames))


def _without_machinery_fields(types: dict[str, Type]) -> dict[str, Type]:
    query = types.get("Query")
    if query is None or not MACHINERY_FIELDS & query.fields.keys():
        return types
    fields = {name: each for name, each in query.fields.items() if name not in MACHINERY_FIELDS}
    if fields:
        return types | {"Query": replace(query, fields=fields)}
    return {name: each for name, each in types.items() if name != "Query"}

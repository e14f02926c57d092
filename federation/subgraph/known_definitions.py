"""A document's own definitions of what specifications define: they must fit.

Libraries print them in several forms: other names for the field set's type, fewer locations,
without optional arguments. What is refused is only what means something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from graphql import (
    DirectiveDefinitionNode,
    DocumentNode,
    InputValueDefinitionNode,
    NamedTypeNode,
    NonNullTypeNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    TypeNode,
    parse,
)

from federation.errors import Diagnostic, SourceLocation
from federation.subgraph.links import resolve_names
from federation.subgraph.model import Link
from federation.subgraph.specifications import FEDERATION_DIRECTIVES, GOVERNANCE_DIRECTIVES

_SCALARS = frozenset({"_Any", "_FieldSet"})
_PLACEHOLDERS = {
    name: f"x__{name}"
    for name in ("FieldSet", "Scope", "Policy", "ContextFieldValue", "SharingClass", "FilterUse")
}


def validate_definitions(
    document: DocumentNode, links: Sequence[Link], place: SourceLocation
) -> Iterator[Diagnostic]:
    """Findings ``DIRECTIVE_DEFINITION_INVALID`` and ``TYPE_DEFINITION_INVALID``."""
    names = resolve_names(links)
    for node in document.definitions:
        if isinstance(node, DirectiveDefinitionNode):
            specification, name = names.directives.get(node.name.value, ("", ""))
            expected = _expected(name) if specification else None
            for problem in _problems(node, expected) if expected else ():
                yield Diagnostic(
                    "DIRECTIVE_DEFINITION_INVALID",
                    f"[{place.subgraph}] the definition of @{node.name.value} {problem}",
                    locations=(_at(node, place),),
                    fix="Leave the definition out, or write it as the specification does.",
                )
        elif (
            isinstance(node, TypeDefinitionNode)
            and node.name.value in _SCALARS
            and not isinstance(node, ScalarTypeDefinitionNode)
        ):
            yield Diagnostic(
                "TYPE_DEFINITION_INVALID",
                f"[{place.subgraph}] {node.name.value} is no scalar",
                locations=(_at(node, place),),
                fix="Leave the definition out, or define a scalar.",
            )


def _at(
    node: DirectiveDefinitionNode | TypeDefinitionNode, place: SourceLocation
) -> SourceLocation:
    token = node.name.loc.start_token if node.name.loc else None
    return replace(place, line=token.line, column=token.column) if token else place


@lru_cache(maxsize=64)
def _expected(name: str) -> DirectiveDefinitionNode | None:
    specification = FEDERATION_DIRECTIVES.get(name) or GOVERNANCE_DIRECTIVES.get(name)
    if specification is None:
        return None
    text = f"directive @{name}{specification.signature.format(**_PLACEHOLDERS)}"
    node = parse(text, no_location=True).definitions[0]
    assert isinstance(node, DirectiveDefinitionNode), "a signature defines a directive"
    return node


def _problems(node: DirectiveDefinitionNode, expected: DirectiveDefinitionNode) -> Iterator[str]:
    given = {each.name.value: each for each in node.arguments or ()}
    known = {each.name.value: each for each in expected.arguments or ()}
    for name in sorted(given.keys() - known.keys()):
        yield f"has the unknown argument {name}"
    for name, argument in known.items():
        if name not in given:
            if isinstance(argument.type, NonNullTypeNode):
                yield f"lacks the argument {name}"
        elif not _fits(given[name], argument):
            yield f"has the argument {name} of another type"
    locations = {each.value for each in node.locations}
    for location in sorted(locations - {each.value for each in expected.locations}):
        yield f"allows it on {location}"


def _fits(given: InputValueDefinitionNode, expected: InputValueDefinitionNode) -> bool:
    """Whether an argument takes the same values, as far as libraries agree on it.

    They differ in nullability and in the names of the specification's own scalars, and
    federation 1 lets field sets be lists of texts.
    """
    left, right = _shape(given.type), _shape(expected.type)
    is_own = right[1].startswith("x__")
    return (is_own and left[1] not in ("Int", "Float", "Boolean")) or left == right


def _shape(node: TypeNode) -> tuple[int, str]:
    """Depth of lists and name of the innermost type."""
    depth = 0
    while not isinstance(node, NamedTypeNode):
        depth += not isinstance(node, NonNullTypeNode)
        node = node.type  # type: ignore[attr-defined]
    return depth, node.name.value

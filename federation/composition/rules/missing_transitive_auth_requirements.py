"""MISSING_TRANSITIVE_AUTH_REQUIREMENTS: a field is open although what it requires is not."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import parse_value, value_from_ast_untyped

from federation.composition.merged import Merged
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.supergraph.model import (
    AppliedDirective,
    InterfaceType,
    ObjectType,
)


def missing_transitive_auth_requirements(merged: Merged) -> Iterator[Diagnostic]:
    """Who may read a field may read what it is computed from.

    Else ``@requires`` would be a way around the access requirements of other subgraphs.
    """
    for facts in merged.governance.facts.values():
        own = _requirements(facts.coordinate, merged)
        for source in facts.requires:
            for name, alternatives in _requirements(source, merged).items():
                if not _covers(own.get(name), alternatives):
                    yield Diagnostic(
                        "MISSING_TRANSITIVE_AUTH_REQUIREMENTS",
                        f"{facts.coordinate} requires {source}, but not its @{name}",
                        coordinate=facts.coordinate,
                        locations=(*merged.places(facts.coordinate), *merged.places(source)),
                        fix=f"Give {facts.coordinate} at least the @{name} of {source}.",
                    )


_ARGUMENTS = {"authenticated": None, "requiresScopes": "scopes", "policy": "policies"}


def _requirements(coordinate: Coordinate, merged: Merged) -> dict[str, list[frozenset[str]]]:
    """Directive name to alternatives, of the field, its type and the type it returns.

    Those of several places hold together, which one joint alternative of each expresses.
    """
    definition = merged.supergraph.types.get(coordinate.type)
    if not isinstance(definition, ObjectType | InterfaceType):
        return {}
    field = definition.fields.get(coordinate.field or "")
    if field is None:
        return {}
    found: dict[str, list[frozenset[str]]] = {}
    for directive in (*definition.directives, *field.directives):
        if directive.name not in _ARGUMENTS:
            continue
        alternatives = _alternatives(directive)
        known = found.get(directive.name, [frozenset()])
        found[directive.name] = [left | right for left in known for right in alternatives]
    return found


def _alternatives(directive: AppliedDirective) -> list[frozenset[str]]:
    argument = _ARGUMENTS[directive.name]
    text = directive.argument(argument) if argument else None
    value = value_from_ast_untyped(parse_value(text)) if text else None
    return [frozenset(each) for each in value] if isinstance(value, list) else [frozenset()]


def _covers(own: list[frozenset[str]] | None, needed: list[frozenset[str]]) -> bool:
    """Whether every way to meet one's own requirements meets the needed ones."""
    return own is not None and all(any(each <= mine for each in needed) for mine in own)

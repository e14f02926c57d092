"""What ``@authenticated``, ``@requiresScopes`` and ``@policy`` demand of whoever reads a field.

Demands on the field, on its parent, on the type it returns and on the interface fields it
implements all hold together. They are facts for the policies, which decide whether a caller fulfils
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import parse_value, value_from_ast_untyped

from federation.supergraph.model import (
    AppliedDirective,
    FieldDefinition,
    InterfaceType,
    ObjectType,
    Supergraph,
    named_type,
)


@dataclass(frozen=True, slots=True)
class Demands:
    """Demands of federation's own access directives.

    Attributes:
        scopes: Each a list of alternatives, of which one must be held entirely.
        policies: The same of policy names.
    """

    authenticated: bool = False
    scopes: tuple[Any, ...] = ()
    policies: tuple[Any, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the policies read it; what is not demanded has no key."""
        facts = {
            "authenticated": self.authenticated,
            "scopes": list(self.scopes),
            "policies": list(self.policies),
        }
        return {name: fact for name, fact in facts.items() if fact}


NO_DEMANDS = Demands()


def demands_of(supergraph: Supergraph, parent: ObjectType, field: FieldDefinition) -> Demands:
    """Everything demanded for one field of an object type."""
    applied = list(_applied(supergraph, parent, field))
    return Demands(
        authenticated=any(each.name == "authenticated" for each in applied),
        scopes=tuple(_arguments(applied, "requiresScopes", "scopes")),
        policies=tuple(_arguments(applied, "policy", "policies")),
    )


def _applied(
    supergraph: Supergraph, parent: ObjectType, field: FieldDefinition
) -> Iterator[AppliedDirective]:
    yield from field.directives
    yield from parent.directives
    returned = supergraph.types.get(named_type(field.type))
    if returned is not None:
        yield from returned.directives
    for name in parent.interfaces:
        interface = supergraph.types.get(name)
        if isinstance(interface, InterfaceType) and field.name in interface.fields:
            yield from interface.directives
            yield from interface.fields[field.name].directives


def _arguments(applied: Iterable[AppliedDirective], name: str, argument: str) -> Iterator[Any]:
    for each in applied:
        text = each.argument(argument) if each.name == name else None
        if text is not None:
            yield value_from_ast_untyped(parse_value(text, no_location=True))

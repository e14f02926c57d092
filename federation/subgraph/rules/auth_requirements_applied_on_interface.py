"""AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE: an access requirement on an interface."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import (
    Field,
    Kind,
    Subgraph,
    Type,
    directives_of,
)

_REQUIREMENTS = ("authenticated", "requiresScopes", "policy")


def auth_requirements_applied_on_interface(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Access is decided per object; an interface takes the requirements of its implementers."""
    for definition in subgraph.types.values():
        if definition.kind is not Kind.INTERFACE and not definition.is_interface_object:
            continue
        marked: list[tuple[Coordinate, Type | Field]] = [(Coordinate(definition.name), definition)]
        if definition.kind is Kind.INTERFACE:
            marked += [
                (Coordinate(definition.name, field.name), field)
                for field in definition.fields.values()
            ]
        for coordinate, element in marked:
            for name in _REQUIREMENTS:
                for directive in directives_of(element, name):
                    yield Diagnostic(
                        "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
                        f"[{subgraph.name}] @{name} on {coordinate}, which is of an interface",
                        coordinate=coordinate,
                        locations=(directive.location,),
                        fix=f"Put @{name} on the implementing objects or their fields.",
                    )

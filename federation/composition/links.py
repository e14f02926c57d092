"""The links of a supergraph: one per specification that some element uses."""

from __future__ import annotations

from collections.abc import Iterable

from federation.supergraph.model import Link, TypeDefinition
from federation.supergraph.printer import directives_on
from federation.supergraph.specifications import LINKED


def links_for(types: Iterable[TypeDefinition]) -> tuple[Link, ...]:
    """Links for all known directives applied to the types, in a fixed order."""
    applied = {directive.name for each in types for directive in directives_on(each)}
    links: list[Link] = []
    for specification in LINKED:
        used = [name for name in specification.directives if name in applied]
        # The directive that is called like its specification needs no import.
        imported = tuple((f"@{name}", f"@{name}") for name in used if name != specification.name)
        if used:
            links.append(Link(specification.url, imports=imported, purpose=specification.purpose))
    return tuple(links)

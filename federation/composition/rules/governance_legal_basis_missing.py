"""GOVERNANCE_LEGAL_BASIS_MISSING: data is withheld without naming the law."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import directives_of


def governance_legal_basis_missing(schema: Sources) -> Iterator[Diagnostic]:
    """Who does not share cites the law that says so."""
    for type_name, sources in schema.types.items():
        marked = [
            (Coordinate(type_name), each, directive)
            for each in sources
            for directive in directives_of(each.type, "sharing")
        ]
        marked += [
            (Coordinate(type_name, field.name), each, directive)
            for each in sources
            for field in each.type.fields.values()
            for directive in directives_of(field, "sharing")
        ]
        for coordinate, each, directive in marked:
            is_withheld = directive.argument("class") == "NOT_SHARED"
            if is_withheld and not (directive.text("legalBasis") or "").strip():
                yield Diagnostic(
                    "GOVERNANCE_LEGAL_BASIS_MISSING",
                    f"[{each.subgraph.name}] {coordinate} is not shared, without a legal basis",
                    coordinate=coordinate,
                    locations=(directive.location,),
                    fix="Give legalBasis, or share the data conditionally.",
                )

"""GOVERNANCE_COORDINATE_INVALID: a governance directive names what is not there."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate, read_coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import Directive, Type
from federation.subgraph.specifications import GOVERNANCE

# Directive, its argument, and whether that is the coordinate of a field or the name of a type.
_REFERENCES = {
    "filters": ("field", True),
    "derivation": ("of", True),
    "derivedFrom": ("type", False),
}


def governance_coordinate_invalid(schema: Sources) -> Iterator[Diagnostic]:
    """Fields and types that governance directives name exist in some subgraph.

    Only a hint where ``@derivation`` names a field of a department that is not here: source and
    deriving department are published one after the other, and either may be the first.
    """
    for sources in schema.types.values():
        for source in sources:
            for coordinate, directive in _applied(source.type):
                argument, is_field = _REFERENCES.get(directive.name, ("", False))
                text = directive.text(argument) or ""
                if not argument or _exists(text, schema, is_field=is_field):
                    continue
                if directive.name == "derivation" and _is_of_absent_subgraph(directive, schema):
                    yield _awaited(text, coordinate, directive, source.subgraph.name)
                    continue
                kind = "field" if is_field else "type"
                yield Diagnostic(
                    "GOVERNANCE_COORDINATE_INVALID",
                    f'[{source.subgraph.name}] @{directive.name}({argument}: "{text}") on'
                    f" {coordinate}: there is no such {kind}",
                    coordinate=coordinate,
                    locations=(directive.location,),
                    fix="Write it as Type.field." if is_field else "Name a type of the graph.",
                )


def _is_of_absent_subgraph(derivation: Directive, schema: Sources) -> bool:
    by = derivation.text("by")
    if not by or by in {each.name for each in schema.subgraphs}:
        return False
    named = _read(derivation.text("of") or "")
    return named is not None and named.field is not None and named.argument is None


def _awaited(text: str, place: Coordinate, derivation: Directive, subgraph: str) -> Diagnostic:
    by = derivation.text("by")
    return Diagnostic(
        "GOVERNANCE_COORDINATE_INVALID",
        f'[{subgraph}] @derivation(of: "{text}") on {place}: subgraph {by}, which is to derive'
        " the field, is not here",
        Severity.HINT,
        place,
        (derivation.location,),
        f"Nothing to do until {by} is published with {text}; check the name if it is there.",
    )


def _applied(definition: Type) -> Iterator[tuple[Coordinate, Directive]]:
    name = definition.name
    elements = [(Coordinate(name), definition.directives)]
    for field in definition.fields.values():
        elements.append((Coordinate(name, field.name), field.directives))
        elements += [
            (Coordinate(name, field.name, argument.name), argument.directives)
            for argument in field.arguments
        ]
    for members in (definition.input_fields, definition.values):
        elements += [(Coordinate(name, each.name), each.directives) for each in members.values()]
    for coordinate, directives in elements:
        for directive in directives:
            if directive.specification == GOVERNANCE:
                yield coordinate, directive


def _exists(text: str, schema: Sources, *, is_field: bool) -> bool:
    named = _read(text)
    if named is None:
        return False
    if not is_field:
        return named.field is None and named.type in schema.types
    return named.argument is None and any(
        named.field in source.type.fields for source in schema.types.get(named.type, ())
    )


def _read(text: str) -> Coordinate | None:
    try:
        return read_coordinate(text)
    except ValueError:
        return None

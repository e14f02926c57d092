"""GOVERNANCE_COORDINATE_INVALID: a governance directive names what is not there."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate, read_coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Directive, Type
from federation.subgraph.specifications import GOVERNANCE

# Directive, its argument, and whether that is the coordinate of a field or the name of a type.
_REFERENCES = {
    "filters": ("field", True),
    "derivation": ("of", True),
    "derivedFrom": ("type", False),
}


def governance_coordinate_invalid(schema: Sources) -> Iterator[Diagnostic]:
    """Fields and types that governance directives name exist in some subgraph."""
    for sources in schema.types.values():
        for source in sources:
            for coordinate, directive in _applied(source.type):
                argument, is_field = _REFERENCES.get(directive.name, ("", False))
                text = directive.text(argument) or ""
                if not argument or _exists(text, schema, is_field=is_field):
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
    try:
        named = read_coordinate(text)
    except ValueError:
        return False
    if not is_field:
        return named.field is None and named.type in schema.types
    return named.argument is None and any(
        named.field in source.type.fields for source in schema.types.get(named.type, ())
    )

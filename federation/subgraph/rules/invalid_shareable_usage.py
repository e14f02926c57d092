"""INVALID_SHAREABLE_USAGE: @shareable on an interface field, or twice on one definition."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic, SourceLocation
from federation.subgraph.model import Kind, Subgraph, Type, directives_of, find_directive


def invalid_shareable_usage(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """Interface fields are resolved by nobody, so there is nothing to share.

    The directive may be repeated on a type for the sake of its extensions only: one definition
    says it once.
    """
    for definition in subgraph.types.values():
        if definition.kind is Kind.INTERFACE:
            yield from _on_interface(subgraph, definition)
        else:
            yield from _repeated(subgraph, definition)


def _on_interface(subgraph: Subgraph, definition: Type) -> Iterator[Diagnostic]:
    for field in definition.fields.values():
        shareable = find_directive(field, "shareable")
        if shareable is not None:
            yield Diagnostic(
                "INVALID_SHAREABLE_USAGE",
                f"[{subgraph.name}] @shareable on the interface field"
                f" {definition.name}.{field.name}",
                coordinate=Coordinate(definition.name, field.name),
                locations=(shareable.location,),
                fix="Put @shareable on the fields of the implementing objects.",
            )


def _repeated(subgraph: Subgraph, definition: Type) -> Iterator[Diagnostic]:
    on_type = [each.location for each in directives_of(definition, "shareable")]
    of_base = [
        each.location for each in directives_of(definition, "shareable") if not each.on_extension
    ]
    if len(of_base) > 1:
        yield _twice(subgraph, Coordinate(definition.name), of_base)
    for field in definition.fields.values():
        # Those of the type are spread over its fields.
        own = [
            each.location
            for each in directives_of(field, "shareable")
            if each.location not in on_type
        ]
        if len(own) > 1:
            yield _twice(subgraph, Coordinate(definition.name, field.name), own)


def _twice(subgraph: Subgraph, coordinate: Coordinate, places: list[SourceLocation]) -> Diagnostic:
    return Diagnostic(
        "INVALID_SHAREABLE_USAGE",
        f"[{subgraph.name}] @shareable stands {len(places)} times on {coordinate}",
        coordinate=coordinate,
        locations=tuple(places),
        fix="Say it once on each definition or extension.",
    )

"""INTERFACE_OBJECT_USAGE_ERROR: an interface object that stands for no interface."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import listed, names, places
from federation.composition.sources import Sources, TypeSource
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind


def interface_object_usage_error(schema: Sources) -> Iterator[Diagnostic]:
    """An interface object has a key, and another subgraph where it is an interface."""
    for name, sources in schema.types.items():
        standing = [each for each in sources if each.type.is_interface_object]
        interfaces = [each for each in sources if each.type.kind is Kind.INTERFACE]
        objects = [
            each
            for each in sources
            if not each.type.is_interface_object and each.type.kind is not Kind.INTERFACE
        ]
        if not standing:
            continue
        if objects or not interfaces:
            problem = (
                f"{name} is no interface in {names(objects)}"
                if objects
                else f"no subgraph defines {name} as an interface"
            )
            yield Diagnostic(
                "INTERFACE_OBJECT_USAGE_ERROR",
                f"{name} is an interface object in {names(standing)}, but {problem}",
                coordinate=Coordinate(name),
                locations=places((*standing, *objects)),
                fix="Define the interface, with the same key, in the subgraph that knows its"
                " implementers.",
            )
        for each in standing:
            yield from _known_implementers(name, each, schema)
            if not each.type.keys:
                yield Diagnostic(
                    "INTERFACE_OBJECT_USAGE_ERROR",
                    f"[{each.subgraph.name}] the interface object {name} has no key",
                    coordinate=Coordinate(name),
                    locations=places((each,)),
                    fix="Add the interface's @key.",
                )


def _known_implementers(name: str, standing: TypeSource, schema: Sources) -> Iterator[Diagnostic]:
    """Where an interface is an object, its implementers are not known."""
    known = sorted(schema.subtypes.get(name, frozenset()) & standing.subgraph.types.keys())
    if known:
        places = (standing.type, *(standing.subgraph.types[each] for each in known))
        yield Diagnostic(
            "INTERFACE_OBJECT_USAGE_ERROR",
            f"[{standing.subgraph.name}] {name} is an interface object, but its"
            f" implementers {listed(known)} are defined beside it",
            coordinate=Coordinate(name),
            locations=tuple(place for each in places for place in each.locations[:1]),
            fix=f"Remove the implementers from this subgraph, or make {name} an interface here.",
        )

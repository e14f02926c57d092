"""INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE: a keyed interface lacks an implementer."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind
from federation.subgraph.usage import implementers


def interface_key_missing_implementation_type(schema: Sources) -> Iterator[Diagnostic]:
    """Who resolves an interface by key knows all its implementers, or could miss one."""
    for name, sources in schema.types.items():
        everywhere = {
            each
            for each in schema.subtypes.get(name, ())
            if each in schema.types and schema.kind(each) is Kind.OBJECT
        }
        for source in sources:
            if source.type.kind is not Kind.INTERFACE or not source.type.keys:
                continue
            here = {each.name for each in implementers(name, source.subgraph.types)}
            if everywhere - here:
                yield Diagnostic(
                    "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE",
                    f"[{source.subgraph.name}] the interface {name} has a key, but its implementers"
                    f" {listed(sorted(everywhere - here))} are only in other subgraphs",
                    coordinate=Coordinate(name),
                    locations=(source.type.keys[0].location,),
                    fix="Define all implementers here, or make the type an @interfaceObject.",
                )

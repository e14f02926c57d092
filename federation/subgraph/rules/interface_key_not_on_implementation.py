"""INTERFACE_KEY_NOT_ON_IMPLEMENTATION: an implementer lacks a key of its interface."""

from __future__ import annotations

from collections.abc import Iterator

from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, Subgraph
from federation.subgraph.usage import implementers


def interface_key_not_on_implementation(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """What identifies every object of an interface identifies those of each implementer."""
    for interface in subgraph.types.values():
        if interface.kind is not Kind.INTERFACE:
            continue
        for key in interface.keys:
            for each in implementers(interface.name, subgraph.types):
                if each.kind is not Kind.OBJECT:
                    continue
                if any(own.text("fields") == key.text("fields") for own in each.keys):
                    continue
                yield Diagnostic(
                    "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
                    f'[{subgraph.name}] {each.name} lacks the key "{key.text("fields")}" of the'
                    f" interface {interface.name}",
                    coordinate=Coordinate(each.name),
                    locations=(*each.locations[:1], key.location),
                    fix=f'Add @key(fields: "{key.text("fields")}") to {each.name}.',
                )

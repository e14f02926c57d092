"""INTERFACE_FIELD_NO_IMPLEM: an implementer lacks a field of its merged interface."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind


def interface_field_no_implem(schema: Sources) -> Iterator[Diagnostic]:
    """Every implementer has all fields that some subgraph gives to its interfaces.

    A field that an interface object adds is resolved there for all objects. An interface below
    declares it itself: nothing declares it there for its own implementers.
    """
    for name, sources in schema.types.items():
        if schema.kind(name) not in (Kind.OBJECT, Kind.INTERFACE):
            continue
        fields = schema.fields(name)
        interfaces = sorted({one for each in sources for one in each.type.interfaces})
        for interface in interfaces:
            for field, demanded in schema.fields(interface).items():
                # One that all interface objects call external is another rule's.
                added = schema.kind(name) is Kind.OBJECT and (
                    any(each.type.is_interface_object and not each.is_external for each in demanded)
                    or all(each.type.is_interface_object for each in demanded)
                )
                if field in fields or added:
                    continue
                yield Diagnostic(
                    "INTERFACE_FIELD_NO_IMPLEM",
                    f"{interface}.{field} of {names(demanded)} is missing in {name}, which"
                    f" implements {interface} in {names(sources)}",
                    coordinate=Coordinate(name, field),
                    locations=(*places(demanded), *places(sources)),
                    fix=f"Add the field to {name} in some subgraph, or remove it from {interface}.",
                )

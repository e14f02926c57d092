"""EXTERNAL_MISSING_ON_BASE: an external field is resolved by no subgraph."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    resolving,
)
from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind


def external_missing_on_base(schema: Sources) -> Iterator[Diagnostic]:
    """What is external in one subgraph is resolved by another."""
    for type_name in schema.types:
        is_object = schema.kind(type_name) is Kind.OBJECT
        for name, sources in schema.fields(type_name).items():
            # Of interfaces only the fields of interface objects are resolved by somebody.
            concerned = is_object or all(each.type.is_interface_object for each in sources)
            if concerned and not resolving(sources):
                yield Diagnostic(
                    "EXTERNAL_MISSING_ON_BASE",
                    f"{type_name}.{name} is external in {names(sources)}"
                    " but no subgraph resolves it",
                    coordinate=Coordinate(type_name, name),
                    locations=places(sources),
                    fix="Correct the field's name, or remove @external where it is resolved.",
                )

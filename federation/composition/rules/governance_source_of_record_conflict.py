"""GOVERNANCE_SOURCE_OF_RECORD_CONFLICT: two departments claim to be the source of record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from federation.composition.report import names, places
from federation.composition.sources import FieldSource, Sources, TypeSource
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import has_directive


def governance_source_of_record_conflict(schema: Sources) -> Iterator[Diagnostic]:
    """One item has one source."""
    for type_name, sources in schema.types.items():
        claiming = [each for each in sources if has_directive(each.type, "sourceOfRecord")]
        yield from _report(Coordinate(type_name), claiming)
        for name, definitions in schema.fields(type_name).items():
            yield from _report(
                Coordinate(type_name, name),
                [each for each in definitions if has_directive(each.field, "sourceOfRecord")],
            )


def _report(
    coordinate: Coordinate, claiming: Sequence[FieldSource | TypeSource]
) -> Iterator[Diagnostic]:
    if len({each.subgraph.name for each in claiming}) > 1:
        yield Diagnostic(
            "GOVERNANCE_SOURCE_OF_RECORD_CONFLICT",
            f"{names(claiming)} each claim to be the source of record of {coordinate}",
            coordinate=coordinate,
            locations=places(claiming),
            fix="Agree on one department and remove @sourceOfRecord elsewhere.",
        )

"""EMPTY_MERGED_ENUM_TYPE: no value of an enum is known to all subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directives import NOTHING_COMPOSED
from federation.composition.merge import merge_enum_values
from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind


def empty_merged_enum_type(schema: Sources) -> Iterator[Diagnostic]:
    """An enum taken as input keeps the values that all subgraphs know; one of them must remain."""
    for name, sources in schema.types.items():
        is_enum = schema.kind(name) is Kind.ENUM
        if is_enum and not merge_enum_values(name, schema, NOTHING_COMPOSED):
            yield Diagnostic(
                "EMPTY_MERGED_ENUM_TYPE",
                f"the definitions of {name} in {names(sources)} have no value in common",
                coordinate=Coordinate(name),
                locations=places(sources),
                fix="Rename the enum where it means something else, or share a value.",
            )

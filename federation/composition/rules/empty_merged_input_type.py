"""EMPTY_MERGED_INPUT_TYPE: no field of an input type is known to all subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directives import NOTHING_COMPOSED
from federation.composition.merge import merge_input_fields
from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind


def empty_merged_input_type(schema: Sources) -> Iterator[Diagnostic]:
    """An input type keeps the fields that all subgraphs know; one of them must remain."""
    for name, sources in schema.types.items():
        is_input = schema.kind(name) is Kind.INPUT_OBJECT
        if is_input and not merge_input_fields(name, schema, NOTHING_COMPOSED):
            yield Diagnostic(
                "EMPTY_MERGED_INPUT_TYPE",
                f"the definitions of {name} in {names(sources)} have no field in common",
                coordinate=Coordinate(name),
                locations=places(sources),
                fix="Rename the type where it means something else, or share a field.",
            )

"""INCONSISTENT_INPUT_OBJECT_FIELD: an input field is dropped that some subgraphs do not know."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    input_fields,
)
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import has_directive


def inconsistent_input_object_field(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: such an input field is not in the API schema."""
    for each in input_fields(schema):
        is_exempt = any(
            value.is_required or has_directive(value, "inaccessible") for _, value in each.values
        )
        if each.missing and not is_exempt:
            lacking = sorted(subgraph.name for subgraph, _ in each.missing)
            yield Diagnostic(
                "INCONSISTENT_INPUT_OBJECT_FIELD",
                f"{each.coordinate} is left out, since it is unknown in {listed(lacking)}",
                Severity.HINT,
                each.coordinate,
                (*each.locations, *(location for _, location in each.missing)),
                "Add the input field in every subgraph that defines the type.",
            )

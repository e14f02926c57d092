"""UNUSED_ENUM_TYPE: an enum that no field returns and no argument takes."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import Kind


def unused_enum_type(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: it is in the API schema all the same."""
    used = schema.input_uses | schema.output_uses
    for name, sources in schema.types.items():
        if schema.kind(name) is Kind.ENUM and name not in used:
            yield Diagnostic(
                "UNUSED_ENUM_TYPE",
                f"no field or argument is of the enum {name}",
                Severity.HINT,
                Coordinate(name),
                places(sources),
                "Remove the enum, or use it.",
            )

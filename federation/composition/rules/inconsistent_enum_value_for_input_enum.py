"""INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM: a value that not all subgraphs know is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import Kind, has_directive


def inconsistent_enum_value_for_input_enum(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: clients cannot give a value that not every subgraph takes."""
    for name, sources in schema.types.items():
        is_input = name in schema.input_uses and name not in schema.output_uses
        if schema.kind(name) is not Kind.ENUM or not is_input:
            continue
        for value in dict.fromkeys(value for each in sources for value in each.type.values):
            having = [each for each in sources if value in each.type.values]
            lacking = [each for each in sources if value not in each.type.values]
            values = [each.type.values[value] for each in having]
            if lacking and not any(has_directive(each, "inaccessible") for each in values):
                yield Diagnostic(
                    "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM",
                    f"{name}.{value} is left out, since it is unknown in {names(lacking)}",
                    Severity.HINT,
                    Coordinate(name, value),
                    tuple(each.location for each in values),
                    "Add the value in every subgraph that defines the enum.",
                )

"""INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM: a value that some subgraphs do not know."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import Kind


def inconsistent_enum_value_for_output_enum(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: values are united, whoever returns them."""
    for name, sources in schema.types.items():
        if schema.kind(name) is not Kind.ENUM or name in schema.input_uses:
            continue
        for value in dict.fromkeys(one for each in sources for one in each.type.values):
            holding = [each for each in sources if value in each.type.values]
            if len(holding) < len(sources):
                lacking = [each for each in sources if each not in holding]
                yield Diagnostic(
                    "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM",
                    f"{name}.{value} is known to {names(holding)}, but not to {names(lacking)}",
                    Severity.HINT,
                    Coordinate(name, value),
                    tuple(each.type.values[value].location for each in holding),
                    "Nothing need be done, if only these subgraphs return the value.",
                )

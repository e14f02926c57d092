"""ENUM_VALUE_MISMATCH: an enum used as input and output differs between subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import Kind, has_directive


def enum_value_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """An enum that clients both give and receive has the same values everywhere.

    Else a subgraph would be given values it does not know, or return some that are not in the API
    schema. Inaccessible values are exempt.
    """
    for name, sources in schema.types.items():
        is_enum = schema.kind(name) is Kind.ENUM
        if not is_enum or name not in schema.input_uses & schema.output_uses:
            continue
        for value in dict.fromkeys(value for each in sources for value in each.type.values):
            having = [each for each in sources if value in each.type.values]
            lacking = [each for each in sources if value not in each.type.values]
            values = [each.type.values[value] for each in having]
            is_hidden = any(has_directive(each, "inaccessible") for each in values)
            if lacking and not is_hidden:
                yield Diagnostic(
                    "ENUM_VALUE_MISMATCH",
                    f"{name} is used as input and as output, but its value {value} is known in"
                    f" {names(having)} and unknown in {names(lacking)}",
                    coordinate=Coordinate(name, value),
                    locations=(
                        *(each.location for each in values),
                        *places(lacking),
                    ),
                    fix="Add the value everywhere, or mark it @inaccessible until it is.",
                )

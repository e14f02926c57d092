"""INCONSISTENT_DEFAULT_VALUE_PRESENCE: a default value that not all subgraphs give is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    arguments,
    input_fields,
)
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def inconsistent_default_value_presence(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: a default that not every subgraph gives is not in the API schema."""
    for each in (*arguments(schema), *input_fields(schema)):
        given = {value.default for _, value in each.values}
        if None in given and len(given) == 2:
            lacking = sorted(
                subgraph.name for subgraph, value in each.values if value.default is None
            )
            yield Diagnostic(
                "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
                f"the default value of {each.coordinate} is left out, since {listed(lacking)}"
                " gives none",
                Severity.HINT,
                each.coordinate,
                each.locations,
                "Give the same default value everywhere, or none.",
            )

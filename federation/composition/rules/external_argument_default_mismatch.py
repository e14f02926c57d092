"""EXTERNAL_ARGUMENT_DEFAULT_MISMATCH: an external declaration gives another default."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import arguments, external_declarations
from federation.composition.sources import Sources
from federation.errors import Diagnostic


def external_argument_default_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """An external declaration's arguments have the defaults of the field."""
    for each in arguments(schema):
        defaults = {value.default for _, value in each.values}
        merged = defaults.pop() if len(defaults) == 1 else None
        for subgraph, declared in external_declarations(each, schema):
            if not each.missing and declared.default != merged:
                yield Diagnostic(
                    "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
                    f"{each.coordinate} has the default value {declared.default or 'none'} where"
                    f" {subgraph.name} declares the field external, but {merged or 'none'} where it"
                    " is resolved",
                    coordinate=each.coordinate,
                    locations=(declared.location, *each.locations),
                    fix="Declare the argument as the resolving subgraph does.",
                )

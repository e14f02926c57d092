"""OVERRIDDEN_FIELD_CAN_BE_REMOVED: a subgraph still declares a field that it lost."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.overrides import read_overrides
from federation.composition.report import places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity


def overridden_field_can_be_removed(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: after the override the old definition serves nobody."""
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            overrides = read_overrides(sources, schema)
            for each in sources:
                if each.subgraph.name in overrides.removed | overrides.used - overrides.labelled:
                    yield Diagnostic(
                        "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
                        f"[{each.subgraph.name}] {type_name}.{name} is taken over by another"
                        " subgraph",
                        Severity.HINT,
                        Coordinate(type_name, name),
                        places((each,)),
                        "Remove the field, or mark it @external where it is still needed.",
                    )

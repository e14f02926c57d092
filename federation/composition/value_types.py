"""Types without keys: their fields are the same everywhere, or something may be unreachable."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names, places
from federation.composition.sources import ROOTS, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import Kind, has_directive


def missing_fields(schema: Sources, kind: Kind, code: str) -> Iterator[Diagnostic]:
    """A hint for every field that not all definitions of a value type have."""
    for type_name, sources in schema.types.items():
        if schema.kind(type_name) is not kind or type_name in ROOTS:
            continue
        if any(each.type.keys for each in sources):
            continue
        for name, holding in schema.fields(type_name).items():
            # One that mentions external fields only returns no such object of its own.
            lacking = [
                each
                for each in sources
                if name not in each.type.fields
                and any(not has_directive(one, "external") for one in each.type.fields.values())
            ]
            if lacking:
                yield Diagnostic(
                    code,
                    f"{type_name}.{name} is defined in {names(holding)}, but not in"
                    f" {names(lacking)}",
                    Severity.HINT,
                    Coordinate(type_name, name),
                    (*places(holding), *places(lacking)),
                    f"Add the field to {type_name} in {names(lacking)}, or make sure that it is"
                    " never selected there.",
                )

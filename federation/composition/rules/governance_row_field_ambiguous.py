"""GOVERNANCE_ROW_FIELD_AMBIGUOUS: two fields are said to tell whom a row is about, or where it is.

Consents and regions open rows by that field. Whoever could name another one, with values of its
own, would choose which rows of other departments they open.
"""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import listed, places
from federation.composition.sources import FieldSource, Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import has_directive


def governance_row_field_ambiguous(schema: Sources) -> Iterator[Diagnostic]:
    """A row is about one person, and belongs to one division."""
    for type_name in schema.types:
        for directive in ("dataSubject", "regionCode"):
            marked: dict[str, list[FieldSource]] = {}
            for name, definitions in schema.fields(type_name).items():
                for each in definitions:
                    if has_directive(each.field, directive):
                        marked.setdefault(name, []).append(each)
            if len(marked) > 1:
                yield Diagnostic(
                    "GOVERNANCE_ROW_FIELD_AMBIGUOUS",
                    f"{listed(list(marked))} of {type_name} are each said to be its @{directive}",
                    coordinate=Coordinate(type_name),
                    locations=places(each for sources in marked.values() for each in sources),
                    fix=f"Leave @{directive} at the one field by which rows are to be opened.",
                )

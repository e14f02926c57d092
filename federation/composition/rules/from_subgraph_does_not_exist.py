"""FROM_SUBGRAPH_DOES_NOT_EXIST: a field is taken over from an unknown subgraph."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import find_directive


def from_subgraph_does_not_exist(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the name may be wrong, or the subgraph is gone and the override done."""
    known = {each.name for each in schema.subgraphs}
    for type_name in schema.types:
        for name, sources in schema.fields(type_name).items():
            for each in sources:
                override = find_directive(each.field, "override")
                if override is not None and override.text("from") not in known:
                    yield Diagnostic(
                        "FROM_SUBGRAPH_DOES_NOT_EXIST",
                        f"[{each.subgraph.name}] {type_name}.{name} is taken over from"
                        f" {override.text('from')}, which is no subgraph",
                        Severity.HINT,
                        Coordinate(type_name, name),
                        (override.location,),
                        "Correct the name, or remove @override.",
                    )

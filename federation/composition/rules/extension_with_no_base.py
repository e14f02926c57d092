"""EXTENSION_WITH_NO_BASE: a federation 1 extension of a type that nobody defines."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic


def extension_with_no_base(schema: Sources) -> Iterator[Diagnostic]:
    """A type that is extended has its base in some subgraph; unions and the like count as well."""
    for name, sources in schema.types.items():
        if name in ("Query", "Mutation", "Subscription"):
            continue
        if all(each.type.is_extension and not each.subgraph.is_federation_2 for each in sources):
            yield Diagnostic(
                "EXTENSION_WITH_NO_BASE",
                f"{names(sources)} extends {name}, which no subgraph defines",
                coordinate=Coordinate(name),
                locations=places(sources),
                fix="Define the type where it is owned, or correct its name.",
            )

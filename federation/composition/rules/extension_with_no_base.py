"""EXTENSION_WITH_NO_BASE: an extension of a type that nobody defines."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names, places
from federation.composition.sources import Sources, TypeSource
from federation.coordinate import Coordinate
from federation.errors import Diagnostic
from federation.subgraph.model import has_directive

_ROOTS = ("Query", "Mutation", "Subscription")


def extension_with_no_base(schema: Sources) -> Iterator[Diagnostic]:
    """A type that is extended has its base in some subgraph; unions and the like count as well.

    ``type ... @extends`` is a base to the extensions of other subgraphs, and in federation 2 to
    itself.
    """
    for name, sources in schema.types.items():
        if name in _ROOTS or any(_is_base(each, sources) for each in sources):
            continue
        verb = "extend" if len(sources) > 1 else "extends"
        yield Diagnostic(
            "EXTENSION_WITH_NO_BASE",
            f"{names(sources)} {verb} {name}, which no subgraph defines",
            coordinate=Coordinate(name),
            locations=places(sources),
            fix="Define the type where it is owned, or correct its name.",
        )


def _is_base(source: TypeSource, sources: tuple[TypeSource, ...]) -> bool:
    if not source.type.is_extension:
        return True
    by_directive = has_directive(source.type, "extends")
    return by_directive and (source.subgraph.is_federation_2 or len(sources) > 1)

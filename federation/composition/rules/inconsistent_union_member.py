"""INCONSISTENT_UNION_MEMBER: a union has a member in some subgraphs only."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import names, places
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import Kind


def inconsistent_union_member(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: members are united, whoever knows them."""
    for name, sources in schema.types.items():
        if schema.kind(name) is not Kind.UNION:
            continue
        for member in dict.fromkeys(one for each in sources for one in each.type.members):
            holding = [each for each in sources if member in each.type.members]
            if len(holding) < len(sources):
                yield Diagnostic(
                    "INCONSISTENT_UNION_MEMBER",
                    f"{member} belongs to {name} in {names(holding)}, but not in"
                    f" {names([each for each in sources if each not in holding])}",
                    Severity.HINT,
                    Coordinate(name),
                    places(sources),
                    "Nothing need be done, if only these subgraphs return the member.",
                )

"""GOVERNANCE_CATALOGUE_INCONSISTENT: departments describe one catalogue entry differently."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.report import variants
from federation.composition.sources import Sources
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.subgraph.model import find_directive


def governance_catalogue_inconsistent(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: of several descriptions the first subgraph's by name is taken."""
    for type_name, sources in schema.types.items():
        marked = [(each, find_directive(each.type, "catalogued")) for each in sources]
        for argument in ("title", "code", "updates", "theme"):
            given = [
                (each.subgraph.name, text, directive.location)
                for each, directive in marked
                if directive is not None and (text := directive.text(argument)) is not None
            ]
            if len({text for _, text, _ in given}) > 1:
                told = variants((subgraph, f'"{text}"') for subgraph, text, _ in given)
                yield Diagnostic(
                    "GOVERNANCE_CATALOGUE_INCONSISTENT",
                    f"the {argument} of {type_name} differs: {told}; the first is taken",
                    Severity.HINT,
                    Coordinate(type_name),
                    tuple(location for _, _, location in given),
                    "Let the source of record describe the entry alone.",
                )

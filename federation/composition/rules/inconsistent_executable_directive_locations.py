"""INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS: locations differ between subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import (
    common_locations,
    kept_executable_definitions,
)
from federation.composition.report import variants
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def inconsistent_executable_directive_locations(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: only locations common to all subgraphs are kept."""
    for name, defined in kept_executable_definitions(schema.subgraphs).items():
        common = common_locations(defined)
        if len({frozenset(each.locations) for each in defined.values()}) > 1:
            said = variants((each, " | ".join(one.locations)) for each, one in defined.items())
            yield Diagnostic(
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
                f"@{name} is kept on {' | '.join(common)} only, since it is defined on {said}",
                Severity.HINT,
                None,
                tuple(each.location for each in defined.values()),
                "Define the directive alike in every subgraph.",
            )

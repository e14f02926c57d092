"""NO_EXECUTABLE_DIRECTIVE_INTERSECTION: its locations have nothing in common."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import common_locations, executable_definitions
from federation.composition.report import variants
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def no_executable_directive_intersection(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the directive is left out, since there is no place where every subgraph takes it."""
    for name, defined in executable_definitions(schema.subgraphs).items():
        if len(defined) == len(schema.subgraphs) and not common_locations(defined):
            said = variants((each, " | ".join(one.locations)) for each, one in defined.items())
            yield Diagnostic(
                "NO_EXECUTABLE_DIRECTIVE_INTERSECTION",
                f"@{name} is left out, since its locations have nothing in common: {said}",
                Severity.HINT,
                None,
                tuple(each.location for each in defined.values()),
                "Define the directive alike in every subgraph.",
            )

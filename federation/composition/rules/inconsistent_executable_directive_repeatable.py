"""INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE: some subgraph allows it once only."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import kept_executable_definitions
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def inconsistent_executable_directive_repeatable(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the directive is repeatable only where all subgraphs say so."""
    for name, defined in kept_executable_definitions(schema.subgraphs).items():
        once = sorted(each for each, one in defined.items() if not one.is_repeatable)
        if 0 < len(once) < len(defined):
            yield Diagnostic(
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
                f"@{name} is not repeatable, since it is not in {listed(once)}",
                Severity.HINT,
                None,
                tuple(each.location for each in defined.values()),
                "Define the directive alike in every subgraph.",
            )

"""INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE: some subgraph does not define it."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import executable_definitions
from federation.composition.report import listed
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity


def inconsistent_executable_directive_presence(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the directive is left out, since the gateway could not send it everywhere."""
    for name, defined in executable_definitions(schema.subgraphs).items():
        lacking = sorted({each.name for each in schema.subgraphs} - defined.keys())
        if lacking:
            yield Diagnostic(
                "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE",
                f"@{name} is left out, since {listed(lacking)} does not define it",
                Severity.HINT,
                None,
                tuple(each.location for each in defined.values()),
                "Define the directive in every subgraph, or in none.",
            )

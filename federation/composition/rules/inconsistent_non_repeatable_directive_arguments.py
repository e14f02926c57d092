"""INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS: it is applied differently."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directive_definitions import compose_custom_directives
from federation.composition.elements import elements
from federation.composition.report import variants
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity
from federation.subgraph.specifications import GRAPHQL


def inconsistent_non_repeatable_directive_arguments(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: the most frequent arguments are kept, among equals those of the first subgraph."""
    composed = compose_custom_directives(schema.subgraphs).composed
    for each in elements(schema):
        for name, applied in each.applications().items():
            specification = applied[0][1].specification
            is_custom = (applied[0][0].name, name) in composed.names
            if specification != GRAPHQL and (not is_custom or name in composed.repeatable):
                continue
            if len({directive.arguments for _, directive in applied}) > 1:
                said = variants((source.name, str(directive)) for source, directive in applied)
                yield Diagnostic(
                    "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
                    f"{each.coordinate} has {said}",
                    Severity.HINT,
                    each.coordinate,
                    tuple(directive.location for _, directive in applied),
                    "Apply the directive with the same arguments everywhere.",
                )

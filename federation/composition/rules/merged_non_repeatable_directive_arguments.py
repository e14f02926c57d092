"""MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS: the arguments of a directive are merged."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.directives import MERGED_ARGUMENTS
from federation.composition.elements import elements
from federation.composition.report import variants
from federation.composition.sources import Sources
from federation.errors import Diagnostic, Severity
from federation.subgraph.specifications import FEDERATION


def merged_non_repeatable_directive_arguments(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: access requirements hold together, costs take the highest, list sizes unite."""
    for each in elements(schema):
        for name, applied in each.applications().items():
            if name not in MERGED_ARGUMENTS or applied[0][1].specification != FEDERATION:
                continue
            if len({directive.arguments for _, directive in applied}) > 1:
                said = variants((source.name, str(directive)) for source, directive in applied)
                yield Diagnostic(
                    "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS",
                    f"{each.coordinate} has {said}, which are merged",
                    Severity.HINT,
                    each.coordinate,
                    tuple(directive.location for _, directive in applied),
                    "Nothing need be done, if all of them shall hold together.",
                )

"""Merging governance directives: where subgraphs disagree, the safer statement holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from federation.composition.sources import FieldSource
from federation.subgraph.model import Directive, Subgraph, find_directive, has_directive
from federation.supergraph.model import AppliedDirective
from federation.supergraph.printer import quote

STRICTNESS: Final = {"UNCONDITIONAL": 0, "CONDITIONAL": 1, "NOT_SHARED": 2}
_PRESENCE: Final = frozenset({"dataSubject", "regionCode"})
_REPEATED: Final = frozenset({"filters", "derivedFrom"})
Applied: TypeAlias = tuple[Subgraph, Directive]


def merge_governance(applied: Mapping[str, Sequence[Applied]]) -> Iterator[AppliedDirective]:
    """The governance directives of a merged element.

    The higher level and the stricter sharing class win, each with the arguments that stand beside
    it; catalogue metadata is the first subgraph's by name, completed by the others'.

    Args:
        applied: Applications by directive name, in order of the subgraphs' names.
    """
    for name, applications in applied.items():
        directives = [directive for _, directive in applications]
        if name in _PRESENCE:
            yield AppliedDirective(name)
        elif name in _REPEATED:
            yield from (AppliedDirective(name, _sorted(each)) for each in directives)
        elif name in ("sourceOfRecord", "derivation"):
            # Who says so matters, and is not left to what the document claims.
            for subgraph, each in applications:
                arguments = {**dict(each.arguments), "subgraph": quote(subgraph.name)}
                yield AppliedDirective(name, tuple(sorted(arguments.items())))
        elif name == "classified":
            yield AppliedDirective(name, _sorted(max(directives, key=level)))
        elif name == "sharing":
            yield AppliedDirective(name, _sorted(max(directives, key=strictness)))
        elif name == "catalogued":
            united: dict[str, str] = {}
            for each in directives:
                united = {**dict(each.arguments), **united}
            yield AppliedDirective(name, tuple(sorted(united.items())))


def with_inherited_grades(sources: Sequence[FieldSource]) -> list[FieldSource]:
    """The definitions of a field, each stating what it inherits from its type.

    Only where another one states it for the field itself: that must not lower what this one's
    type says. Where none does, the merged type speaks for the field.
    """
    result = list(sources)
    for name in ("classified", "sharing"):
        if not any(has_directive(each.field, name) for each in sources):
            continue
        result = [_inherit(each, name) for each in result]
    return result


def _inherit(source: FieldSource, name: str) -> FieldSource:
    own = find_directive(source.type, name)
    if own is None or has_directive(source.field, name):
        return source
    return replace(source, field=replace(source.field, directives=(*source.field.directives, own)))


def level(classified: Directive) -> int:
    """The grade that ``@classified`` gives; one that cannot be read counts as the highest."""
    value = classified.argument("level")
    return value if isinstance(value, int) else 6


def strictness(sharing: Directive) -> int:
    """How strict a sharing class is; an unknown one counts as the strictest."""
    return STRICTNESS.get(str(sharing.argument("class")), 2)


def _sorted(directive: Directive) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(directive.arguments))

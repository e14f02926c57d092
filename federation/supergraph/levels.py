"""Grades of fields that are computed from others.

Such a field is graded at least like the highest of the fields that it requires, unless each
department whose input is graded higher agreed to less by ``@derivation``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from federation.coordinate import Coordinate
from federation.supergraph.facts import Derivation, Facts


def raise_levels(
    facts: Mapping[Coordinate, Facts], derivations: tuple[Derivation, ...]
) -> dict[Coordinate, Facts]:
    """Grades raised to those of required fields, until nothing changes."""
    raised = dict(facts)
    pending = [each for each, fact in facts.items() if fact.requires]
    changed = True
    while changed:
        changed = False
        for coordinate in pending:
            fact = raised[coordinate]
            level = max(
                (
                    inherited
                    for each in fact.requires
                    if (source := raised.get(each)) is not None
                    and (inherited := _inherited(fact, source, derivations)) is not None
                ),
                default=None,
            )
            if level is not None and (fact.level is None or level > fact.level):
                raised[coordinate] = replace(fact, level=level)
                changed = True
    return raised


def _inherited(derived: Facts, source: Facts, derivations: tuple[Derivation, ...]) -> int | None:
    """The grade that a required field imposes: its own, or what all its owners agreed to."""
    if source.level is None:
        return None
    agreed = [_agreed(derived, source, owner, derivations) for owner in source.owners]
    return max(
        (source.level if each is None else min(each, source.level) for each in agreed),
        default=source.level,
    )


def _agreed(
    derived: Facts, source: Facts, owner: str, derivations: tuple[Derivation, ...]
) -> int | None:
    levels = [
        each.level
        for each in derivations
        if each.subgraph == owner
        and each.of == derived.coordinate
        and each.by in derived.owners
        and each.source in (source.coordinate, Coordinate(source.coordinate.type))
    ]
    return min(levels, default=None)

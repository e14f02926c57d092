"""GOVERNANCE_GRADE_LOWERED: a derived field is graded below its inputs, unagreed."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.merged import Merged
from federation.composition.report import listed
from federation.errors import Diagnostic
from federation.supergraph.governance import Facts
from federation.supergraph.model import (
    InterfaceType,
    ObjectType,
)


def governance_grade_lowered(merged: Merged) -> Iterator[Diagnostic]:
    """Nobody declassifies another department's data.

    A field that ``@requires`` others and states a lower grade needs a ``@derivation`` of every
    department that owns a higher graded input.
    """
    governance = merged.governance
    for facts in governance.facts.values():
        if facts.stated_level is None or facts.level in (None, facts.stated_level):
            continue
        if not _is_stated(facts, merged):
            continue
        inputs = [
            each
            for each in facts.requires
            if (source := governance.facts.get(each)) is not None
            and (source.level or 0) > facts.stated_level
        ]
        owners = sorted({owner for each in inputs for owner in governance.facts[each].owners})
        agreement = f'@derivation(of: "{facts.coordinate}", level: {facts.stated_level})'
        yield Diagnostic(
            "GOVERNANCE_GRADE_LOWERED",
            f"{facts.coordinate} is graded {facts.stated_level}, but computed from"
            f" {listed(sorted(map(str, inputs)))} with grade {facts.level}",
            coordinate=facts.coordinate,
            locations=(
                *merged.places(facts.coordinate),
                *(place for each in inputs for place in merged.places(each)),
            ),
            fix=f"Grade it {facts.level}, or ask {listed(owners)} for {agreement}.",
        )


def _is_stated(facts: Facts, merged: Merged) -> bool:
    """Whether the field itself states its grade; one inherited from the type is just raised."""
    definition = merged.supergraph.types[facts.coordinate.type]
    assert isinstance(definition, ObjectType | InterfaceType), "only fields require others"
    directives = definition.fields[facts.coordinate.field or ""].directives
    return any(each.name == "classified" for each in directives)

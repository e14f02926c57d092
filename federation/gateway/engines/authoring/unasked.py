"""Grants in which two policy folders differ and that no question is about.

What they change does not show when the questions are asked, so that no change is no proof.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from federation.access import AccessRequest

Grants = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]
"""``data.grants``: terms by department, coordinate and name."""


class GrantName(NamedTuple):
    """Which grant, in the order in which ``data.grants`` has it."""

    department: str
    coordinate: str
    grant: str


def unasked_grants(
    before: Grants, after: Grants, asked_of: Iterable[Grants], questions: Iterable[AccessRequest]
) -> tuple[GrantName, ...]:
    """The grants that differ for a purpose and use which no question of their department has.

    Args:
        before: Of the one folder.
        after: Of the other.
        asked_of: Those that the questions were asked of; case tables can put others in their place.
        questions: All that were asked.
    """
    asked = {
        (request.asker.caller.department, coordinate, request.asker.purpose, use)
        for request in questions
        for coordinate, uses in request.fields.items()
        for use in uses.names()
    }
    first, second = _by_name(before), _by_name(after)
    tried = [_by_name(each) for each in asked_of]

    def is_shown(name: GrantName) -> bool:
        terms = [first.get(name, {}), second.get(name, {})]
        changed = _holds(terms[0]).items() ^ _holds(terms[1]).items()
        return not changed or (
            terms == [each.get(name, {}) for each in tried]
            and all((name.department, name.coordinate, *part) in asked for part, _ in changed)
        )

    return tuple(name for name in sorted(first.keys() | second.keys()) if not is_shown(name))


def _by_name(grants: Grants) -> dict[GrantName, Mapping[str, Any]]:
    return {
        GrantName(department, coordinate, name): terms
        for department, coordinates in grants.items()
        for coordinate, granted in coordinates.items()
        for name, terms in granted.items()
    }


def _holds(terms: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Purpose and use to all other terms, as text."""
    others = {key: value for key, value in terms.items() if key not in {"purposes", "uses"}}
    text = json.dumps(others, sort_keys=True)
    return {
        (purpose, use): text
        for purpose in terms.get("purposes", ())
        for use in terms.get("uses", ())
    }

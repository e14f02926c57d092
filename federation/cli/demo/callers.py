"""Who calls in the demo: the claims of each caller's token."""

from __future__ import annotations

from typing import Any


def _caller(
    name: str, kind: str, department: str, clearance: int, purpose: str, **more: Any
) -> dict[str, Any]:
    return {
        "sub": name,
        "kind": kind,
        "department": department,
        "clearance": clearance,
        "purposes": [purpose],
        "roles": [],
        "scopes": [],
        **more,
    }


CALLERS: dict[str, dict[str, Any]] = {
    each["sub"]: each
    for each in (
        _caller("bank-app", "application", "heming_bank", 2, "loan-pre-approval"),
        _caller("registry-clerk", "person", "natural_resources", 3, "property-registration"),
        _caller(
            "county-officer",
            "person",
            "county_990102",
            3,
            "data-return",
            region="990102",
            roles=["county_officer"],
        ),
        _caller("city-dashboard", "application", "city_operations", 1, "city-dashboard"),
        _caller("school-clerk", "person", "education", 2, "school-enrolment"),
        _caller("police-officer", "person", "public_security", 4, "case-handling"),
    )
}


def purpose_of(caller: str) -> str:
    """The purpose that a demo caller works for."""
    purpose: str = CALLERS[caller]["purposes"][0]
    return purpose

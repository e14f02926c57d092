"""Claims tried one by one, and the findings as a table or as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.no_leak.anywhere.claims import Claim, Needs, control
from tests.no_leak.anywhere.world import AUDITOR, CLERK, World


@dataclass(frozen=True)
class Finding:
    """What came of a claim.

    Attributes:
        verdict: ``held``, ``leaks`` or ``untested``.
        details: What was found, or why it could not be tried.
    """

    claim: Claim
    verdict: str
    details: tuple[str, ...]


def try_claims(world: World, claims: Iterable[Claim], *, with_scopes: bool = True) -> list[Finding]:
    """Tries all; those that need scopes or callers that the gateway does not know are untested.

    A gateway that answers nothing would hold every claim, so first each caller asks for what it
    may read.
    """
    missing = {caller: control(world, caller) for caller in (CLERK, AUDITOR)}
    if not with_scopes:
        missing[AUDITOR] = "the graph was written without scopes"
    return [_try(world, each, missing) for each in claims]


def _try(world: World, each: Claim, missing: dict[str, str]) -> Finding:
    callers = (CLERK,) if each.needs is Needs.NOTHING else (CLERK, AUDITOR)
    reasons = tuple(missing[caller] for caller in callers if missing[caller])
    if reasons:
        return Finding(each, "untested", reasons)
    try:
        found = tuple(dict.fromkeys(each.trial(world)))
    except OSError as error:
        found = (f"the gateway does not answer: {error}",)
    finally:
        world.departments.heal()
    return Finding(each, "leaks" if found else "held", found)


def to_json(finding: Finding) -> dict[str, object]:
    return {
        "claim": finding.claim.name,
        "says": finding.claim.says,
        "needs": finding.claim.needs.value,
        "verdict": finding.verdict,
        "details": list(finding.details),
    }

"""What would change a denial, found on the rows of the case tables."""

import pytest

from federation.access import Effect
from federation.access.remedies import KINDS
from federation.gateway.engines import EmbeddedEngine
from federation.gateway.engines.authoring.what_if import Explanation, WhatIf
from tests.policies.tables import policy_cases, table_release

CASES = {case.id: case for case in policy_cases()}


async def explained(case: str, coordinate: str, use: str = "select") -> Explanation:
    found = await WhatIf(table_release()).explain(CASES[case].request)
    return next(each for each in found if (each.coordinate, each.use) == (coordinate, use))


@pytest.mark.parametrize(
    ("case", "coordinate", "ways"),
    [
        ("stories: the county's grants are for one role", "Citizen.name", [["roles"]]),
        (
            "stories: a caller without a region has no rows of a region",
            "Citizen.name",
            [["region"]],
        ),
        (
            "rules: a purpose tied to an operation counts for no other",
            "Citizen.name",
            [["operation"]],
        ),
        ("rules: half of an alternative is not enough", "Secret.scoped", [["scopes"]]),
        ("rules: nobody in particular fulfils no demand", "Secret.signed", [["identity"]]),
        ("rules: an expired purpose denies", "Citizen.name", [["purpose"]]),
        (
            "rules: a denial by the department itself names the departments",
            "Citizen.bloodType",
            [["kind"]],
        ),
        ("loan: an expired consent is none", "Citizen.loanLimit", [["consent"]]),
        (
            "rules: what is not shared may feed what its department agreed to",
            "Secret.field",
            [],
        ),
        ("rules: what nobody graded is denied for that reason alone", "Citizen.ungraded", []),
    ],
)
async def test_smallest_remedies_of_a_denial_are_found(
    case: str, coordinate: str, ways: list[list[str]]
) -> None:
    explanation = await explained(case, coordinate)

    found = [[remedy.kind for remedy in way] for way in explanation.ways]
    assert found[:1] == ways
    assert {kind for way in found for kind in way} <= set(KINDS)


async def test_open_uses_need_no_remedy() -> None:
    for case in CASES.values():
        for each in await WhatIf(table_release()).explain(case.request):
            if each.verdict.effect is not Effect.DENY:
                assert each.ways == ()


async def test_explanations_show_the_verdicts_of_the_engine() -> None:
    release = table_release()
    engine, what_if = EmbeddedEngine(release), WhatIf(release)
    for case in list(CASES.values())[:10]:
        decision = await engine.decide(case.request)
        for each in await what_if.explain(case.request):
            assert each.verdict == decision.verdict(each.coordinate, each.use)


async def test_a_question_without_purpose_is_told_the_purposes_of_the_grants() -> None:
    case = "rules: open data needs no purpose, other data does"

    explanation = await explained(case, "Citizen.name")

    purposes = [way[0].values["purpose"] for way in explanation.ways if way[0].kind == "purpose"]
    assert "test-plain" in purposes

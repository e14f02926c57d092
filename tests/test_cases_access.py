"""The case tables of the policies: both engines must answer every row alike, as the table says."""

from collections.abc import Iterator

import pytest

from federation.access import Decision
from federation.gateway.engines import EmbeddedEngine, OpaEngine, PolicyRelease
from tests.policies.tables import (
    OPA,
    PolicyCase,
    as_text,
    filters_as_json,
    opa_server,
    policy_cases,
    table_release,
)


@pytest.fixture(scope="module")
def release() -> PolicyRelease:
    return table_release()


@pytest.fixture(scope="module")
def embedded(release: PolicyRelease) -> EmbeddedEngine:
    return EmbeddedEngine(release)


@pytest.fixture(scope="module")
def opa_url(release: PolicyRelease, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if OPA is None:
        pytest.skip("no opa on PATH")
    with opa_server(release, tmp_path_factory.mktemp("bundles")) as url:
        yield url


def check(case: PolicyCase, decision: Decision) -> None:
    answers = {
        coordinate: {use: as_text(decision, coordinate, use) for use in uses}
        for coordinate, uses in case.want.items()
    }
    assert answers == case.want
    assert filters_as_json(dict(decision.row_filters)) == case.row_filters
    rules = {name: decision.verdict(name, "select").rule for name in case.rules}
    assert rules == case.rules
    if case.valid_until is not None:
        assert decision.valid_until == case.valid_until


@pytest.mark.parametrize("case", policy_cases(), ids=lambda case: case.id)
async def test_embedded_engine_answers_as_the_table_says(
    case: PolicyCase, embedded: EmbeddedEngine
) -> None:
    check(case, await embedded.decide(case.request))


@pytest.mark.parametrize("case", policy_cases(), ids=lambda case: case.id)
async def test_opa_server_answers_as_the_table_says(
    case: PolicyCase, opa_url: str, embedded: EmbeddedEngine, release: PolicyRelease
) -> None:
    async with OpaEngine(opa_url, release.revisions) as engine:
        decision = await engine.decide(case.request)

    check(case, decision)
    assert decision == await embedded.decide(case.request)

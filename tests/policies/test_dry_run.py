"""A candidate beside the release that decides: it is compared, and never felt."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from federation.access import (
    AccessRequest,
    Asker,
    Caller,
    ConsentFact,
    Decision,
    Effect,
    OperationFacts,
    RowQuestion,
    Uses,
)
from federation.catalogue import Catalogue, build_catalogue
from federation.gateway.deciding import Building
from federation.gateway.engines import (
    POLICY_FOLDER,
    EmbeddedEngine,
    PolicyProcess,
    PolicyRelease,
    PolicySource,
    declared_reads,
)
from federation.gateway.engines.dry_run import MAX_WAITING, DryRun, Seen
from federation.gateway.live import LiveEngine
from federation.gateway.policy_store import RevokedGrant, Shared
from federation.gateway.row_rights import RowRights
from federation.gateway.settings import Access
from federation.supergraph import read_supergraph
from tests.policies.tables import NOW, policy_cases, table_release
from tests.support.demo_schema import demo_supergraph
from tests.unit.access import world

RELEASE = table_release()
ASKER = Asker(Caller("me", "person", "test_office", clearance=3), "test-plain", (), NOW)
REQUEST = AccessRequest(
    ASKER, OperationFacts("query"), {"Citizen.name": Uses(True), "Citizen.sex": Uses(True)}
)
STRICTER = (
    "package datong.departments.public_security\n\n"
    'deny["Citizen.name"] contains "never" if input.fields["Citizen.name"]\n'
)
BROKEN = "package datong.departments.public_security\n\ndeny if {"


def dry_run(release: PolicyRelease) -> DryRun:
    process = PolicyProcess(release, deadline_seconds=20)
    return DryRun(process, declared_reads(release.modules), "active")


async def until(dry: DryRun, count: int, changed: str | None = None) -> Seen:
    for _ in range(400):
        seen = dry.seen()
        places = {None, *(change.place for change, _ in seen.replay.changes)}
        if seen.replay.questions + seen.failed >= count and changed in places:
            return seen
        await asyncio.sleep(0.05)
    raise AssertionError("the candidate was not asked")


@pytest.fixture
async def stricter() -> AsyncIterator[DryRun]:
    dry = dry_run(table_release({"datong/stricter.rego": STRICTER}))
    yield dry
    await dry.close()


async def test_differences_are_told_without_names_and_values(stricter: DryRun) -> None:
    engine = EmbeddedEngine(RELEASE)
    for _ in range(3):
        stricter.observe(REQUEST, await engine.decide(REQUEST))
    cases = [case.request for case in policy_cases() if case.row_filters]
    for request in cases:
        stricter.observe(request, await engine.decide(request))

    seen = await until(stricter, 2)

    (change,) = [c for c, _ in seen.replay.changes if c.caller == "person of test_office"][:1]
    assert (change.place, change.before, change.after) == ("Citizen.name", "allow", "deny")
    text = msgspec.json.encode(await until(stricter, len(set(map(str, cases))))).decode()
    subjects = {c.subject for request in cases for c in request.asker.consents}
    assert subjects
    assert not [subject for subject in subjects if subject in text]
    assert msgspec.json.decode(text, type=Seen).replay.questions > 1


class Observed:
    """Denies the citizen's name, while a dry run looks on."""

    def __init__(self, dry: DryRun) -> None:
        self._dry = dry

    async def decide(self, request: AccessRequest) -> Decision:
        decision = world.decide(request, denied=["Citizen.name"])
        self._dry.observe(request, decision)
        return decision


async def test_operation_that_asks_for_a_right_to_rows_counts_once() -> None:
    dry = dry_run(RELEASE)
    asked = world.question("{ citizen(idNumber: 1) { name } }").asked_by(ASKER)
    try:
        rows = RowQuestion(asked, world.index())
        await RowRights().decide(Observed(dry), asked, rows)
        seen = await until(dry, 1, "Citizen.nick")
    finally:
        await dry.close()

    assert seen.replay.questions == 1
    assert "Citizen.name" in {change.place for change, _ in seen.replay.changes}
    assert {times for _, times in seen.replay.changes} == {1}


async def test_candidate_that_cannot_be_used_changes_no_answer(tmp_path: Path) -> None:
    folder = tmp_path / "datong"
    folder.mkdir()
    (folder / "broken.rego").write_text(BROKEN)
    building = Building(Access(candidate=str(tmp_path)))
    live = LiveEngine(await building.build(await building.read(), Catalogue({})))
    try:
        decision = await live.decide(REQUEST)
        assert live.current.dry_run is not None
        seen = await until(live.current.dry_run, 1)
    finally:
        await live.close()
        await building.close()

    assert decision.undecided == 0
    assert (seen.failed, "broken.rego" in seen.fault) == (1, True)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        pytest.param("grants.json", "[]", "not an object of data roots", id="data that is none"),
        pytest.param("schemas/data.json", "{", "cannot be read", id="shape that is not JSON"),
        pytest.param("schemas/data.json", "{}", "cannot be read", id="shape of nothing"),
        pytest.param("grants.json", "[" * 100_000, "cannot be read", id="data nested too deep"),
        pytest.param(
            "grants.json", '{"grants": {"\\ud800": {}}}', "cannot be read", id="half a character"
        ),
    ],
)
async def test_candidate_that_cannot_be_read_keeps_nobody_from_deciding(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    shutil.copytree(POLICY_FOLDER / "datong", tmp_path / "datong")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    building = Building(Access(candidate=str(tmp_path), candidate_data=str(tmp_path)))
    live = LiveEngine(await building.build(await building.read(), Catalogue({})))
    try:
        decision = await live.decide(REQUEST)
        assert live.current.dry_run is not None
        seen = await until(live.current.dry_run, 1)
    finally:
        await live.close()
        await building.close()

    assert decision.undecided == 0
    assert (seen.failed, words in seen.fault) == (1, True)


async def test_reload_that_changes_neither_side_keeps_what_was_found(tmp_path: Path) -> None:
    shutil.copytree(POLICY_FOLDER / "datong", tmp_path / "datong")
    building = Building(Access(candidate=str(tmp_path)))
    source, catalogue = await building.read(), Catalogue({})
    live = LiveEngine(await building.build(source, catalogue))
    try:
        await live.decide(REQUEST)
        before = live.current.dry_run
        assert before is not None
        await until(before, 1)

        live.replace(await building.build(await building.read(), catalogue, is_first=False))
        kept = live.current.dry_run
        await live.decide(REQUEST.about(fields={"Citizen.name": Uses(True)}))
        both = await until(before, 2)

        (tmp_path / "datong/stricter.rego").write_text(STRICTER)
        live.replace(await building.build(source, catalogue, is_first=False))
        of_candidate = live.current.dry_run
        less = PolicySource(source.modules, {**source.data, "grants": {}}) if source else None
        live.replace(await building.build(less, catalogue, is_first=False))
        of_active = live.current.dry_run
    finally:
        await live.close()
        await building.close()

    assert kept is before
    assert both.replay.questions == 2
    assert of_candidate is not None
    assert of_active is not None
    seen = [each.seen() for each in (before, of_candidate, of_active)]
    assert [each.replay.questions for each in seen] == [2, 0, 0]
    assert seen[0].active == seen[1].active != seen[2].active
    assert seen[0].revision != seen[1].revision


async def test_revoked_grant_counts_for_a_candidate_with_data_of_its_own_neither() -> None:
    catalogue = build_catalogue(read_supergraph(demo_supergraph()))
    data = str(POLICY_FOLDER / "data")
    building = Building(Access(candidate=str(POLICY_FOLDER), candidate_data=data))
    county = Caller(
        "county-officer",
        "person",
        "county_990102",
        "990102",
        frozenset({"county_officer"}),
        clearance=3,
    )
    asked = {"Citizen.name": Uses(True), "Citizen.birthDate": Uses(True)}
    request = AccessRequest(Asker(county, "data-return", (), NOW), OperationFacts("query"), asked)
    revoked = RevokedGrant("county_990102", "Citizen.name", "return")
    shared = Shared(1, 0, frozenset({revoked}), frozenset())
    live = LiveEngine(await building.build(await building.read(), catalogue, shared))
    try:
        decision = await live.decide(request)
        assert live.current.dry_run is not None
        seen = await until(live.current.dry_run, 1)
    finally:
        await live.close()
        await building.close()

    effects = [decision.verdict(name, "select").effect for name in asked]
    assert effects == [Effect.DENY, Effect.ALLOW]
    assert (seen.replay.changes, seen.failed) == ((), 0)
    assert seen.revision == seen.active


async def test_question_that_cannot_be_put_is_told_and_the_next_one_compared(
    stricter: DryRun,
) -> None:
    decision = await EmbeddedEngine(RELEASE).decide(REQUEST)
    # Half a character in a claim, which UTF-8 cannot write.
    odd = replace(ASKER, caller=replace(ASKER.caller, region="\ud800"))
    stricter.observe(REQUEST.asked_by(odd), decision)
    stricter.observe(REQUEST, decision)

    seen = await until(stricter, 2, "Citizen.name")

    assert (seen.failed, seen.replay.questions) == (1, 1)
    assert "UnicodeEncodeError" in seen.fault


async def test_slow_candidate_is_passed_over_and_nobody_waits_for_it(stricter: DryRun) -> None:
    decision = await EmbeddedEngine(RELEASE).decide(REQUEST)
    loop = asyncio.get_running_loop()
    started = loop.time()
    for number in range(MAX_WAITING + 50):
        consent = ConsentFact(str(number), "S", "test-plain", frozenset(), NOW + 9)
        asker = Asker(ASKER.caller, "test-plain", (consent,), NOW)
        stricter.observe(REQUEST.asked_by(asker), decision)

    assert loop.time() - started < 1
    assert stricter.seen().passed_over >= 49

"""The policy engines when things go wrong: whatever is not a clear answer denies."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from federation.access import (
    AccessRequest,
    Asker,
    Caller,
    Decision,
    Effect,
    OperationFacts,
    Uses,
    no_decision,
    read_decision,
)
from federation.errors import PolicyUnavailable
from federation.gateway.engines import (
    CachedEngine,
    Departments,
    EmbeddedEngine,
    EngineCounts,
    OpaEngine,
    PolicyFault,
    PolicyProcess,
    PolicyRelease,
    PolicySource,
    build_bundles,
    granted_purposes,
    load_policies,
    make_release,
)
from tests.policies.tables import NOW, OPA, as_text, catalogue_document, opa_server, table_release

ASKER = Asker(Caller("me", "person", "test_office", clearance=3), "test-plain", (), NOW)
REQUEST = AccessRequest(
    ASKER, OperationFacts("query"), {"Citizen.name": Uses(select=True), "Citizen.phone": Uses(True)}
)


def release_with(**modules: str) -> PolicyRelease:
    return table_release({f"datong/{name}.rego": text for name, text in modules.items()})


def answer(effect: str, valid_until: int | None = None) -> dict[str, Any]:
    verdict: dict[str, Any] = {"effect": effect, "reasons": [], "rule": "r"}
    if valid_until is not None:
        verdict["valid_until"] = valid_until
    fields = {name: {"select": verdict} for name in REQUEST.fields}
    return {"contract": 1, "fields": fields, "row_filters": {}}


FAILING = """package datong.departments.public_security

deny["Citizen.name"] contains "never" if {
	input.purpose == "test-plain"
	to_number("no number") > 1
}
"""


CONFLICTING = """package datong.departments.public_security

mask["Citizen.name"] := "initial" if input.purpose == "test-plain"

mask["Citizen.name"] := "hash" if input.purpose == "test-plain"
"""
FAILING_FOR_ALL = FAILING.replace("departments.public_security", "rules.demands")


class TestEmbedded:
    async def test_engine_of_another_thread_gives_no_decision(self) -> None:
        made: list[EmbeddedEngine] = []
        ready, done = threading.Event(), threading.Event()

        def make() -> None:
            made.append(EmbeddedEngine(table_release()))
            ready.set()
            done.wait()

        thread = threading.Thread(target=make)
        thread.start()
        await asyncio.to_thread(ready.wait)
        counts = made[0].counts
        try:
            with pytest.raises(PolicyUnavailable):
                await made[0].decide(REQUEST)
        finally:
            done.set()
            thread.join()
        assert counts.unavailable == 1

    async def test_engine_may_be_let_go_of_on_another_thread(self) -> None:
        made = [EmbeddedEngine(table_release())]

        await asyncio.to_thread(made.clear)

        # What regorus raises where an engine is dropped by a foreign thread fails every test.
        assert (await EmbeddedEngine(table_release()).decide(REQUEST)).verdicts

    def test_module_that_does_not_parse_is_refused(self) -> None:
        with pytest.raises(PolicyFault, match="broken"):
            EmbeddedEngine(release_with(broken="package datong.broken\n\nallow if {"))

    def test_unknown_function_is_found_although_no_rule_calls_it(self) -> None:
        text = "package datong.odd\n\nnever(x) := http.send(x)\n"
        with pytest.raises(PolicyFault, match=r"odd\.rego:3: http\.send"):
            EmbeddedEngine(release_with(odd=text))

    def test_misspelt_reference_is_found(self) -> None:
        text = "package datong.odd\n\nx if data.datong.facts.knwon\n"
        with pytest.raises(PolicyFault, match=r"data\.datong\.facts\.knwon"):
            EmbeddedEngine(release_with(odd=text))

    def test_data_that_would_hide_rules_is_refused(self) -> None:
        release = table_release()
        hiding = replace(release, data={**release.data, "datong": {"access": {}}})
        with pytest.raises(PolicyFault, match="hides"):
            EmbeddedEngine(hiding)

    def test_failing_rule_is_found_when_loading(self) -> None:
        text = (
            'package datong.departments.tax2\n\ndeny["A.x"] contains "x" if to_number("no") > 1\n'
        )
        with pytest.raises(PolicyFault):
            EmbeddedEngine(release_with(tax2=text))

    async def test_department_file_that_tries_to_widen_changes_nothing_in_either_engine(
        self, tmp_path: Path
    ) -> None:
        text = (
            "package datong.departments.public_security\n\n"
            'allow["Citizen.household"] contains "mine"\n\n'
            'opened["Citizen.household"].select contains "mine"\n\n'
            'deny["Region.hospitalBeds"] contains "not mine"\n\n'
            'deny_use["Region.hospitalBeds"].select contains "not mine"\n\n'
            'mask["Region.hospitalBeds"] := "null"\n\n'
            'filters["Encounter"] contains {"field": "a", "op": "eq", "value": 1}\n\n'
            'filters["Region"] contains {"not": "a condition"}\n'
        )
        asked = ("Citizen.household", "Region.hospitalBeds", "Region.population")
        foreign = "Encounter.diagnosis"
        request = replace(REQUEST, fields=dict.fromkeys((*asked, foreign), Uses(select=True)))

        release = release_with(**{"departments/x": text})
        decision = await EmbeddedEngine(release).decide(request)

        answers = [as_text(decision, name, "select") for name in asked]
        assert answers == ["deny grant_required", *["allow shared_unconditionally"] * 2]
        # It owns a part of Region, so its filter binds, and one that nobody can read shows nothing.
        assert decision.row_filters == {"Region": None}
        if OPA is not None:
            with opa_server(release, tmp_path) as url:
                async with OpaEngine(url, release.revisions) as server:
                    assert await server.decide(request) == decision

    async def test_department_mask_that_is_no_text_shows_null_in_either_engine(
        self, tmp_path: Path
    ) -> None:
        own, other = "Region.hospitalBeds", "Region.population"
        request = replace(REQUEST, fields=dict.fromkeys((own, other), Uses(select=True)))

        text = f'package datong.departments.health\n\nmask["{own}"] := no if no := false\n'
        release = release_with(**{"departments/health": text})
        decision = await EmbeddedEngine(release).decide(request)

        assert decision.verdict(own, "select").mask == "null"
        assert as_text(decision, other, "select") == "allow shared_unconditionally"
        if OPA is not None:
            with opa_server(release, tmp_path) as url:
                async with OpaEngine(url, release.revisions) as server:
                    assert await server.decide(request) == decision

    async def test_rule_that_fails_for_some_question_gives_no_decision_in_either_engine(
        self, tmp_path: Path
    ) -> None:
        release = release_with(odd=FAILING_FOR_ALL)
        engine = EmbeddedEngine(release)

        with pytest.raises(PolicyUnavailable, match=r"odd\.rego:\d"):
            await engine.decide(REQUEST)

        assert engine.counts.unavailable == 1
        if OPA is not None:
            with opa_server(release, tmp_path) as url:
                departments = Departments(release)
                async with OpaEngine(url, release.revisions, departments=departments) as server:
                    with pytest.raises(PolicyUnavailable, match=r"odd\.rego:\d"):
                        await server.decide(REQUEST)

    @pytest.mark.parametrize("odd", [FAILING, CONFLICTING], ids=["built-in", "conflict"])
    async def test_a_failing_file_of_a_department_leaves_only_its_own_fields_undecided(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, odd: str
    ) -> None:
        release = release_with(odd=odd, more=odd.replace("public_security", "health"))
        asked = dict.fromkeys(
            ("Citizen.name", "Encounter.diagnosis", "Citizen.annualIncome"), Uses(True)
        )
        request = replace(REQUEST, fields=asked)
        right = await EmbeddedEngine(table_release()).decide(request)

        engine = EmbeddedEngine(release)
        decision = await engine.decide(request)
        assert await engine.decide(request) == decision

        told = sorted(json.loads(line)["of"] for line in caplog.messages)
        assert told == ["health", "public_security"]
        texts = [as_text(decision, name, "select") for name in asked]
        assert texts == [
            *["deny no_decision"] * 2,
            as_text(right, "Citizen.annualIncome", "select"),
        ]
        assert decision.undecided == 2
        assert (await engine.decide(REQUEST)).undecided == len(REQUEST.fields)
        async with PolicyProcess(release, deadline_seconds=15) as worker:
            assert await worker.decide(request) == decision
        if OPA is not None:
            with opa_server(release, tmp_path) as url:
                departments = Departments(release)
                async with OpaEngine(url, release.revisions, departments=departments) as server:
                    assert await server.decide(request) == decision
                    assert (await server.decide(REQUEST)).undecided == len(REQUEST.fields)

    async def test_the_only_file_of_a_department_fails_for_its_own_fields_alone(self) -> None:
        release = table_release()
        modules = {
            name: text for name, text in release.modules.items() if "/departments/" not in name
        }
        none, one = (
            make_release(PolicySource({**modules, **more}, release.data), release.catalogue)
            for more in ({}, {"datong/departments/odd.rego": FAILING})
        )
        request = replace(
            REQUEST, fields={**REQUEST.fields, "Citizen.annualIncome": Uses(select=True)}
        )
        right = await EmbeddedEngine(none).decide(request)

        decision = await EmbeddedEngine(one).decide(request)

        income = ("Citizen.annualIncome", "select")
        assert decision.verdict(*income) == right.verdict(*income)
        assert (right.undecided, decision.undecided) == (0, len(REQUEST.fields))

    async def test_a_file_that_other_rules_read_is_not_left_out(self) -> None:
        reader = (
            "package datong.departments.tax2\n\n"
            'deny["Citizen.annualIncome"] contains "x" if '
            'data.datong.departments.public_security.deny["Citizen.phone"]\n'
        )
        engine = EmbeddedEngine(release_with(odd=FAILING, reader=reader))

        with pytest.raises(PolicyUnavailable, match=r"odd\.rego:\d"):
            await engine.decide(
                replace(REQUEST, fields={**REQUEST.fields, "Citizen.annualIncome": Uses(True)})
            )

    @pytest.mark.skipif(OPA is None, reason="no opa on PATH")
    async def test_what_one_callers_questions_make_fail_keeps_nobody_from_an_opa_server(
        self, tmp_path: Path
    ) -> None:
        release = release_with(odd=FAILING)
        other = replace(REQUEST, asker=replace(ASKER, purpose=None))
        with opa_server(release, tmp_path) as url:
            async with OpaEngine(url, release.revisions) as server:
                for _ in range(5):
                    with pytest.raises(PolicyUnavailable, match=r"odd\.rego:\d"):
                        await server.decide(REQUEST)

                assert (await server.decide(other)).undecided == 0

    async def test_equal_releases_have_equal_revisions_and_bytes(self) -> None:
        one, other = table_release(), table_release()

        assert build_bundles(one) == build_bundles(other)
        changed = make_release(
            PolicySource(one.modules, {**one.data, "purposes": {}}), one.catalogue
        )
        assert changed.revisions.grants != one.revisions.grants
        assert changed.revisions.policy == one.revisions.policy


class TestLoading:
    def test_two_files_may_not_write_one_root(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"grants": {}}')
        (tmp_path / "b.json").write_text('{"grants": {}}')
        with pytest.raises(PolicyFault, match="grants"):
            load_policies(data_folder=tmp_path)

    def test_two_grants_of_one_name_are_refused(self, tmp_path: Path) -> None:
        grant = '"loan": {"purposes": {}, "uses": {}, "expires": 1}'
        text = f'{{"grants": {{"bank": {{"Citizen.name": {{{grant}, {grant}}}}}}}}}'
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(PolicyFault, match=r"a\.json: 'loan' stands twice"):
            load_policies(data_folder=tmp_path)

    def test_a_time_beyond_what_both_engines_can_tell_is_refused(self, tmp_path: Path) -> None:
        grant = {"purposes": {"p": True}, "uses": {"select": True}, "expires": 2**63 - 1}
        grants = {"bank": {"Citizen.name": {"loan": grant}}}
        (tmp_path / "a.json").write_text(json.dumps({"grants": grants}))
        load_policies(data_folder=tmp_path)
        (tmp_path / "a.json").write_text(json.dumps({"grants": grants}).replace("807}", "808}"))

        with pytest.raises(PolicyFault, match=r"loan\.expires is larger than both engines"):
            load_policies(data_folder=tmp_path)

    def test_a_data_folder_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(PolicyFault, match="no such folder"):
            load_policies(data_folder=tmp_path / "nowhere")

    def test_foreign_roots_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"datong": {}}')
        with pytest.raises(PolicyFault, match="datong"):
            load_policies(data_folder=tmp_path)

    def test_every_demo_department_has_the_purposes_of_its_grants(self) -> None:
        granted = granted_purposes(load_policies().data)
        assert granted["heming_bank"].keys() == {"loan-pre-approval"}
        assert granted["county_990102"].keys() == {"data-return"}


class TestCache:
    async def test_equal_questions_are_answered_once_within_the_life_of_an_answer(self) -> None:
        engine = Counting(answer("allow", valid_until=NOW + 5))
        cache = CachedEngine(engine)

        for second in (0, 1, 4):
            later = replace(REQUEST, asker=replace(ASKER, now=NOW + second))
            await cache.decide(later)
        assert engine.asked == 1
        await cache.decide(replace(REQUEST, asker=replace(ASKER, now=NOW + 5)))
        assert engine.asked == 2
        assert cache.counts.cached == 2

    async def test_another_caller_is_another_question(self) -> None:
        engine = Counting(answer("allow"))
        cache = CachedEngine(engine)

        await cache.decide(REQUEST)
        other = replace(ASKER, caller=replace(ASKER.caller, region="990103"))
        await cache.decide(replace(REQUEST, asker=other))

        assert engine.asked == 2

    async def test_undecided_answers_are_not_kept(self) -> None:
        engine = Counting({"contract": 1, "fields": {}, "row_filters": {}})
        cache = CachedEngine(engine)

        await cache.decide(REQUEST)
        await cache.decide(REQUEST)

        assert engine.asked == 2

    async def test_simultaneous_questions_are_asked_once_and_survive_one_that_leaves(self) -> None:
        engine = Counting(answer("allow"), delay=0.05)
        cache = CachedEngine(engine)

        leaving = asyncio.create_task(cache.decide(REQUEST))
        staying = asyncio.create_task(cache.decide(REQUEST))
        await asyncio.sleep(0.01)
        leaving.cancel()
        decision = await staying

        assert decision.verdict("Citizen.name", "select").effect is Effect.ALLOW
        assert engine.asked == 1

    async def test_clock_set_back_does_not_stretch_an_answer(self) -> None:
        engine = Counting(answer("allow"))
        cache = CachedEngine(engine)

        await cache.decide(REQUEST)
        await cache.decide(replace(REQUEST, asker=replace(ASKER, now=NOW - 100)))

        assert engine.asked == 2

    async def test_failures_are_not_kept(self) -> None:
        engine = Counting("nonsense")
        cache = CachedEngine(engine)

        for _ in range(2):
            with pytest.raises(PolicyUnavailable):
                await cache.decide(REQUEST)

        assert engine.asked == 2


class Counting:
    """An engine that gives one answer and counts how often."""

    def __init__(self, given: Any, delay: float = 0) -> None:
        self.given = given
        self.delay = delay
        self.asked = 0

    async def decide(self, request: AccessRequest) -> Decision:
        self.asked += 1
        await asyncio.sleep(self.delay)
        return read_decision(request, self.given, "r1")


@pytest.fixture
async def fake_opa() -> AsyncIterator[Callable[[Any], Any]]:
    """Starts real HTTP servers that answer like a broken OPA."""
    runners: list[web.AppRunner] = []

    async def start(handler: Any) -> str:
        app = web.Application()
        app.router.add_post("/v1/data/datong/access/decision", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        runners.append(runner)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


def replying(body: Any, status: int = 200) -> Callable[[web.Request], Any]:
    async def handle(_: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(text=text, status=status, content_type="application/json")

    return handle


EXPECTED = table_release().revisions
PROVENANCE = {
    "bundles": {
        name: {"revision": revision}
        for name, revision in zip(("p", "c", "g"), str(EXPECTED).split("+"), strict=True)
    }
}
STALE = {"bundles": {**PROVENANCE["bundles"], "g": {"revision": "grants-000000000000"}}}


class TestOpa:
    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            ({"provenance": PROVENANCE}, 200, "contract"),
            ({"result": answer("allow"), "provenance": STALE}, 200, "not loaded grants-"),
            ({"result": answer("allow")}, 200, "not loaded"),
            ({"code": "x", "message": "m", "errors": [{"message": "why"}]}, 500, ": x; no code$"),
            ("<html>", 502, "not JSON"),
            ("[" * 200_000, 200, "not JSON"),
            ([1], 200, "not JSON"),
            (
                {"result": {**answer("allow"), "contract": 2}, "provenance": PROVENANCE},
                200,
                "contr",
            ),
        ],
    )
    async def test_anything_but_a_good_answer_is_no_decision(
        self, fake_opa: Any, body: Any, status: int, words: str
    ) -> None:
        counts = EngineCounts()
        url = await fake_opa(replying(body, status))

        async with OpaEngine(url, EXPECTED, counts=counts) as engine:
            with pytest.raises(PolicyUnavailable, match=words):
                await engine.decide(REQUEST)

        assert (counts.decided, counts.unavailable) == (0, 1)

    async def test_missing_fields_are_denied_and_counted_apart(self, fake_opa: Any) -> None:
        result = answer("allow")
        del result["fields"]["Citizen.phone"]
        url = await fake_opa(replying({"result": result, "provenance": PROVENANCE}))

        async with OpaEngine(url, EXPECTED) as engine:
            decision = await engine.decide(REQUEST)

        assert decision.verdict("Citizen.name", "select").effect is Effect.ALLOW
        assert as_text(decision, "Citizen.phone", "select") == "deny no_decision"
        assert engine.counts.undecided == 1

    async def test_slow_server_is_left_at_the_deadline(self, fake_opa: Any) -> None:
        async def slow(_: web.Request) -> web.Response:
            await asyncio.sleep(1)
            return web.Response(text="{}")

        url = await fake_opa(slow)
        async with OpaEngine(url, EXPECTED, deadline_seconds=0.05) as engine:
            with pytest.raises(PolicyUnavailable, match="Timeout"):
                await engine.decide(REQUEST)

    async def test_dead_server_is_asked_again_only_after_a_pause(self, fake_opa: Any) -> None:
        asked = 0
        now = 0.0

        async def broken(_: web.Request) -> web.Response:
            nonlocal asked
            asked += 1
            if asked <= 3:
                return web.Response(status=500, text="{}", content_type="application/json")
            body = {"result": answer("allow"), "provenance": PROVENANCE}
            return web.json_response(body)

        url = await fake_opa(broken)
        async with OpaEngine(url, EXPECTED, clock=lambda: now) as engine:
            for _ in range(5):
                with pytest.raises(PolicyUnavailable):
                    await engine.decide(REQUEST)
            assert asked == 3
            now = 1.5
            await engine.decide(REQUEST)
            await engine.decide(REQUEST)

        assert asked == 5

    async def test_server_that_is_not_there_gives_no_decision(self) -> None:
        async with OpaEngine("http://127.0.0.1:9", EXPECTED) as engine:
            with pytest.raises(PolicyUnavailable, match="does not answer"):
                await engine.decide(REQUEST)
            assert await engine.fault() is not None

    @pytest.mark.skipif(OPA is None, reason="no opa on PATH")
    async def test_real_server_with_other_bundles_is_refused(self, tmp_path: Path) -> None:
        release = table_release()
        newer = make_release(PolicySource(release.modules, {**release.data, "grants": {}}), {})
        with opa_server(release, tmp_path) as url:
            async with OpaEngine(url, newer.revisions) as engine:
                with pytest.raises(PolicyUnavailable, match=newer.revisions.grants):
                    await engine.decide(REQUEST)
            async with OpaEngine(url, release.revisions) as engine:
                assert await engine.fault() is None


def test_no_decision_denies_everything_asked() -> None:
    decision = no_decision(REQUEST)
    assert decision.undecided == 2
    assert as_text(decision, "Citizen.name", "select") == "deny no_decision"


def test_catalogue_of_the_tables_is_of_the_documented_shape() -> None:
    assert set(catalogue_document()) == {"fields", "types"}

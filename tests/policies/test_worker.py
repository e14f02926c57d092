"""The policy worker process: large questions leave the event loop, whatever happens to it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from federation.access import AccessRequest, Asker, Caller, Decision, OperationFacts, Uses
from federation.catalogue import Catalogue
from federation.errors import PolicyUnavailable
from federation.gateway.deciding import Building
from federation.gateway.engines import (
    DividedEngine,
    EmbeddedEngine,
    PolicyFault,
    PolicyProcess,
    PolicySource,
    Views,
    ViewsExhausted,
    process,
)
from federation.gateway.engines.views import SLICE
from federation.gateway.settings import Access
from tests.policies.tables import NOW, policy_cases, table_release

RELEASE = table_release()
ASKER = Asker(Caller("me", "person", "test_office", clearance=3), "test-plain", (), NOW)
FIELDS = {name: Uses(select=True) for name in RELEASE.catalogue["fields"]}
REQUEST = AccessRequest(ASKER, OperationFacts("query"), FIELDS)
SLOW = """package datong.departments.public_security

deny["Citizen.name"] contains "never" if {
	input.purpose == "test-mixed"
	some a in numbers.range(1, 3000)
	some b in numbers.range(1, 3000)
	a + b == 9000
}
"""


@pytest.fixture
async def worker() -> AsyncIterator[PolicyProcess]:
    async with PolicyProcess(RELEASE, deadline_seconds=15) as process:
        yield process


async def test_it_decides_as_the_engine_in_the_gateway_does(worker: PolicyProcess) -> None:
    here = EmbeddedEngine(RELEASE)
    for case in policy_cases()[:20]:
        assert await worker.decide(case.request) == await here.decide(case.request)
    assert worker.starts == 1


async def test_one_that_died_is_replaced(worker: PolicyProcess) -> None:
    await worker.decide(REQUEST)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    answers = await asyncio.gather(*(worker.decide(REQUEST) for _ in range(3)))

    assert [each.undecided for each in answers] == [0, 0, 0]
    assert worker.starts == 2


async def test_slow_rules_are_left_at_the_deadline_and_the_next_question_is_answered() -> None:
    release = table_release({"datong/odd.rego": SLOW})
    async with PolicyProcess(release, deadline_seconds=0.5) as worker:
        await worker.start()
        slow = replace(REQUEST, asker=replace(ASKER, purpose="test-mixed"))
        with pytest.raises(PolicyUnavailable, match="in time"):
            await worker.decide(slow)
        assert (await worker.decide(REQUEST)).undecided == 0


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        pytest.param(
            "f(a) := f(a + 1)\n\nx contains y if { some a in [1]; y := f(a) }",
            "died",
            id="that end it",
        ),
        pytest.param(
            "many := numbers.range(1, 30000)\n\n"
            "x := [a | some a in many; some b in many; a + b == 0]",
            "in time",
            id="without end",
        ),
    ],
)
async def test_rules_that_stop_a_process_do_not_stop_the_one_that_answers(
    monkeypatch: pytest.MonkeyPatch, rules: str, words: str
) -> None:
    monkeypatch.setattr(process, "START_SECONDS", 5.0)
    odd = f"package datong.odd\n\n{rules}\n"
    building = Building(Access())
    source = await building.read()
    assert source is not None
    deciding = await building.build(source, Catalogue({}))
    stopping = PolicySource({**source.modules, "datong/odd.rego": odd}, source.data)
    try:
        with pytest.raises(PolicyUnavailable, match=words):
            await building.try_out(stopping, Catalogue({}))
        assert (await deciding.engine.decide(REQUEST)).undecided == 0
    finally:
        await deciding.close()
        await building.close()


async def test_release_that_cannot_be_used_is_refused() -> None:
    release = table_release({"datong/broken.rego": "package datong.broken\n\nallow if {"})
    async with PolicyProcess(release) as worker:
        with pytest.raises(PolicyFault, match="broken"):
            await worker.start()


async def test_frozen_process_denies_in_time() -> None:
    async with PolicyProcess(RELEASE, deadline_seconds=1) as worker:
        await worker.start()
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGSTOP)
        with pytest.raises(PolicyUnavailable, match="in time"):
            await worker.decide(REQUEST)
        assert worker.pid is None


async def test_it_ends_with_its_owner() -> None:
    async with PolicyProcess(RELEASE) as worker:
        await worker.start()
        pid = worker.pid
    assert pid is not None
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the worker still runs")


class Named:
    """An engine that says only that it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.engine = EmbeddedEngine(RELEASE)

    async def decide(self, request: AccessRequest) -> Decision:
        self.asked.append(len(request.fields))
        await asyncio.sleep(0)
        return await self.engine.decide(request)


@pytest.mark.parametrize(("size", "asks_worker"), [(10, False), (11, True)])
async def test_large_questions_go_to_the_worker(size: int, asks_worker: bool) -> None:
    here, there = Named(), Named()
    engine = DividedEngine(here, there, 10)
    some = dict(list(FIELDS.items())[:size])

    await engine.decide(REQUEST.about(fields=some))

    assert bool(there.asked) is asks_worker
    assert bool(here.asked) is not asks_worker


async def test_a_view_is_decided_slice_by_slice_once_and_equals_one_large_answer() -> None:
    engine = Named()
    views = Views(engine)
    many = {f"No.field{number}": Uses(select=True) for number in range(900)} | FIELDS

    one, other = await asyncio.gather(
        views.decide(ASKER, many, "r1"), views.decide(ASKER, many, "r1")
    )
    again = await views.decide(replace(ASKER, now=NOW + 1), many, "r1")

    assert one == other == again
    assert one == (await engine.engine.decide(REQUEST.about(fields=many))).verdicts
    assert len(engine.asked) == -(-len(many) // SLICE)


async def test_whoever_waits_for_a_view_is_told_when_it_is_given_up() -> None:
    class Never:
        async def decide(self, request: AccessRequest) -> Decision:
            await asyncio.Event().wait()
            raise AssertionError(f"{request} is never decided")

    views = Views(Never())
    waiting = [asyncio.create_task(views.decide(ASKER, FIELDS, "schema")) for _ in range(2)]
    await asyncio.sleep(0)

    waiting[1].cancel()
    await asyncio.sleep(0)
    await views.close()

    with pytest.raises(PolicyUnavailable):
        await waiting[0]
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]


async def test_one_that_is_closed_while_it_starts_answers_nobody_and_is_not_started_again() -> None:
    async with PolicyProcess(RELEASE) as worker:
        asked = asyncio.create_task(worker.decide(REQUEST))
        while not worker.starts:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    with pytest.raises(PolicyUnavailable):
        await asked
    with pytest.raises(PolicyUnavailable):
        await worker.decide(REQUEST)
    assert (worker.pid, worker.starts) == (None, 1)


async def test_too_many_views_at_once_are_refused() -> None:
    views = Views(Named(), max_waiting=2)
    callers = [replace(ASKER.caller, id=f"c{number}", clearance=number) for number in range(3)]
    askers = [replace(ASKER, caller=caller) for caller in callers]

    answers = await asyncio.gather(
        *(views.decide(asker, FIELDS, "r1") for asker in askers), return_exceptions=True
    )

    assert [type(each) for each in answers].count(ViewsExhausted) == 1


async def test_a_caller_with_many_views_does_not_take_the_turns_of_others() -> None:
    views = Views(Named())
    greedy = [replace(ASKER, purpose=f"p{number}") for number in range(5)]
    other = replace(ASKER, caller=replace(ASKER.caller, id="another", clearance=1))

    answers = await asyncio.gather(
        *(views.decide(asker, FIELDS, "r1") for asker in (*greedy, other)), return_exceptions=True
    )
    later = await views.decide(greedy[4], FIELDS, "r1")

    assert [isinstance(each, ViewsExhausted) for each in answers] == [
        *(False, False, True, True, True),
        False,
    ]
    assert later

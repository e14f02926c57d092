"""A real OPA that stops without ending: what it would have decided is denied until it goes on."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from federation.access import AccessRequest, Asker, Caller, Decision, Effect, OperationFacts, Uses
from federation.errors import PolicyUnavailable
from federation.gateway.engines import OpaEngine
from tests.policies.tables import NOW, OPA, freeze, opa_process, table_release

pytestmark = pytest.mark.skipif(OPA is None, reason="no opa on PATH")

ASKER = Asker(Caller("me", "person", "test_office", clearance=3), "test-plain", (), NOW)
REQUEST = AccessRequest(ASKER, OperationFacts("query"), {"Region.population": Uses(select=True)})
# Long enough for a busy machine: a server that runs must answer within it.
DEADLINE = 1.5


class Hand:
    """The clock of the breaker, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def asked(folder: Path) -> AsyncIterator[tuple[OpaEngine, Popen[bytes], Hand]]:
    release, clock = table_release(), Hand()
    with opa_process(release, folder) as (url, server):
        async with OpaEngine(
            url, release.revisions, deadline_seconds=DEADLINE, breaker_seconds=5, clock=clock
        ) as engine:
            yield engine, server, clock


async def _fails(engine: OpaEngine) -> str:
    with pytest.raises(PolicyUnavailable) as failure:
        await engine.decide(REQUEST)
    return failure.value.message


def _is_allowed(decision: Decision) -> bool:
    return decision.verdict("Region.population", "select").effect is Effect.ALLOW


async def test_frozen_server_is_left_at_the_deadline_then_alone_and_taken_up_when_it_goes_on(
    tmp_path: Path,
) -> None:
    async with asked(tmp_path) as (engine, server, clock):
        assert _is_allowed(await engine.decide(REQUEST))

        freeze(server)
        told = [await _fails(engine) for _ in range(3)]
        begun = time.monotonic()
        alone = await _fails(engine)
        spent = time.monotonic() - begun

        assert told == ["the OPA server does not answer: TimeoutError"] * 3
        assert "left alone" in alone
        # Not asked at all, or it would have taken the whole deadline.
        assert spent < DEADLINE
        assert await engine.fault() is not None

        server.send_signal(signal.SIGCONT)
        # It is well again, but the pause is not over.
        assert "left alone" in await _fails(engine)
        clock.seconds = 6
        assert _is_allowed(await engine.decide(REQUEST))
        assert _is_allowed(await engine.decide(REQUEST))
        assert (engine.counts.decided, engine.counts.unavailable) == (3, 5)


async def test_of_many_questions_to_a_frozen_server_one_tries_whether_it_goes_on(
    tmp_path: Path,
) -> None:
    async with asked(tmp_path) as (engine, server, clock):
        freeze(server)
        # All at once: each waits for its own deadline, none is answered from another's failure.
        told = await asyncio.gather(*(_fails(engine) for _ in range(8)))
        clock.seconds = 6
        later = await asyncio.gather(*(_fails(engine) for _ in range(8)))

        assert all("does not answer" in each for each in told)
        assert sum("does not answer" in each for each in later) == 1
        assert sum("left alone" in each for each in later) == 7


async def test_answer_that_comes_after_the_deadline_is_nobodys(tmp_path: Path) -> None:
    async with asked(tmp_path) as (engine, server, _):
        freeze(server)
        await _fails(engine)
        server.send_signal(signal.SIGCONT)
        # The frozen server answers the old question now; the new one gets its own answer.
        other = AccessRequest(ASKER, REQUEST.operation, {"Citizen.phone": Uses(select=True)})
        decision = await engine.decide(other)

        assert {coordinate for coordinate, _ in decision.verdicts} == {"Citizen.phone"}

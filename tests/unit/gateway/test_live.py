"""The engine that answers now, while it is replaced or loses its lease under a question."""

import asyncio
from collections.abc import Mapping

import pytest

from federation.access import (
    AccessRequest,
    Asker,
    Caller,
    Decision,
    Effect,
    OperationFacts,
    Uses,
    Verdict,
    allow_all,
)
from federation.access.decision import no_decision
from federation.errors import PolicyUnavailable
from federation.gateway.deciding import Deciding
from federation.gateway.lease import Lease
from federation.gateway.live import LiveEngine

ASKER = Asker(Caller("clerk", "person"), None, (), 0)
FIELDS = {"Query.income": Uses(select=True)}
REQUEST = AccessRequest(ASKER, OperationFacts("query"), FIELDS)


class Waiting:
    """Allows everything, as soon as it may answer."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def decide(self, request: AccessRequest) -> Decision:
        await self.may_answer.wait()
        return allow_all(request)

    async def view(
        self, asker: Asker, fields: Mapping[str, Uses], _: str
    ) -> Mapping[tuple[str, str], Verdict]:
        return (await self.decide(AccessRequest(asker, OperationFacts("query"), fields))).verdicts


class Denying:
    """Allows nothing."""

    async def decide(self, request: AccessRequest) -> Decision:
        return no_decision(request)

    async def view(
        self, asker: Asker, fields: Mapping[str, Uses], _: str
    ) -> Mapping[tuple[str, str], Verdict]:
        return no_decision(AccessRequest(asker, OperationFacts("query"), fields)).verdicts


async def test_what_a_replaced_release_answers_late_does_not_count() -> None:
    old, new = Waiting(), Denying()
    live = LiveEngine(Deciding(old, view=old.view))
    asked = asyncio.create_task(live.decide(REQUEST))
    viewed = asyncio.create_task(live.view(ASKER, FIELDS, "schema"))
    await asyncio.sleep(0)

    live.replace(Deciding(new, view=new.view))
    old.may_answer.set()

    assert (await asked).verdict("Query.income", "select").effect is Effect.DENY
    assert (await viewed)["Query.income", "select"].effect is Effect.DENY
    await live.close()


class Closing:
    """Is closed before it has answered."""

    async def decide(self, request: AccessRequest) -> Decision:
        await asyncio.sleep(0)
        raise PolicyUnavailable(f"closed before the {request.operation.kind} was decided")


async def test_who_asked_a_release_that_was_closed_is_answered_by_the_next() -> None:
    live = LiveEngine(Deciding(Closing()))
    asked = asyncio.create_task(live.decide(REQUEST))
    await asyncio.sleep(0)

    live.replace(Deciding(Denying()))

    assert (await asked).verdict("Query.income", "select").effect is Effect.DENY
    with pytest.raises(PolicyUnavailable):
        await LiveEngine(Deciding(Closing())).decide(REQUEST)
    await live.close()


async def test_what_is_answered_after_the_lease_has_run_out_does_not_count() -> None:
    now = [0.0]
    lease, engine = Lease(lambda: now[0]), Waiting()
    lease.renew(0.0)
    live = LiveEngine(Deciding(engine, view=engine.view), lease)
    asked = asyncio.create_task(live.decide(REQUEST))
    viewed = asyncio.create_task(live.view(ASKER, FIELDS, "schema"))
    await asyncio.sleep(0)

    now[0] = 2.0
    engine.may_answer.set()

    for each in (asked, viewed):
        with pytest.raises(PolicyUnavailable):
            await each

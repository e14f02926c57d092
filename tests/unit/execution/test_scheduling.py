"""When fetches begin and end: as soon as they may, in time, and not for a client that has gone."""

import asyncio

import pytest

from federation.errors import AuditUnavailable, SubgraphUnreachable
from federation.execution import (
    ExecutionRequest,
    Outcome,
    SubgraphReply,
    SubgraphRequest,
    unfinished_mutations,
)
from tests.support.city import API, run, told
from tests.support.plans import call, entities, plan_of, root


class Slow:
    """Answers after so many seconds for each subgraph; notes what began, ended, was cut off."""

    def __init__(self, seconds: dict[str, float], replies: dict[str, SubgraphReply]) -> None:
        self.seconds = seconds
        self.replies = replies
        self.events: list[str] = []

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        name = (
            f"{subgraph}:{request.text.split()[2]}" if "_entities" not in request.text else subgraph
        )
        self.events.append(f"+{name}")
        try:
            await asyncio.sleep(self.seconds.get(subgraph, 0))
        except asyncio.CancelledError:
            self.events.append(f"!{name}")
            raise
        self.events.append(f"-{name}")
        return self.replies[subgraph]


ME = SubgraphReply({"me": {"id": "1", "name": "Ann"}, "one": 1, "first": 1, "rename": None})
TWO = SubgraphReply({"two": 2, "second": 2})
REVIEWS = SubgraphReply({"_entities": [{"reviews": []}]})
REPLIES = {"accounts": ME, "reviews": REVIEWS, "shop": TWO}


async def test_fetch_begins_when_its_own_predecessors_have_ended() -> None:
    slow = Slow({"shop": 0.2}, REPLIES)
    plan = plan_of(
        "{ two me { reviews { id } } }",
        API,
        root(0, "shop", "two"),
        root(1, "accounts", "me { id }"),
        entities(2, "reviews", call("me", "User", "id", "reviews { id }"), after=(1,)),
    )

    result = await run(plan, slow)

    assert result.data == {"two": 2, "me": {"reviews": []}}
    assert slow.events == [
        "+shop:two",
        "+accounts:me",
        "-accounts:me",
        "+reviews",
        "-reviews",
        "-shop:two",
    ]


async def test_mutations_run_one_after_the_other() -> None:
    slow = Slow({"accounts": 0.02}, {**REPLIES, "reviews": TWO})
    plan = plan_of(
        "mutation { first second }",
        API,
        root(0, "accounts", "first", kind="mutation"),
        root(1, "reviews", "second", kind="mutation", after=(0,)),
    )

    result = await run(plan, slow)

    assert result.data == {"first": 1, "second": 2}
    assert slow.events == [
        "+accounts:first",
        "-accounts:first",
        "+reviews:second",
        "-reviews:second",
    ]


async def test_deadline_fails_what_is_slow_and_answers_the_rest() -> None:
    slow = Slow({"shop": 5}, REPLIES)
    plan = plan_of("{ one two }", API, root(0, "accounts", "one"), root(1, "shop", "two"))

    result = await run(plan, slow, ExecutionRequest(deadline=0.05))

    assert result.data == {"one": 1, "two": None}
    assert told(result) == [("SUBGRAPH_TIMEOUT", ["two"])]
    assert [report.outcome for report in result.reports] == [Outcome.ANSWERED, Outcome.TIMED_OUT]
    assert "!shop:two" in slow.events


async def test_nothing_is_sent_after_the_deadline() -> None:
    slow = Slow({"accounts": 0.2}, REPLIES)
    plan = plan_of(
        "mutation { first second }",
        API,
        root(0, "accounts", "first", kind="mutation"),
        root(1, "reviews", "second", kind="mutation", after=(0,)),
    )

    result = await run(plan, slow, ExecutionRequest(deadline=0.05))
    await unfinished_mutations()

    assert told(result) == [("SUBGRAPH_TIMEOUT", ["first"]), ("SUBGRAPH_TIMEOUT", ["second"])]
    assert slow.events == ["+accounts:first", "-accounts:first"]
    assert [report.requests for report in result.reports] == [1, 0]


async def test_client_that_goes_away_cancels_queries() -> None:
    slow = Slow({"accounts": 5}, REPLIES)
    plan = plan_of("{ one }", API, root(0, "accounts", "one"))
    task = asyncio.create_task(run(plan, slow))
    await asyncio.sleep(0.02)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert slow.events == ["+accounts:one", "!accounts:one"]


async def test_client_that_goes_away_does_not_cut_off_a_mutation() -> None:
    slow = Slow({"accounts": 0.1}, {**REPLIES, "reviews": TWO})
    plan = plan_of(
        "mutation { first second }",
        API,
        root(0, "accounts", "first", kind="mutation"),
        root(1, "reviews", "second", kind="mutation", after=(0,)),
    )
    task = asyncio.create_task(run(plan, slow))
    await asyncio.sleep(0.02)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await unfinished_mutations()

    assert slow.events == ["+accounts:first", "-accounts:first"]


async def test_failure_of_an_abandoned_mutation_disturbs_nobody() -> None:
    class Failing:
        async def send(self, subgraph: str, _request: SubgraphRequest) -> SubgraphReply:
            await asyncio.sleep(0.05)
            raise SubgraphUnreachable(subgraph, "gone")

    plan = plan_of("mutation { first }", API, root(0, "accounts", "first", kind="mutation"))

    result = await run(plan, Failing(), ExecutionRequest(deadline=0.01))
    await unfinished_mutations()

    assert told(result) == [("SUBGRAPH_TIMEOUT", ["first"])]


async def test_plan_without_fetches_is_answered() -> None:
    result = await run(plan_of("{ t: __typename }", API))

    assert result.data == {"t": "Query"}


async def test_fault_of_the_gateway_itself_is_raised_as_it_is() -> None:
    def no_headers(_subgraph: str, _text: str) -> dict[str, str]:
        raise AuditUnavailable("disk full")

    plan = plan_of("{ one two }", API, root(0, "accounts", "one"), root(1, "shop", "two"))

    with pytest.raises(AuditUnavailable):
        await run(plan, Slow({}, REPLIES), ExecutionRequest(headers_for=no_headers))

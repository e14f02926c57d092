"""Equal queries under way: one execution for all, which nobody takes from the others."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from federation.errors import PolicyUnavailable
from federation.execution import ExecutionResult
from federation.gateway import sharing
from federation.gateway.sharing import SharedQueries

Run = Callable[[], Coroutine[Any, Any, ExecutionResult]]


class Executions:
    """Executions that end when a test says so.

    Attributes:
        begun: How many.
        cancelled: How many of them were given up.
    """

    def __init__(self, fault: Exception | None = None) -> None:
        self.begun = self.cancelled = 0
        self.let_go = asyncio.Event()
        self._fault = fault

    async def run(self) -> ExecutionResult:
        self.begun += 1
        number = self.begun
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self._fault is not None:
            raise self._fault
        return ExecutionResult({"number": number})


async def begin(shared: SharedQueries, run: Run, *keys: str) -> list[asyncio.Task[ExecutionResult]]:
    """A request for each key, all of them waiting."""
    waiting = [asyncio.create_task(shared.result(key, key, run)) for key in keys]
    await asyncio.sleep(0.01)
    return waiting


async def test_equal_queries_under_way_are_executed_once() -> None:
    shared, executions = SharedQueries(), Executions()

    waiting = await begin(shared, executions.run, "same", "same", "other", "same")
    executions.let_go.set()
    results = await asyncio.gather(*waiting)

    assert executions.begun == 2
    assert results[0] is results[1] is results[3]
    assert results[2] is not results[0]
    assert len(shared) == 0


async def test_a_query_after_the_end_of_an_equal_one_is_executed_anew() -> None:
    shared, executions = SharedQueries(), Executions()
    executions.let_go.set()

    one = await shared.result("key", None, executions.run)
    other = await shared.result("key", None, executions.run)

    assert (one.data, other.data) == ({"number": 1}, {"number": 2})


@pytest.mark.parametrize("leaving", [0, 1])
async def test_who_leaves_takes_nothing_from_the_others(leaving: int) -> None:
    shared, executions = SharedQueries(), Executions()
    waiting = await begin(shared, executions.run, "key", "key")

    waiting[leaving].cancel()
    await asyncio.sleep(0.01)
    executions.let_go.set()

    assert (await waiting[1 - leaving]).data == {"number": 1}
    assert waiting[leaving].cancelled()
    assert executions.cancelled == 0


async def test_nothing_goes_on_when_all_have_left() -> None:
    shared, executions = SharedQueries(), Executions()
    waiting = await begin(shared, executions.run, "key", "key")

    for each in waiting:
        each.cancel()
    await asyncio.sleep(0.01)
    await begin(shared, executions.run, "key")

    assert (executions.begun, executions.cancelled) == (2, 1)


async def test_a_failure_is_everybodys() -> None:
    shared, executions = SharedQueries(), Executions(PolicyUnavailable("gone"))
    waiting = await begin(shared, executions.run, "key", "key")

    executions.let_go.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(each) for each in results] == [PolicyUnavailable] * 2
    assert executions.begun == 1


async def test_after_a_change_nobody_joins_what_began_before_it() -> None:
    shared, executions = SharedQueries(), Executions()
    before = await begin(shared, executions.run, "key")

    shared.forget()
    after = await begin(shared, executions.run, "key", "key")
    executions.let_go.set()
    results = await asyncio.gather(*before, *after)

    assert [each.data for each in results] == [{"number": 1}, {"number": 2}, {"number": 2}]
    assert len(shared) == 0


async def test_nobody_joins_a_query_that_is_under_way_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "JOIN_SECONDS", -1.0)
    shared, executions = SharedQueries(), Executions()

    waiting = await begin(shared, executions.run, "key", "key")
    executions.let_go.set()
    await asyncio.gather(*waiting)

    assert executions.begun == 2

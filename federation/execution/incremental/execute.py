"""Fetches run, and each part of the response is released when what it needs has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from graphql import GraphQLSchema

from federation.execution.execution import Execution
from federation.execution.incremental.delivery import Delivery, all_deferrals
from federation.execution.incremental.payload import Payload
from federation.execution.incremental.runs import PhasedRun, build_runs
from federation.execution.model import ExecutionRequest, FetchReport, active
from federation.execution.transport import Transport
from federation.planning.plan import OperationPlan

Release: TypeAlias = Callable[[Payload], Awaitable[None]]
"""Takes one part of a response; returns when there is room for the next."""


def is_incremental(plan: OperationPlan, request: ExecutionRequest) -> bool:
    """Whether the response can have more than one part.

    Where rows are tested here it has one: which are shown is known only when all has been fetched.
    """
    return not plan.row_tests and bool(active(all_deferrals(plan, request), request.variables))


async def execute_incrementally(
    plan: OperationPlan,
    request: ExecutionRequest,
    transport: Transport,
    schema: GraphQLSchema,
    release: Release,
) -> tuple[FetchReport, ...]:
    """Run a plan and release the parts of the response, the last of which says that it is.

    A fetch begins as soon as all that it waits for has ended, whatever part it is for. All parts
    have one deadline together. When ``release`` raises, the fetches under way are cancelled.

    Returns:
        What became of each run of a fetch, those left out that nothing needed any more.
    """
    execution = Execution(plan, request, transport)
    clock = asyncio.get_running_loop().time
    if request.deadline is not None:
        execution.ends = clock() + request.deadline
    runs = build_runs(execution)
    tasks: list[asyncio.Task[FetchReport]] = []
    try:
        async with asyncio.TaskGroup() as group:
            for run in runs:
                earlier = [tasks[at] for at in run.after]
                tasks.append(group.create_task(_run_after(earlier, run)))
            await _deliver(Delivery(execution, schema, runs), tasks, release)
            for task in tasks:
                task.cancel()
    except ExceptionGroup as faults:
        # Only what is no fault of a subgraph gets here; the caller knows it by its own type.
        raise faults.exceptions[0] from None
    return tuple(task.result() for task in tasks if not task.cancelled())


async def _deliver(
    delivery: Delivery, tasks: list[asyncio.Task[FetchReport]], release: Release
) -> None:
    await _all(delivery.needed_first(), tasks)
    payload = delivery.first()
    await release(payload)
    while payload.has_next:
        while not delivery.is_ready(_ended(tasks)):
            running = [task for task in tasks if not task.done()]
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        payload = delivery.next(_ended(tasks))
        await release(payload)


async def _all(positions: list[int], tasks: list[asyncio.Task[FetchReport]]) -> None:
    waited = [tasks[at] for at in positions]
    if waited:
        await asyncio.wait(waited)


def _ended(tasks: list[asyncio.Task[FetchReport]]) -> frozenset[int]:
    return frozenset(at for at, task in enumerate(tasks) if task.done())


async def _run_after(earlier: list[asyncio.Task[FetchReport]], run: PhasedRun) -> FetchReport:
    if earlier:
        await asyncio.wait(earlier)
    clock = asyncio.get_running_loop().time
    began = clock()
    await run.run.run()
    return run.run.report(clock() - began)

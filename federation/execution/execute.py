"""Scheduling: every fetch begins as soon as all that it waits for has ended."""

from __future__ import annotations

import asyncio

from graphql import GraphQLSchema

from federation.execution.fetching import Execution, FetchRun, unfinished_mutations
from federation.execution.model import ExecutionRequest, ExecutionResult, FetchReport
from federation.execution.shape import shape
from federation.execution.transport import Transport
from federation.planning.plan import OperationPlan

__all__ = ["execute", "unfinished_mutations"]


async def execute(
    plan: OperationPlan, request: ExecutionRequest, transport: Transport, schema: GraphQLSchema
) -> ExecutionResult:
    """Run a plan and make the response.

    Subgraphs that fail leave nulls and errors, never an exception. Cancelling cancels the fetches
    under way, except mutations: these run to their end, unseen.

    What the API schema does not know (a type, an enum value) is not answered.
    """
    loop = asyncio.get_running_loop()
    ends = None if request.deadline is None else loop.time() + request.deadline
    execution = Execution(plan, request, transport, ends)
    runs = [FetchRun(execution, fetch) for fetch in plan.fetches]
    tasks: list[asyncio.Task[FetchReport]] = []
    try:
        async with asyncio.TaskGroup() as group:
            for run in runs:
                waits_for = [tasks[earlier] for earlier in run.fetch.after]
                tasks.append(group.create_task(_run_after(waits_for, run)))
    except ExceptionGroup as faults:
        # Only what is no fault of a subgraph gets here; the caller knows it by its own type.
        raise faults.exceptions[0] from None
    shaped = shape(plan, request, schema, execution)
    return ExecutionResult(
        data=shaped.data,
        errors=(
            *shaped.refused,
            *(error for run in runs for error in run.errors),
            *shaped.errors,
        ),
        reports=tuple(task.result() for task in tasks),
    )


async def _run_after(waits_for: list[asyncio.Task[FetchReport]], run: FetchRun) -> FetchReport:
    if waits_for:
        await asyncio.wait(waits_for)
    clock = asyncio.get_running_loop().time
    began = clock()
    await run.run()
    return run.report(clock() - began)

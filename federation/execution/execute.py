"""Scheduling: every fetch begins as soon as all that it waits for has ended."""

from __future__ import annotations

import asyncio
from functools import partial

from graphql import GraphQLSchema

from federation.execution.compiled import (
    GaveUp,
    TypedPlan,
    TypedRun,
)
from federation.execution.execution import Execution
from federation.execution.fetching import FetchRun
from federation.execution.model import (
    ExecutionRequest,
    ExecutionResult,
    FetchReport,
    Outcome,
    holds,
)
from federation.execution.rows import drop_rows, mended
from federation.execution.shape import shape
from federation.execution.transport import SubgraphReply, Transport, takes_bytes
from federation.planning.plan import OperationPlan


async def execute(
    plan: OperationPlan,
    request: ExecutionRequest,
    transport: Transport,
    schema: GraphQLSchema,
    compiled: TypedPlan | None = None,
) -> ExecutionResult:
    """Run a plan and make the response.

    The plan's code, if given, makes it faster and changes nothing else; it is of use with a
    ``ByteTransport`` only.

    Subgraphs that fail leave nulls and errors, never an exception. Cancelling cancels the fetches
    under way, except mutations: these run to their end, unseen.

    What the API schema does not know (a type, an enum value) is not answered.
    """
    loop = asyncio.get_running_loop()
    ends = None if request.deadline is None else loop.time() + request.deadline
    if compiled is None or not takes_bytes(transport) or not compiled.trust.is_due():
        return await _execute(Execution(plan, request, transport, ends), schema)
    run = TypedRun(compiled, request, transport)
    try:
        result = _typed_result(plan, request, run, await run.run(ends))
    except GaveUp as stopped:
        given = stopped.sent
        compiled.trust.note(is_vain=True)
    else:
        compiled.trust.note(is_vain=False)
        return result
    try:
        return await _execute(Execution(plan, request, transport, ends, given=dict(given)), schema)
    finally:
        for sent in given.values():
            sent.reply.cancel()


def _typed_result(
    plan: OperationPlan, request: ExecutionRequest, run: TypedRun, text: bytes
) -> ExecutionResult:
    return ExecutionResult(
        data=None,
        errors=tuple(
            each.error for each in request.refusals if holds(each.conditions, request.variables)
        ),
        report=partial(_typed_reports, plan, run),
        tree=run.tree,
        masked=run.masked,
        filtered=run.filtered,
        observed=run.observed,
        text=text,
    )


def _typed_reports(plan: OperationPlan, run: TypedRun) -> tuple[FetchReport, ...]:
    return tuple(
        FetchReport(
            fetch.id,
            fetch.subgraph,
            fetch.kind,
            Outcome.ANSWERED if fetch.id in run.sent else Outcome.SKIPPED,
            requests=int(fetch.id in run.sent),
            representations=run.representations(fetch.id),
            seconds=run.seconds.get(fetch.id, 0.0),
        )
        for fetch in plan.fetches
    )


async def execute_event(
    plan: OperationPlan,
    event: SubgraphReply,
    request: ExecutionRequest,
    transport: Transport,
    schema: GraphQLSchema,
) -> ExecutionResult:
    """Make the response to one event of a subscription, as ``execute`` does.

    The event stands for the answer to fetch 0; the other fetches are sent. Whatever fails, fails
    for this event alone.

    Source:
        GraphQL specification, "ExecuteSubscriptionEvent".
    """
    loop = asyncio.get_running_loop()
    ends = None if request.deadline is None else loop.time() + request.deadline
    return await _execute(Execution(plan, request, transport, ends), schema, event)


async def _execute(
    execution: Execution, schema: GraphQLSchema, event: SubgraphReply | None = None
) -> ExecutionResult:
    plan = execution.plan
    runs = [FetchRun(execution, fetch) for fetch in plan.fetches]
    reports = await _all_run(runs, event)
    dropped = drop_rows(execution)
    told = [error for run in runs if run.fetch.id not in plan.untold for error in run.errors.found]
    failures = mended(told, execution, dropped)
    shaped = shape(plan, execution.request, schema, execution)
    return ExecutionResult(
        data=shaped.data,
        errors=(*shaped.refused, *failures, *shaped.errors),
        report=lambda: reports,
        tree=execution.tree,
        masked=shaped.masked,
        filtered=dropped.rows,
        is_withheld=dropped.is_withheld(execution.tree),
        is_untested=dropped.is_untested(execution.tree),
    )


async def _all_run(runs: list[FetchRun], event: SubgraphReply | None) -> tuple[FetchReport, ...]:
    """What became of every fetch; fetch 0 is not sent where there is an event."""
    given = {0: event}
    if len(runs) == 1:
        # Mostly; there is nothing to be done side by side.
        return (await _run_after([], runs[0], given.get(runs[0].fetch.id)),)
    tasks: list[asyncio.Task[FetchReport]] = []
    try:
        async with asyncio.TaskGroup() as group:
            for run in runs:
                waits_for = [tasks[earlier] for earlier in run.fetch.after]
                running = _run_after(waits_for, run, given.get(run.fetch.id))
                tasks.append(group.create_task(running))
    except ExceptionGroup as faults:
        # Only what is no fault of a subgraph gets here; the caller knows it by its own type.
        raise faults.exceptions[0] from None
    return tuple(task.result() for task in tasks)


async def _run_after(
    waits_for: list[asyncio.Task[FetchReport]], run: FetchRun, event: SubgraphReply | None
) -> FetchReport:
    if waits_for:
        await asyncio.wait(waits_for)
    clock = asyncio.get_running_loop().time
    began = clock()
    if event is None:
        await run.run()
    else:
        run.take_event(event)
    return run.report(clock() - began)

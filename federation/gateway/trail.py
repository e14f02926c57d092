"""What is written down of one request while it runs, and how a failure becomes its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

from federation.access import AccessIndex, Asker, Decision
from federation.audit import (
    AuditedOperation,
    AuditedVerdicts,
    AuditRecord,
    AuditSink,
    NamedPlan,
    NameHashes,
    Outcome,
    text_digest,
)
from federation.errors import (
    AuditUnavailable,
    FederationError,
    RequestError,
    ResponseError,
    Unauthenticated,
    Unavailable,
)
from federation.execution import ExecutionResult
from federation.gateway.access_log import AccessLog
from federation.gateway.audit.fault import AuditFault
from federation.gateway.bounded import Bounded
from federation.gateway.counts import RequestCounts
from federation.gateway.deadlines import Deadlines
from federation.gateway.identity import CallerRefused
from federation.gateway.intents import Intents
from federation.gateway.messages import Answer, DeadlineExceeded, Request, Response, refuse
from federation.gateway.recording import RequestNotes, audited_verdicts, touched_by
from federation.operation import ParsedOperation

_digest = lru_cache(maxsize=2_000)(text_digest)

_KEPT_VERDICTS = 1_000


@dataclass(frozen=True, slots=True)
class _Audited:
    decision: Decision
    index: AccessIndex
    verdicts: tuple[AuditedVerdicts, ...]


@dataclass(frozen=True, slots=True)
class Recorder:
    """What trails of all requests share.

    Attributes:
        sink: None keeps no records.
        hashes: Of what records name.
        clock: Seconds since 1970.
        counts: Of all requests, unauthenticated ones included, of which no record is kept.
        intents: Of queries that run.
        fault: That the sink failed lately.
    """

    sink: AuditSink | None
    log: AccessLog
    hashes: NameHashes = field(default_factory=lambda: NameHashes(b""))
    clock: Callable[[], float] = time.time
    counts: RequestCounts = field(default_factory=RequestCounts)
    intents: Intents = field(default_factory=Intents)
    fault: AuditFault = field(default_factory=AuditFault)
    _audited: Bounded[tuple[int, int], _Audited] = field(
        default_factory=lambda: Bounded(_KEPT_VERDICTS)
    )

    def audited(self, decision: Decision, index: AccessIndex) -> tuple[AuditedVerdicts, ...]:
        """A decision as records hold it; the same decision answers many requests."""
        key = (id(decision), id(index))
        known = self._audited.get(key)
        if known is None or known.decision is not decision or known.index is not index:
            verdicts = audited_verdicts(decision, index)
            known = self._audited.put(key, _Audited(decision, index, verdicts))
        return known.verdicts


class Trail:
    """The record of one request; as a context it turns a failure into the request's answer.

    Attributes:
        is_committed: A mutation was sent, so that this request must run to its end.
        is_late: The deadline has passed; a cancellation means that, not a client that went away.
        is_ending: What ended the request is being recorded; the answer follows, late or not.
    """

    def __init__(self, request: Request, recorder: Recorder, schema_revision: str) -> None:
        self._response: Response | None = None
        self.is_committed = False
        self.is_late = False
        self.is_ending = False
        self._recorder = recorder
        self.request_id = request.id
        self._started = time.perf_counter()
        self._is_intended = False
        self._intent: asyncio.Future[Any] | None = None
        self._signature: str | None = None
        self._notes = RequestNotes(request.id, schema_revision, recorder.clock)

    @property
    def milliseconds(self) -> float:
        """Time since the request arrived."""
        return (time.perf_counter() - self._started) * 1000

    def note_asker(self, asker: Asker) -> Asker:
        """Who asks; from here on, whatever happens is recorded."""
        self._notes.note_caller(asker.caller)
        self._notes.purpose = asker.purpose
        self._notes.consents = tuple(sorted(consent.id for consent in asker.consents))
        return asker

    def note_operation(self, parsed: ParsedOperation) -> ParsedOperation:
        """What is asked, without anything the caller typed in."""
        operation = parsed.operation
        self._signature = parsed.signature
        digest = _digest(parsed.signature)
        self._notes.operation = AuditedOperation(
            kind=operation.kind, digest=digest, name=operation.name or ""
        )
        return parsed

    def note_subjects(self, values: Iterable[Any]) -> None:
        """Persons that the request's arguments name, whether it will find them or not."""
        self._notes.note_subjects(values, self._recorder.hashes)

    def note_decision(self, decision: Decision, index: AccessIndex) -> Decision:
        """What the policy said about every asked coordinate."""
        if self._recorder.sink is not None:
            self._notes.policy_revision = decision.revision
            self._notes.verdicts = self._recorder.audited(decision, index)
        return decision

    async def intend(self, named: NamedPlan) -> None:
        """Say that subgraphs are asked now; of all but queries that is durable when this returns.

        A query leaves an intent only if it is not released within a moment: see ``Intents``.

        Raises:
            AuditUnavailable: It could not be written.
        """
        plan = named.plan
        self._notes.subgraphs = named.subgraphs
        self._is_intended = True
        if self._recorder.sink is not None:
            if plan.kind == "query":
                self._recorder.intents.expect(self)
            else:
                await self.append_intent()
        self.is_committed = plan.kind == "mutation" and bool(plan.fetches)

    def append_intent(self) -> asyncio.Future[Any]:
        """Hand the intent over; done when it is durable, which a release waits for."""
        assert self._recorder.sink is not None, "without a sink nothing is intended"
        appended = _append(self._recorder.sink, self._notes.intent(), self._signature)
        self._intent = asyncio.ensure_future(appended)
        self._intent.add_done_callback(self._see)
        return self._intent

    def expire(self) -> None:
        """A moment has passed without a release: see ``Intents``."""
        self.append_intent()

    async def release(self, response: Response, result: ExecutionResult, plan: NamedPlan) -> None:
        """Makes ``response`` the answer, once the record that covers it is durable.

        Args:
            response: Made of ``result``.
            result: What the plan's execution gave.
            plan: Says what the result names.

        Raises:
            AuditUnavailable: It could not be written; the response must not leave.
        """
        outcome, codes = _outcome(result.errors)
        await self._finish(outcome, codes, result, plan)
        self._recorder.counts.add(outcome)
        self._response = response

    async def release_event(self, result: ExecutionResult, plan: NamedPlan) -> None:
        """Return when the record that covers the next event of a subscription is durable.

        Raises:
            AuditUnavailable: It could not be written; the event must not leave.
        """
        await self._finish(*_outcome(result.errors), result, plan)
        self._notes.part += 1
        self._recorder.counts.events += 1

    async def release_part(
        self, result: ExecutionResult, plan: NamedPlan, *, is_last: bool
    ) -> None:
        """Return when the record that covers the next part of an answer is durable.

        Raises:
            AuditUnavailable: It could not be written; the part must not leave.
        """
        outcome, codes = _outcome(result.errors)
        await self._finish(outcome, codes, result, plan)
        self._notes.part += 1
        if is_last:
            self._recorder.counts.add(outcome)

    async def complete(self) -> None:
        """Record that a subscription has ended as its source did; nothing leaves under this.

        Raises:
            AuditUnavailable: It could not be written.
        """
        self._notes.verdicts = ()
        await self._finish(Outcome.ANSWERED, set())
        self._recorder.counts.add(Outcome.ANSWERED)

    @property
    def failure(self) -> Response | None:
        """What a failure was turned into; None when there was none."""
        return self._response

    def answer(self) -> Response:
        """The answer; there as soon as the context has ended."""
        if self._response is None:
            return refuse(FederationError("no stage answered"), self.request_id)
        return self._response

    async def __aenter__(self) -> Self:
        """The trail itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Answer with the failure that ended the request, once it is recorded."""
        if error is None:
            return True
        if isinstance(error, asyncio.CancelledError):
            if not self.is_late:
                await asyncio.shield(self._fail(error, Outcome.CANCELLED))
                return False
            error = DeadlineExceeded("the request took longer than requests may take")
        if not isinstance(error, Exception):
            return False
        if not isinstance(error, FederationError):
            self._recorder.log.fault(self.request_id, error)
            error = FederationError("a fault of the gateway")
        if isinstance(error, Unavailable):
            self._recorder.log.unavailable(self.request_id, error)
        if isinstance(error, CallerRefused):
            self._notes.note_caller(error.caller)
        refused = isinstance(error, RequestError)
        self._response = await self._fail(error, Outcome.REFUSED if refused else Outcome.FAILED)
        return True

    async def _fail(self, error: BaseException, outcome: Outcome) -> Response:
        """The answer to a failure; when not even that can be recorded, the answer says so."""
        self.is_ending = True
        known = error if isinstance(error, FederationError) else FederationError("cancelled")
        self._recorder.counts.add(outcome, known)
        # A caller whose token expires during a subscription was believed when it began.
        is_believed = not isinstance(error, Unauthenticated) or self._is_intended
        if is_believed and self._notes.caller.id:
            try:
                await self._finish(outcome, {known.code})
            except FederationError as unrecorded:
                return refuse(unrecorded, self.request_id)
        return refuse(known, self.request_id)

    async def _finish(
        self,
        outcome: Outcome,
        codes: set[str],
        result: ExecutionResult | None = None,
        plan: NamedPlan | None = None,
    ) -> None:
        if self._recorder.sink is None:
            return
        self._recorder.intents.forgo(self)
        released = touched_by(result, plan, self._recorder.hashes) if result and plan else ()
        records = self._notes.release(outcome, codes, self.milliseconds, released, result)
        try:
            await _append(self._recorder.sink, records, self._signature)
        except AuditUnavailable:
            self._recorder.fault.note()
            raise
        if self._intent is not None:
            # It was handed over before, so that nothing is waited for here but in rare accidents.
            await self._intent

    def _see(self, intent: asyncio.Future[Any]) -> None:
        """Look at how an intent ended, which nobody else does when its release failed first."""
        if not intent.cancelled() and isinstance(intent.exception(), AuditUnavailable):
            self._recorder.fault.note()


def _append(
    sink: AuditSink, records: list[AuditRecord], operation_text: str | None
) -> Awaitable[Any]:
    """Hand records over; done when all of them are durable."""
    if len(records) == 1:
        return sink.append(records[0], operation_text)
    return asyncio.gather(*(sink.append(record, operation_text) for record in records))


def _outcome(errors: Iterable[ResponseError]) -> tuple[Outcome, set[str]]:
    codes = {str(error.extensions.get("code", "")) for error in errors}
    return (Outcome.PARTIAL if codes else Outcome.ANSWERED), codes


async def attend_to_the_rest(seconds: float) -> None:
    """Waits for mutations whose callers left, before what they need is closed."""
    if _unattended:
        await asyncio.wait(_unattended, timeout=seconds)


_unattended: set[asyncio.Future[Answer]] = set()


class Cutting:
    """Cancels the task of a request that takes too long, unless it is ending."""

    def __init__(self, trail: Trail, task: asyncio.Task[Any]) -> None:
        self._trail = trail
        self._task = task

    def expire(self) -> None:
        """See ``Deadlines``."""
        if not self._trail.is_ending:
            self._trail.is_late = True
            self._task.cancel()


async def _until_deadline(
    stages: Coroutine[Any, Any, Answer], trail: Trail, deadlines: Deadlines[Cutting]
) -> Answer:
    task = asyncio.current_task()
    assert task is not None, "requests are answered in tasks"
    cutting = Cutting(trail, task)
    deadlines.watch(cutting, task.get_loop())
    try:
        return await stages
    finally:
        deadlines.forget(cutting)
        if trail.is_late:
            task.uncancel()


async def see_through(
    stages: Coroutine[Any, Any, Answer],
    trail: Trail,
    deadlines: Deadlines[Cutting],
    *,
    may_change: bool,
) -> Answer:
    """The answer of a request's stages, cut off at the deadline or when nobody waits for it.

    A mutation that was sent is never cut off: it is finished and recorded all the same. What
    cannot be one, as ``may_change`` says, is spared a task of its own.
    """
    if not may_change:
        return await _until_deadline(stages, trail, deadlines)
    work = asyncio.create_task(stages)
    try:
        async with asyncio.timeout(deadlines.seconds):
            return await asyncio.shield(work)
    except TimeoutError:
        if trail.is_ending:
            return await work
        trail.is_late = True
        if trail.is_committed:
            late = DeadlineExceeded("the mutation was sent and goes on; its outcome is not known")
            return refuse(late, trail.request_id)
        work.cancel()
        return await work
    except asyncio.CancelledError:
        if not trail.is_committed:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        raise
    finally:
        if not work.done():
            # The loop keeps only weak references to tasks.
            _unattended.add(work)
            work.add_done_callback(_unattended.discard)

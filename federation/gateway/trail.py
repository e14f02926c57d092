"""What is written down of one request while it runs, and how a failure becomes its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from federation.access import Asker, Caller, Decision
from federation.audit import (
    AuditedCaller,
    AuditedOperation,
    AuditedVerdicts,
    AuditRecord,
    AuditSink,
    Outcome,
    RecordKind,
    text_digest,
)
from federation.errors import (
    FederationError,
    RequestError,
    ResponseError,
    Unauthenticated,
    Unavailable,
)
from federation.gateway.access_log import AccessLog
from federation.gateway.bounded import Bounded
from federation.gateway.counts import RequestCounts
from federation.gateway.identity import CallerRefused
from federation.gateway.messages import Answer, DeadlineExceeded, Request, Response, refuse
from federation.operation import ParsedOperation
from federation.planning import OperationPlan

_KEPT_VERDICTS = 1_000


@dataclass(frozen=True, slots=True)
class Recorder:
    """What trails of all requests share.

    Attributes:
        sink: None keeps no records.
        clock: Seconds since 1970.
        counts: Of all requests, unauthenticated ones included, of which no record is kept.
    """

    sink: AuditSink | None
    log: AccessLog
    clock: Callable[[], float] = time.time
    counts: RequestCounts = field(default_factory=RequestCounts)
    _audited: Bounded[int, tuple[Decision, tuple[AuditedVerdicts, ...]]] = field(
        default_factory=lambda: Bounded(_KEPT_VERDICTS)
    )

    def audited(self, decision: Decision) -> tuple[AuditedVerdicts, ...]:
        """A decision as records hold it; the same decision answers many requests."""
        known = self._audited.get(id(decision))
        if known is None or known[0] is not decision:
            known = self._audited.put(id(decision), (decision, _verdicts(decision)))
        return known[1]


class Trail:
    """The record of one request; as a context it turns a failure into the request's answer.

    Attributes:
        is_committed: A mutation was sent, so that this request must run to its end.
        is_late: The deadline has passed; a cancellation means that, not a client that went away.
    """

    def __init__(self, request: Request, recorder: Recorder, schema_revision: str) -> None:
        self._response: Response | None = None
        self.is_committed = False
        self.is_late = False
        self._recorder = recorder
        self.request_id = request.id
        self._started = time.perf_counter()
        self._intent: asyncio.Task[None] | None = None
        self._signature: str | None = None
        self._record = AuditRecord(
            kind=RecordKind.INTENT,
            request_id=request.id,
            at=0,
            caller=AuditedCaller(""),
            operation=AuditedOperation("", ""),
            schema_revision=schema_revision,
        )

    @property
    def milliseconds(self) -> float:
        """Time since the request arrived."""
        return (time.perf_counter() - self._started) * 1000

    def note_asker(self, asker: Asker) -> Asker:
        """Who asks; from here on, whatever happens is recorded."""
        self._note_caller(asker.caller)
        self._record = replace(
            self._record,
            purpose=asker.purpose,
            consents=tuple(sorted(consent.id for consent in asker.consents)),
        )
        return asker

    def _note_caller(self, caller: Caller) -> None:
        audited = AuditedCaller(caller.id, caller.department or "")
        self._record = replace(self._record, caller=audited)

    def note_operation(self, parsed: ParsedOperation) -> ParsedOperation:
        """What is asked, without anything the caller typed in."""
        operation = parsed.operation
        self._signature = parsed.signature
        digest = text_digest(parsed.signature)
        audited = AuditedOperation(operation.kind, digest, operation.name or "")
        self._record = replace(self._record, operation=audited)
        return parsed

    def note_decision(self, decision: Decision) -> Decision:
        """What the policy said about every asked coordinate."""
        if self._recorder.sink is not None:
            verdicts = self._recorder.audited(decision)
            self._record = replace(
                self._record, policy_revision=decision.revision, verdicts=verdicts
            )
        return decision

    async def intend(self, plan: OperationPlan) -> None:
        """Append the intent record; of all but queries it is durable when this returns.

        For a query it is written while the subgraphs are asked, and ``release`` waits for it.

        Raises:
            AuditUnavailable: It could not be written.
        """
        subgraphs = tuple(sorted({fetch.subgraph for fetch in plan.fetches}))
        self._record = replace(self._record, subgraphs=subgraphs)
        if self._recorder.sink is not None:
            self._intent = asyncio.ensure_future(self._append(self._record))
            if plan.kind != "query":
                await self._intent
        self.is_committed = plan.kind == "mutation" and bool(plan.fetches)

    async def release(self, response: Response, errors: Iterable[ResponseError] = ()) -> None:
        """Makes ``response`` the answer, once the record that covers it is durable.

        Raises:
            AuditUnavailable: It could not be written; the response must not leave.
        """
        outcome, codes = _outcome(errors)
        await self._finish(outcome, codes)
        self._recorder.counts.add(outcome)
        self._response = response

    async def release_event(self, errors: Iterable[ResponseError]) -> None:
        """Return when the record that covers the next event of a subscription is durable.

        Raises:
            AuditUnavailable: It could not be written; the event must not leave.
        """
        await self._finish(*_outcome(errors))
        self._record = replace(self._record, part=self._record.part + 1)
        self._recorder.counts.events += 1

    async def complete(self) -> None:
        """Record that a subscription has ended as its source did; nothing leaves under this.

        Raises:
            AuditUnavailable: It could not be written.
        """
        self._record = replace(self._record, verdicts=())
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
            self._note_caller(error.caller)
        refused = isinstance(error, RequestError)
        self._response = await self._fail(error, Outcome.REFUSED if refused else Outcome.FAILED)
        return True

    async def _fail(self, error: BaseException, outcome: Outcome) -> Response:
        """The answer to a failure; when not even that can be recorded, the answer says so."""
        known = error if isinstance(error, FederationError) else FederationError("cancelled")
        self._recorder.counts.add(outcome, known)
        # A caller whose token expires during a subscription was believed when it began.
        is_believed = not isinstance(error, Unauthenticated) or self._intent is not None
        if is_believed and self._record.caller.id:
            try:
                await self._finish(outcome, {known.code})
            except FederationError as unrecorded:
                return refuse(unrecorded, self.request_id)
        return refuse(known, self.request_id)

    async def _finish(self, outcome: Outcome, codes: set[str]) -> None:
        if self._recorder.sink is None:
            return
        record = replace(
            self._record,
            kind=RecordKind.RELEASE,
            outcome=outcome,
            codes=tuple(sorted(codes)),
            duration=round(self.milliseconds),
        )
        if self._intent is None:
            await self._append(record)
        else:
            await asyncio.gather(self._intent, self._append(record))

    async def _append(self, record: AuditRecord) -> None:
        sink = self._recorder.sink
        if sink is not None:
            stamped = replace(record, at=round(self._recorder.clock() * 1000))
            await sink.append(stamped, self._signature)


def _verdicts(decision: Decision) -> tuple[AuditedVerdicts, ...]:
    groups: dict[tuple[str, str], set[str]] = {}
    for (coordinate, _), verdict in decision.verdicts.items():
        groups.setdefault((verdict.effect.value, verdict.rule), set()).add(coordinate)
    return tuple(
        AuditedVerdicts(effect, rule, tuple(sorted(coordinates)))
        for (effect, rule), coordinates in sorted(groups.items())
    )


def _outcome(errors: Iterable[ResponseError]) -> tuple[Outcome, set[str]]:
    codes = {str(error.extensions.get("code", "")) for error in errors}
    return (Outcome.PARTIAL if codes else Outcome.ANSWERED), codes


async def attend_to_the_rest(seconds: float) -> None:
    """Waits for mutations whose callers left, before what they need is closed."""
    if _unattended:
        await asyncio.wait(_unattended, timeout=seconds)


_unattended: set[asyncio.Future[Answer]] = set()


async def see_through(
    stages: Coroutine[Any, Any, Answer], trail: Trail, deadline_seconds: float
) -> Answer:
    """The answer of a request's stages, cut off at the deadline or when nobody waits for it.

    A mutation that was sent is never cut off: it is finished and recorded all the same.
    """
    work = asyncio.create_task(stages)
    try:
        async with asyncio.timeout(deadline_seconds):
            return await asyncio.shield(work)
    except TimeoutError:
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

"""The request pipeline: the stages of one request, in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from graphql import GraphQLSchema
from starlette.datastructures import Headers

from federation.access import (
    AccessIndex,
    Asker,
    Decision,
    Disclosure,
    Mode,
    PolicyEngine,
    RequestPage,
    Restriction,
    refuse_whole,
    restrict,
)
from federation.audit import NamedPlan, named_subjects
from federation.errors import Forbidden, InvalidOperation, InvalidRequest
from federation.execution import (
    CompiledPlans,
    EventTransport,
    ExecutionRequest,
    ExecutionResult,
    Transport,
    execute,
    execute_event,
    is_incremental,
)
from federation.gateway.acceptance import Acceptance
from federation.gateway.context import build_headers_for, forwardable, forwarded_headers
from federation.gateway.deadlines import Deadlines
from federation.gateway.deciding import ViewOf
from federation.gateway.hiding import Hiding
from federation.gateway.incremental import Delivered, deliver
from federation.gateway.limits import build_limits
from federation.gateway.messages import (
    Answer,
    Emit,
    EventsNotAccepted,
    EventStream,
    NotOverGet,
    PartStream,
    Request,
    Response,
)
from federation.gateway.override_labels import active_labels
from federation.gateway.own_schema import OwnSchemas, introspected
from federation.gateway.recall import Known, Planned, Recall
from federation.gateway.request_links import linked
from federation.gateway.respond import describe, respond
from federation.gateway.row_rights import RowRights
from federation.gateway.settings import Config
from federation.gateway.sharing import SharedQueries
from federation.gateway.signing import ContextSigner
from federation.gateway.state import State
from federation.gateway.streams.slots import Slots
from federation.gateway.subscriptions import check_tested, check_unchanged, open_source
from federation.gateway.trail import Cutting, Recorder, Trail, see_through
from federation.gateway.turns import Turns
from federation.operation import (
    Operation,
    ParsedOperation,
    check_variable_limits,
    coerce_variables,
    parse_operation,
)
from federation.planning import OperationPlan

DEBUG_HEADER = "datong-debug"
MODE_HEADER = "datong-mode"

Identify = Callable[[Headers], Awaitable[Asker]]
"""Request headers to a verified asker."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline has effects through, and the secrets it needs.

    Attributes:
        engine: Decides.
        view: What a caller may do with a whole schema.
        transport: Reaches subgraphs.
        events: Opens their event streams.
        mask_key: See ``PurposeMasks.under``.
    """

    identify: Identify
    engine: PolicyEngine
    view: ViewOf
    transport: Transport
    events: EventTransport
    signer: ContextSigner
    recorder: Recorder
    mask_key: bytes


class Prepared(msgspec.Struct, frozen=True):
    """A request, or one event of a subscription, as far as it was judged and planned."""

    asker: Asker
    restriction: Restriction
    named: NamedPlan
    work: ExecutionRequest

    @property
    def plan(self) -> OperationPlan:
        """The plan, without what names its objects."""
        return self.named.plan


class Gateway:
    """Answers requests on one state.

    Attributes:
        state: What new requests are answered with; assigning another is a reload.
    """

    def __init__(self, state: State, parts: Parts, config: Config) -> None:
        self.state = state
        self._parts = parts
        self._config = config
        self._limits = build_limits(config.limits)
        self._deadlines = Deadlines[Cutting](config.http.deadline_seconds)
        self._slots = Slots(config.subscriptions.max_open, config.subscriptions.max_open_per_caller)
        self._forwarded = forwardable(config.http.forwarded_headers)
        self._mode = Mode(config.access.mode)
        self._disclosure = Disclosure(config.access.disclosure)
        self._hiding = Hiding(self._disclosure)
        is_named = parts.recorder.sink is not None
        self._turns = Turns(config.preparing)
        self._recall = Recall(config.cache, self._turns, is_named=is_named)
        self._rights = RowRights()
        self._own = OwnSchemas(parts.view, config.cache.views, config.http.deadline_seconds / 2)
        self._compiled = CompiledPlans(config.cache.compiled_bytes, self._turns.later)
        self._shared = SharedQueries() if config.http.share_equal_queries else None

    @property
    def open_subscriptions(self) -> int:
        """How many are open."""
        return self._slots.open

    async def answer(self, request: Request) -> Answer:
        """The answer within the deadline; never raises for what a client did."""
        state = self.state
        trail = Trail(request, self._parts.recorder, state.revision)
        return await see_through(
            self._stages(request, trail, state),
            trail,
            self._deadlines,
            # No document without this word holds one.
            may_change="mutation" in request.query,
        )

    async def _stages(self, request: Request, trail: Trail, state: State) -> Answer:
        """Every stage of one request, in order; this list is the project's table of contents."""
        async with trail:
            prepared = await self._prepare(request, trail, state)
            await trail.intend(prepared.named)
            if prepared.plan.kind == "subscription":
                return self._stream(request, trail, prepared, state)
            if request.accepts_parts and is_incremental(prepared.plan, prepared.work):
                return self._part_stream(request.accepts_parts, trail, prepared, state)
            result = await self._execute(request, prepared, state)
            response = respond(result, self._description(request, result, prepared, trail))
            await trail.release(response, result, prepared.named)
        return trail.answer()

    async def _execute(self, request: Request, prepared: Prepared, state: State) -> ExecutionResult:
        def run() -> Coroutine[Any, Any, ExecutionResult]:
            plan, work = prepared.plan, prepared.work
            code = self._compiled.get(plan, work, state.schema)
            return execute(plan, work, self._parts.transport, state.schema, code)

        if self._shared is None or prepared.work.introspection:
            return await run()
        if prepared.plan.kind == "query":
            return await self._shared.result(self._sharing_key(request, prepared), prepared, run)
        try:
            return await run()
        finally:
            # Who has changed something sees that, whatever was under way before.
            self._shared.forget()

    def _sharing_key(self, request: Request, prepared: Prepared) -> Hashable:
        """All that a query's result depends on; the restriction stands for its row filters."""
        asker = prepared.asker
        return (
            id(prepared.restriction),
            id(prepared.plan),
            asker.caller,
            asker.purpose,
            asker.consents,
            msgspec.json.encode(prepared.work.variables),
            tuple(forwarded_headers(request.headers, self._forwarded).items()),
        )

    async def _prepare(self, request: Request, trail: Trail, state: State) -> Prepared:
        """The stages up to the plan; each event of a subscription goes through them again."""
        parts = self._parts
        asker = trail.note_asker(await parts.identify(request.headers))
        try:
            known = await self._parse(request, asker, state)
            parsed = trail.note_operation(known.parsed)
            variables = self._coerce(parsed, request, state)
        except InvalidOperation as fault:
            check = partial(self._check, request, asker)
            raise await self._own.worded(fault, asker, state, check) from None
        with self._hiding.of_the_valid:
            asked = await self._recall.asked(known, variables, asker, state)
        trail.note_subjects(named_subjects(asked.subjects, variables, state.subjects))
        question = asked.question.asked_by(asker)
        decided = await self._rights.decide(parts.engine, question, asked.rows)
        decision = trail.note_decision(decided, state.index)
        restrict = partial(self._restrict, parsed.operation, variables, decision)
        labels = active_labels(state.graphs.labels, self._config.overrides.shares, request.id)
        try:
            planned = await self._recall.planned(asked, decision, asker, state, restrict, labels)
            if _mode_of(request) is Mode.REFUSE:
                refuse_whole(planned.restriction.refusals)
        except Forbidden as refused:
            raise linked(refused, self._request_page(asker)) from None
        await self._hiding.check_named(parts.engine, question, planned.restriction.named)
        work = self._work(request, asker, variables, planned)
        if planned.introspections:
            own = await self._own_schema(asker, state)
            texts = planned.introspections
            told = await introspected(texts, parsed.operation, own, variables)
            work = msgspec.structs.replace(work, introspection=told)
        return Prepared(asker, planned.restriction, planned.named, work)

    async def _events(
        self, request: Request, trail: Trail, opened: Prepared, state: State, emit: Emit
    ) -> Response | None:
        """Every stage of a subscription's events, in order, on the state it was opened with."""
        parts, caller = self._parts, opened.asker.caller.id
        async with (
            trail,
            open_source(opened.plan, opened.work, parts.events, self._slots, caller) as events,
        ):
            async for event in events:
                now = await self._prepare(request, trail, state)
                check_unchanged(opened.restriction, now.restriction, now.work.refusals)
                result = await execute_event(
                    now.plan, event, now.work, parts.transport, state.schema
                )
                check_tested(result)
                if result.is_withheld:
                    # Whoever may not see the row may not know that something happened to it.
                    continue
                response = respond(result, self._description(request, result, now, trail))
                await trail.release_event(result, now.named)
                await emit(response)
            await trail.complete()
        return trail.failure

    def _stream(
        self, request: Request, trail: Trail, opened: Prepared, state: State
    ) -> EventStream:
        # Asked here too, so that a refusal is an answer and not an event.
        self._slots.check(opened.asker.caller.id)
        return EventStream(partial(self._events, request, trail, opened, state))

    def _part_stream(
        self, acceptance: Acceptance, trail: Trail, prepared: Prepared, state: State
    ) -> PartStream:
        what = Delivered(prepared.named, prepared.work, state.schema, acceptance.format)
        return PartStream(acceptance, partial(deliver, what, self._parts.transport, trail))

    async def _parse(self, request: Request, asker: Asker, state: State) -> Known:
        text, name = request.query, request.operation_name
        in_parts = request.accepts_parts is not None

        def parse() -> ParsedOperation:
            with self._hiding:
                return parse_operation(
                    text, state.schema, name, self._limits, is_incremental=in_parts
                )

        key = (state.revision, text, name, in_parts)
        known = await self._recall.parsed(asker.caller.id, key, parse)
        parsed = known.parsed
        self._hiding.check(parsed)
        with self._hiding.of_the_valid:
            if request.is_get and parsed.operation.kind == "mutation":
                raise NotOverGet("a mutation must be sent by POST")
            if parsed.operation.kind == "subscription" and not request.accepts_events:
                raise EventsNotAccepted("subscriptions are answered with Accept: text/event-stream")
        return known

    def _coerce(self, parsed: ParsedOperation, request: Request, state: State) -> dict[str, Any]:
        with self._hiding, self._hiding.of_the_valid:
            variables = coerce_variables(parsed.variables, state.schema, request.variables)
            check_variable_limits(parsed, variables, self._limits)
        return variables

    async def _check(self, request: Request, asker: Asker, schema: GraphQLSchema) -> None:
        """Read a request on another schema than the whole one, for what it finds wrong."""
        text, name, in_parts = request.query, request.operation_name, request.accepts_parts
        parse = partial(
            parse_operation, text, schema, name, self._limits, is_incremental=in_parts is not None
        )
        key = ("checked", id(schema), text, name, in_parts is not None)
        parsed = await self._turns.take(asker.caller.id, key, parse)
        variables = coerce_variables(parsed.variables, schema, request.variables)
        check_variable_limits(parsed, variables, self._limits)

    async def _own_schema(self, asker: Asker, state: State) -> GraphQLSchema:
        if self._config.access.engine == "open":
            return state.schema
        return await self._own.of(asker, state)

    def _restrict(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        decision: Decision,
        index: AccessIndex,
    ) -> Restriction:
        with self._hiding:
            return restrict(operation, variables, decision, index, self._mode, self._disclosure)

    def _request_page(self, asker: Asker) -> RequestPage:
        """Where the asker can request access; nowhere to what is said not to exist."""
        is_told = self._disclosure is Disclosure.EXPLAIN
        return RequestPage(self._config.access.request_url if is_told else "", asker.purpose)

    def _work(
        self,
        request: Request,
        asker: Asker,
        variables: Mapping[str, Any],
        planned: Planned,
    ) -> ExecutionRequest:
        restriction, page = planned.restriction, self._request_page(asker)
        is_named = self._parts.recorder.sink is not None
        forwarded = forwarded_headers(request.headers, self._forwarded)
        return ExecutionRequest(
            variables=variables,
            masks=planned.masks.under(self._parts.mask_key, asker.purpose),
            small_counts=restriction.small_counts,
            smallest_count=self._config.access.smallest_count,
            row_tests=planned.row_tests,
            refusals=planned.refusals.to(page),
            request_link=page.link,
            headers_for=build_headers_for(
                self._parts.signer, asker, planned.filters, forwarded, request.id
            ),
            deadline=self._config.http.deadline_seconds,
            # Where anybody may read anything there is nothing that an error could give away.
            show_subgraph_errors=self._config.access.engine == "open",
            keeps_tree=is_named,
            observe=planned.named.finder.find if is_named else None,
        )

    def _description(
        self, request: Request, result: ExecutionResult, prepared: Prepared, trail: Trail
    ) -> dict[str, Any] | None:
        if not self._config.http.debug_extensions or request.headers.get(DEBUG_HEADER) != "1":
            return None
        return describe(result, prepared.restriction, trail.milliseconds)


def _mode_of(request: Request) -> Mode:
    """What the client wants to become of its operation if a part of it is refused.

    Where the deployment refuses whole operations, that holds whatever a client says.

    Raises:
        InvalidRequest: It names no mode.
    """
    wanted = request.headers.get(MODE_HEADER)
    if wanted is None:
        return Mode.PRUNE
    try:
        return Mode(wanted.strip().lower())
    except ValueError:
        raise InvalidRequest("Datong-Mode is prune or refuse") from None

"""One fetch of a plan: from what is in the tree to a request, from the reply back into the tree."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

from federation.errors import ResponseError, SubgraphUnreachable
from federation.execution.answers import body_of, read_reply
from federation.execution.compiled.running import Sent
from federation.execution.failures import (
    SUBGRAPH_ERROR,
    SUBGRAPH_MALFORMED,
    SUBGRAPH_TIMEOUT,
    SUBGRAPH_UNREACHABLE,
    fault,
    reported,
)
from federation.execution.model import ExecutionRequest, FetchReport, Outcome, holds
from federation.execution.places import Path, ResponsePlace, follow, place_of
from federation.execution.representations import (
    EntityCall,
    Found,
    context_calls,
    entity_call,
    rest_calls,
)
from federation.execution.transport import SubgraphReply, SubgraphRequest, Transport
from federation.execution.tree import (
    Asked,
    Faults,
    Located,
    Object,
    collect,
    copied,
    has_objects,
    merge,
    tree_keys,
)
from federation.planning.entity_text import calls_text, client_variables, numbered
from federation.planning.plan import EntityFetch, Fetch, OperationPlan
from federation.selection import Field

_unfinished: set[asyncio.Task[SubgraphReply]] = set()
"""Mutations under way. The event loop itself holds tasks by weak references only."""


_Places: TypeAlias = Mapping[Path, Sequence[Object]]
"""Response paths that end at the first list, each with the entities there; none at root fetches."""


_Share: TypeAlias = tuple[list[Object], Any]
"""Objects of the tree, and an answer that all of them may hold."""


_Calls: TypeAlias = Mapping[str, tuple[str, EntityCall]]
"""The calls of one request: by response key, each with the name of its variable."""


@dataclass(slots=True)
class Execution:
    """What the fetches of one execution share.

    Attributes:
        tree: The root object.
        ends: Time of the event loop's clock at which the deadline has passed.
        given: What a typed run has sent before it gave up, by fetch.
        has_context: Whether some entities are asked about by what is around them.
        concerned: By identity of an error that is told once for many entities: those entities.
    """

    plan: OperationPlan
    request: ExecutionRequest
    transport: Transport
    ends: float | None = None
    tree: Object = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    given: dict[int, Sent] = field(default_factory=dict)
    has_context: bool = False
    concerned: dict[int, Sequence[Object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.has_context = any(
            entity.context for fetch in self.plan.fetches for entity in fetch.entities
        )


@dataclass(slots=True)
class FetchRun:
    """One fetch while it runs, and what came of it.

    Attributes:
        narrow: Keeps only some of the objects of each entity call; None keeps all.
    """

    execution: Execution
    fetch: Fetch
    narrow: Callable[[EntityCall], EntityCall] | None = None
    outcome: Outcome = Outcome.SKIPPED
    requests: int = 0
    representations: int = 0
    errors: list[ResponseError] = field(default_factory=list)

    async def run(self) -> None:
        """Send what there is to send and merge what comes back; failures become errors."""
        if not holds(self.fetch.conditions, self.execution.request.variables):
            return
        if self.fetch.entities:
            await self._run_entities()
        else:
            await self._run_root()

    def report(self, seconds: float) -> FetchReport:
        """What became of it."""
        return FetchReport(
            id=self.fetch.id,
            subgraph=self.fetch.subgraph,
            kind=self.fetch.kind,
            outcome=self.outcome,
            requests=self.requests,
            representations=self.representations,
            errors=len(self.errors),
            seconds=seconds,
        )

    # Root fetches

    async def _run_root(self) -> None:
        targets = collect(self.execution.tree, self.fetch.path)
        if not targets:
            return
        reply = await self._send(self.fetch.text, self._variables(self.fetch.text))
        self._take_root(reply, targets)

    def take_event(self, event: SubgraphReply) -> None:
        """Merge an event of the source stream, in place of an answer; failures become errors."""
        self.outcome = Outcome.ANSWERED
        self._take_root(event, collect(self.execution.tree, self.fetch.path))

    def _take_root(self, reply: SubgraphReply | None, targets: list[Located]) -> None:
        data = _data(reply)
        objects = [target for target, _ in targets]
        if data is None:
            self._explain(objects, self.fetch)
        else:
            self._merge([(objects, data)], self.fetch)
        if reply is None:
            return
        for raw in reply.errors:
            self._report_root(raw, targets)
        if data is None and not reply.errors:
            self._fail(SUBGRAPH_MALFORMED, self._root_places())
        elif data is None:
            self._fail(SUBGRAPH_ERROR, _without_objects(self._untold_roots(reply)))

    def _untold_roots(self, reply: SubgraphReply) -> list[Path]:
        """Where fields were lost with the whole answer, and no error of it says so."""
        paths = [_path(raw) for raw in reply.errors]
        if [] in paths:
            return []
        told = {steps[0] for steps in paths}
        variables = self.execution.request.variables
        return [
            self._root_path(each.response_key)
            for each in self.fetch.selections
            if isinstance(each, Field)
            and each.response_key not in told
            and holds((each.conditions,), variables)
        ]

    def _report_root(self, raw: Any, targets: list[Located]) -> None:
        steps = _path(raw)
        if not steps:
            self._report(raw, self._root_path())
            return
        for target, indices in targets:
            place = place_of(self.execution.plan.output, self.fetch.path, indices)
            self._report(raw, follow(place, target, steps, self.execution.faults))

    # Entity fetches

    async def _run_entities(self) -> None:
        # What conditions have switched off is left out of the text; what only has no objects is
        # not, since texts that follow the data would be new to the subgraph again and again.
        wanted = [
            entity
            for entity in self.fetch.entities
            if holds(entity.conditions, self.execution.request.variables)
        ]
        calls = [call for entity in wanted for call in self._calls(entity)]
        if self.narrow is not None:
            calls = [self.narrow(call) for call in calls]
        self.representations = sum(len(call.representations) for call in calls)
        if not self.representations:
            return
        text, parts = self._texts(calls)
        if len(calls) == 1:
            await self._ask(text, {"_entities": ("representations", calls[0])})
        else:
            await self._ask_merged(text, parts, calls)

    def _calls(self, entity: EntityFetch) -> list[EntityCall]:
        if not entity.context:
            call = entity_call(self.execution.tree, entity, self.execution.faults)
            rest = rest_calls(call, self.execution.faults)
            return [call, *rest] if call.representations or not rest else rest
        return context_calls(self.execution.tree, entity, self.execution.faults)

    def _texts(self, calls: list[EntityCall]) -> tuple[str, tuple[str, ...]]:
        """The text for calls, and those for each alone."""
        entities = [call.entity for call in calls]
        if [id(each) for each in entities] == [id(each) for each in self.fetch.entities]:
            return self.fetch.text, self.fetch.parts
        if any(each.context for each in entities):
            entities = [numbered(each, at) for at, each in enumerate(entities)]
            for call, entity in zip(calls, entities, strict=True):
                names = [value.variable for value in entity.context]
                call.context = dict(zip(names, call.context.values(), strict=True))
        parts = (calls_text(self.fetch, [entity]) for entity in entities)
        return calls_text(self.fetch, entities), tuple(parts)

    async def _ask_merged(self, text: str, parts: tuple[str, ...], calls: list[EntityCall]) -> None:
        """All calls in one request; once more apart if one of them spoiled the whole answer."""
        named = {f"_e{at}": (f"_r{at}", call) for at, call in enumerate(calls)}
        reply = await self._send(text, self._variables(text, named), calls)
        is_spoiled = reply is not None and reply.data is None and self.fetch.kind != "mutation"
        if not is_spoiled:
            self._take(reply, named)
            return
        await asyncio.gather(
            *(
                self._ask(part, {"_entities": ("representations", call)})
                for part, call in zip(parts, calls, strict=True)
                if call.representations
            )
        )

    async def _ask(self, text: str, calls: _Calls) -> None:
        asked = [call for _, call in calls.values()]
        self._take(await self._send(text, self._variables(text, calls), asked), calls)

    def _take(self, reply: SubgraphReply | None, calls: _Calls) -> None:
        """Spread a reply over the objects that were asked for."""
        data = _data(reply) or {}
        lost: dict[str, EntityCall] = {}
        for alias, (_, call) in calls.items():
            answers = data.get(alias)
            if isinstance(answers, list) and len(answers) == len(call.representations):
                self._spread(call, answers)
            elif call.representations:
                lost[alias] = call
                for objects in call.objects:
                    self._explain((target for target, *_ in objects), call.entity)
        if reply is None:
            return
        for raw in reply.errors:
            self._report_entities(raw, calls, data)
        code = SUBGRAPH_ERROR if reply.errors else SUBGRAPH_MALFORMED
        named = [_named(raw, calls) for raw in reply.errors]
        untold = [call for alias, call in lost.items() if not _is_told(alias, call, named)]
        self._fail(code, self._paths(untold))

    def _spread(self, call: EntityCall, answers: list[Any]) -> None:
        shares = (
            share
            for objects, answer in zip(call.objects, answers, strict=True)
            if answer is not None
            for share in _shares(call.entity, objects, answer)
        )
        self._merge(shares, call.entity, [call])

    def _report_entities(self, raw: Any, calls: _Calls, data: Object) -> None:
        named = _named(raw, calls)
        if named is None:
            for path, objects in self._paths([call for _, call in calls.values()]).items():
                self._report(raw, path, objects)
            return
        alias, at = named
        call = calls[alias][1]
        answers = data.get(alias)
        is_absent = not isinstance(answers, list) or answers[at] is None
        for target, indices, number in call.objects[at]:
            place = self._place(call, number, indices)
            self._report(raw, follow(place, target, _path(raw)[2:], self.execution.faults))
        if is_absent:
            self._explain((target for target, *_ in call.objects[at]), call.entity)

    # Sending

    def _variables(self, text: str, calls: _Calls | None = None) -> dict[str, Any]:
        given, names = self.execution.request.variables, self.fetch.variables
        calls = calls or {}
        if text is not self.fetch.text:
            names = client_variables([call.entity for _, call in calls.values()])
        variables = {name: given[name] for name in names if name in given}
        for name, call in calls.values():
            variables[name] = call.representations
            variables.update(call.context)
        return variables

    async def _send(
        self, text: str, variables: dict[str, Any], calls: Sequence[EntityCall] = ()
    ) -> SubgraphReply | None:
        """The reply, or None after noting why there is none."""
        try:
            reply = await self._exchange(text, variables)
        except SubgraphUnreachable as error:
            self.outcome = Outcome.UNREACHABLE
            self._fail(SUBGRAPH_UNREACHABLE, self._places(calls), error.status)
        except TimeoutError:
            self.outcome = Outcome.TIMED_OUT
            self._fail(SUBGRAPH_TIMEOUT, self._places(calls))
        else:
            self.outcome = Outcome.ANSWERED
            return reply
        return None

    async def _exchange(self, text: str, variables: dict[str, Any]) -> SubgraphReply:
        ends = self.execution.ends
        given = self.execution.given.pop(self.fetch.id, None)
        if given is not None and given.body == body_of(SubgraphRequest(text, variables)):
            self.requests += 1
            async with asyncio.timeout_at(ends):
                return read_reply(self.fetch.subgraph, await given.reply)
        # A request that cannot end in time is not begun: it might change something.
        if ends is not None and asyncio.get_running_loop().time() >= ends:
            raise TimeoutError
        subgraph = self.fetch.subgraph
        headers = self.execution.request.headers_for(subgraph, text)
        continues = bool(self.fetch.after)
        request = SubgraphRequest(text, variables, self.fetch.kind, headers, continues)
        self.requests += 1
        async with asyncio.timeout_at(ends):
            return await self._reply(self.execution.transport.send(subgraph, request))

    async def _reply(self, sending: Coroutine[Any, Any, SubgraphReply]) -> SubgraphReply:
        if self.fetch.kind != "mutation":
            return await sending
        # Neither a client that leaves nor the deadline may cut off a mutation under way.
        task = asyncio.ensure_future(sending)
        _unfinished.add(task)
        task.add_done_callback(_finished)
        return await asyncio.shield(task)

    # Merging and errors

    def _merge(
        self,
        shares: Iterable[_Share],
        asked: EntityFetch | Fetch,
        calls: Sequence[EntityCall] = (),
    ) -> None:
        unfit: list[Object] = []
        surely = Asked(asked.selections, self.execution.request.variables)
        for objects, answer in shares:
            if not isinstance(answer, dict):
                unfit += objects
                continue
            # Looked at before it is merged: objects of the tree can be shared between answers.
            is_complete = surely.is_in(answer)
            for target in objects:
                # Below objects with different contexts one answer goes on as several.
                own = copied(answer) if self.execution.has_context else answer
                if not merge(target, own) or not is_complete:
                    unfit.append(target)
        if unfit:
            places = self._places(calls)
            self._fail(SUBGRAPH_MALFORMED, {path: places[path] and unfit for path in places})

    def _explain(self, targets: Iterable[Object], asked: EntityFetch | Fetch) -> None:
        """Mark what was asked of the objects and is not there: an error says why."""
        keys = tuple(tree_keys(asked.selections))
        for target in targets:
            for key in keys:
                if target.get(key) is None:
                    self.execution.faults.mark(target, key)

    def _report(self, raw: Any, path: Path, objects: Sequence[Object] = ()) -> None:
        show = self.execution.request.show_subgraph_errors
        self._tell(reported(raw, self.fetch.subgraph, path, show=show), objects)

    def _fail(self, code: str, paths: _Places, status: int | None = None) -> None:
        if paths and code == SUBGRAPH_MALFORMED:
            self.outcome = Outcome.MALFORMED
        for path, objects in paths.items():
            self._tell(fault(code, self.fetch.subgraph, path, status), objects)

    def _tell(self, error: ResponseError, objects: Sequence[Object]) -> None:
        self.errors.append(error)
        if objects:
            self.execution.concerned[id(error)] = objects

    # Response paths

    def _root_path(self, key: str | None = None) -> Path:
        """Of a root fetch: to one of its fields, or to the only one; else to where it is merged."""
        place = place_of(self.execution.plan.output, self.fetch.path, None)
        keys = dict.fromkeys([key] if key else tree_keys(self.fetch.selections))
        if len(keys) == 1:
            place.enter(next(iter(keys)), None)
        return tuple(place.path)

    def _places(self, calls: Sequence[EntityCall]) -> _Places:
        """Where a request merges its answer: one with entity calls, or else a root fetch."""
        return self._paths(calls) if calls else self._root_places()

    def _root_places(self) -> _Places:
        return _without_objects([self._root_path()])

    def _paths(self, calls: Sequence[EntityCall]) -> _Places:
        """Where the calls' objects are, up to the first list; each path once.

        Which objects that are is of use only where rows of them can leave the tree.
        """
        asked: dict[Path, list[Object]] = {}
        for call in calls:
            found = list(chain.from_iterable(call.objects))
            for number in sorted({number for _, _, number in found}):
                path = tuple(self._place(call, number, None).path)
                targets = asked.setdefault(path, [])
                if self.execution.plan.row_tests:
                    targets += (target for target, _, at in found if at == number)
        return asked

    def _place(
        self, call: EntityCall, number: int, indices: tuple[int, ...] | None
    ) -> ResponsePlace:
        entity = call.entity
        return place_of(self.execution.plan.output, entity.paths[number], indices, entity.types)


async def unfinished_mutations() -> None:
    """Return when no mutation is under way any more; to be awaited before the process ends.

    Of this event loop, that is: what another one left behind when it was closed never ends.
    """
    loop = asyncio.get_running_loop()
    while mine := {task for task in _unfinished if task.get_loop() is loop}:
        await asyncio.wait(mine)


def _finished(task: asyncio.Task[SubgraphReply]) -> None:
    _unfinished.discard(task)
    # Whoever waited for it may be gone; asking for the exception marks it as seen.
    if not task.cancelled():
        task.exception()


def _shares(entity: EntityFetch, objects: list[Found], answer: Any) -> Iterator[_Share]:
    """The objects with the answer about them.

    Objects at one place may share what is in the answer, since the same will be added to all of
    them; each further place gets a copy of its own.
    """
    if len(entity.paths) == 1 or not has_objects(entity.selections):
        yield [target for target, _, _ in objects], answer
        return
    by_place: dict[int, list[Object]] = {}
    for target, _, number in objects:
        by_place.setdefault(number, []).append(target)
    for at, targets in enumerate(by_place.values()):
        yield targets, copied(answer) if at else answer


def _without_objects(paths: Iterable[Path]) -> _Places:
    return dict.fromkeys(paths, ())


def _path(raw: Any) -> list[Any]:
    path = raw.get("path") if isinstance(raw, dict) else None
    if not isinstance(path, list):
        return []
    return path if all(isinstance(step, str | int) for step in path) else []


def _named(raw: Any, calls: _Calls) -> tuple[str, int] | None:
    """The call and the representation that an error speaks of; None if of no single one."""
    match _path(raw):
        case [str(alias), int(at), *_] if alias in calls:
            return (alias, at) if 0 <= at < len(calls[alias][1].objects) else None
    return None


def _is_told(alias: str, call: EntityCall, named: list[tuple[str, int] | None]) -> bool:
    """Whether errors speak of every representation of a call, or of no single one."""
    return None in named or {(alias, at) for at in range(len(call.objects))} <= set(named)


def _data(reply: SubgraphReply | None) -> Object | None:
    """The reply's data if it is an object."""
    return reply.data if reply is not None and isinstance(reply.data, dict) else None

"""One fetch of a plan: from what is in the tree to a request, from the reply back into the tree."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from federation.errors import SubgraphUnreachable
from federation.execution.answers import body_of, read_reply
from federation.execution.execution import Execution
from federation.execution.failures import (
    SUBGRAPH_MALFORMED,
    SUBGRAPH_TIMEOUT,
    SUBGRAPH_UNREACHABLE,
)
from federation.execution.fetch_errors import FetchErrors
from federation.execution.model import FetchReport, Outcome, holds
from federation.execution.mutations import to_its_end
from federation.execution.representations import (
    Calls,
    EntityCall,
    Found,
    context_calls,
    entity_call,
    rest_calls,
)
from federation.execution.transport import SubgraphReply, SubgraphRequest
from federation.execution.tree import Asked, Located, Object, collect, copied, has_objects, merge
from federation.planning.entity_text import calls_text, client_variables, numbered
from federation.planning.plan import EntityFetch, Fetch

_Share: TypeAlias = tuple[list[Object], Any]
"""Objects of the tree, and an answer that all of them may hold."""


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
    errors: FetchErrors = field(init=False)

    def __post_init__(self) -> None:
        self.errors = FetchErrors(self.execution, self.fetch)

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
            outcome=Outcome.MALFORMED if self.errors.is_malformed else self.outcome,
            requests=self.requests,
            representations=self.representations,
            errors=len(self.errors.found),
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
            self.errors.explain(objects, self.fetch)
        else:
            self._merge([(objects, data)], self.fetch)
        if reply is not None:
            self.errors.tell_root(reply, targets, is_lost=data is None)

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

    async def _ask(self, text: str, calls: Calls) -> None:
        asked = [call for _, call in calls.values()]
        self._take(await self._send(text, self._variables(text, calls), asked), calls)

    def _take(self, reply: SubgraphReply | None, calls: Calls) -> None:
        """Spread a reply over the objects that were asked for."""
        data = _data(reply) or {}
        right: dict[str, list[Any]] = {}
        for alias, (_, call) in calls.items():
            answers = data.get(alias)
            if isinstance(answers, list) and len(answers) == len(call.representations):
                right[alias] = answers
                self._spread(call, answers)
            else:
                for objects in call.objects:
                    self.errors.explain((target for target, _, _ in objects), call.entity)
        if reply is not None:
            self.errors.tell_calls(reply, calls, right)

    def _spread(self, call: EntityCall, answers: list[Any]) -> None:
        shares = (
            share
            for objects, answer in zip(call.objects, answers, strict=True)
            if answer is not None
            for share in _shares(call.entity, objects, answer)
        )
        self._merge(shares, call.entity, [call])

    # Sending

    def _variables(self, text: str, calls: Calls | None = None) -> dict[str, Any]:
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
            self.errors.fail(SUBGRAPH_UNREACHABLE, self.errors.places(calls), error.status)
        except TimeoutError:
            self.outcome = Outcome.TIMED_OUT
            self.errors.fail(SUBGRAPH_TIMEOUT, self.errors.places(calls))
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
            sending = self.execution.transport.send(subgraph, request)
            return await (to_its_end(sending) if self.fetch.kind == "mutation" else sending)

    # Merging

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
            places = self.errors.places(calls)
            concerned = {path: objects and unfit for path, objects in places.items()}
            self.errors.fail(SUBGRAPH_MALFORMED, concerned)


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


def _data(reply: SubgraphReply | None) -> Object | None:
    """The reply's data if it is an object."""
    return reply.data if reply is not None and isinstance(reply.data, dict) else None

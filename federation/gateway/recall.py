"""What the pure stages made of earlier requests, for the next ones that would have the same.

Decisions are not kept here: every request asks for its own, and what was restricted and planned by
one is taken up again only for that very decision.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from federation.access import (
    AccessIndex,
    AccessRequest,
    Asker,
    Decision,
    Restriction,
    RowQuestion,
    ask,
    bind_row_tests,
    input_shapes,
)
from federation.audit import (
    Identity,
    NamedPlan,
    SubjectArgument,
    plan_with_names,
    subject_arguments,
)
from federation.errors import PlanningError
from federation.gateway.bounded import Bounded
from federation.gateway.context import ContextFilters
from federation.gateway.masking import PurposeMasks
from federation.gateway.own_schema import introspections
from federation.gateway.request_links import LinkedRefusals
from federation.gateway.settings import Cache
from federation.gateway.state import State
from federation.gateway.turns import Turns
from federation.operation import Operation, ParsedOperation
from federation.planning import OperationPlan
from federation.query_graph import names_in
from federation.selection import Field, Selection, every_selection
from federation.supergraph.model import named_type

# What all that is kept of an operation was measured to take, apart from its text.
_BYTES_PER_OPERATION, _BYTES_PER_FIELD = 8_000, 500
# What finds names in its answers, for the two forms of code that a plan mostly has one by one.
_NAMING_BYTES_PER_FIELD = 1_100

Labels: TypeAlias = frozenset[str]
"""Labels of progressive overrides."""

_SMALL = 4_000
"""Characters of an operation's signature up to which its question is made within a millisecond."""

_PlanKey: TypeAlias = tuple[str, Operation, Labels]


@dataclass(frozen=True, slots=True)
class Known:
    """An operation that was parsed before.

    Attributes:
        inputs: Names of the variables that stand in arguments.
        types: Names of the variables' types.
        weight: About how many bytes all takes that is kept of it.
    """

    parsed: ParsedOperation
    inputs: tuple[str, ...]
    types: Mapping[str, str]
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked before, and of which operation.

    Attributes:
        shapes: All that the question depended on besides.
        rows: What is asked besides, where it must be known.
        subjects: Arguments that can name a person.
    """

    known: Known
    shapes: tuple[Hashable, ...]
    question: AccessRequest
    rows: RowQuestion
    subjects: tuple[SubjectArgument, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What one decision left of an operation.

    Attributes:
        introspections: What the response tells of the schema.
        filters: For the requests to subgraphs.
        masks: For the response.
        refusals: The same.
        row_tests: For rows that the gateway filters itself.
    """

    asked: Asked
    decision: Decision
    restriction: Restriction
    named: NamedPlan
    introspections: tuple[str, ...]
    filters: ContextFilters
    masks: PurposeMasks
    refusals: LinkedRefusals
    row_tests: Mapping[str, Callable[[Mapping[str, Any]], bool]]

    @property
    def plan(self) -> OperationPlan:
        """The plan, without what names its objects."""
        return self.named.plan


class Recall:
    """Bounded caches between the pure stages of a gateway.

    Values of variables that question and restriction cannot tell apart share an entry
    (``input_shapes``); whatever is looked up by identity is held, so that no identity is another's.

    Args:
        turns: Where the stages run that nothing is known of.
        is_named: Whether what is released will be recorded by name.
    """

    def __init__(self, sizes: Cache, turns: Turns, *, is_named: bool = False) -> None:
        self._turns = turns
        self._is_named = is_named
        self._bytes_per_field = _BYTES_PER_FIELD + (_NAMING_BYTES_PER_FIELD if is_named else 0)
        most = sizes.operation_bytes
        self._known: Bounded[Hashable, Known] = Bounded(sizes.operations, most)
        self._asked: Bounded[Hashable, Asked] = Bounded(sizes.operations, most)
        self._planned: Bounded[tuple[int, int, Labels], Planned] = Bounded(sizes.plans, most)
        self._plans: Bounded[_PlanKey, NamedPlan] = Bounded(sizes.plans, most)

    @property
    def weight(self) -> int:
        """About how many bytes are kept, all in all."""
        return max(each.weight for each in (self._known, self._asked, self._planned, self._plans))

    async def parsed(
        self, caller: str, key: tuple[Hashable, ...], parse: Callable[[], ParsedOperation]
    ) -> Known:
        """An operation by all that parsing depends on.

        Args:
            caller: Whose turn it takes if it is new.
        """
        known = self._known.get(key)
        if known is None:
            work = partial(_known, key, parse, self._bytes_per_field)
            made = await self._turns.take(caller, ("parsed", key), work)
            # Of those who waited for it together, the first one keeps it.
            known = self._known.get(key) or self._known.put(key, made, made.weight)
        return known

    async def asked(
        self, known: Known, variables: Mapping[str, Any], asker: Asker, state: State
    ) -> Asked:
        """The question about an operation; it may be an earlier asker's (``asked_by``)."""
        shapes = input_shapes(known.inputs, known.types, variables, state.index.inputs)
        key = (id(known), shapes)
        earlier = self._asked.get(key)
        if earlier is not None and earlier.known is known:
            return earlier

        def ask_anew() -> Asked:
            question = ask(known.parsed.operation, variables, asker, state.index)
            # Nobody else wants to know whom the arguments name.
            subjects = (
                subject_arguments(known.parsed.operation, state.subjects) if self._is_named else ()
            )
            return Asked(known, shapes, question, RowQuestion(question, state.index), subjects)

        # What is asked shortly takes less than its turn would.
        is_small = len(known.parsed.signature) <= _SMALL
        made = (
            ask_anew()
            if is_small
            else await self._turns.take(asker.caller.id, ("asked", key), ask_anew)
        )
        return self._asked.put(key, made, known.weight)

    async def planned(
        self,
        asked: Asked,
        decision: Decision,
        asker: Asker,
        state: State,
        restrict: Callable[[AccessIndex], Restriction],
        labels: Labels = frozenset(),
    ) -> Planned:
        """What is left of an operation under a decision, and its plan.

        Where the columns of a row filter cannot be fetched, fields that return such rows are left
        out. ``labels`` are those of progressive overrides that are switched on.
        """
        key = (id(asked), id(decision), labels)
        earlier = self._planned.get(key)
        if earlier is not None and earlier.asked is asked and earlier.decision is decision:
            return earlier

        # With what the key tells by identity, so that it is held as long as somebody waits for it.
        work = partial(self._plan_restricted, asked, decision, restrict, state, labels)
        taken = await self._turns.take(asker.caller.id, ("planned", key), work)
        plan_key, restriction, named = taken
        told, weight = tuple(introspections(named.plan.output)), asked.known.weight
        named = self._plans.get(plan_key) or self._plans.put(plan_key, named, weight)
        filters, masks = ContextFilters(restriction, state.index), PurposeMasks(restriction.masks)
        refusals = LinkedRefusals(restriction.refusals)
        tests = bind_row_tests(restriction)
        made = Planned(asked, decision, restriction, named, told, filters, masks, refusals, tests)
        return self._planned.put(key, made, weight)

    def _plan_restricted(
        self,
        _asked: Asked,
        _decision: Decision,
        restrict: Callable[[AccessIndex], Restriction],
        state: State,
        labels: Labels,
    ) -> tuple[_PlanKey, Restriction, NamedPlan]:
        restriction = restrict(state.index)
        try:
            return self._plan(restriction, state, labels)
        except PlanningError:
            if not restriction.operation.row_tests:
                raise
            return self._plan(restrict(replace(state.index, tests_rows=False)), state, labels)

    def _plan(
        self, restriction: Restriction, state: State, labels: Labels
    ) -> tuple[_PlanKey, Restriction, NamedPlan]:
        # No plan depends on the name: clients that make up a new one each time share theirs.
        operation = replace(restriction.operation, name=None)
        identities = state.identities if self._is_named else {}
        mattering = labels and state.graphs.mattering(labels, _names(operation, identities))
        key = (state.revision, operation, mattering)
        named = self._plans.peek(key) or plan_with_names(
            operation, state.graphs.graph(mattering), identities
        )
        return key, restriction, named


def _known(
    key: tuple[Hashable, ...], parse: Callable[[], ParsedOperation], bytes_per_field: int
) -> Known:
    parsed = parse()
    types = {each.name: named_type(each.type) for each in parsed.variables}
    every = list(every_selection(parsed.operation.selections))
    inputs = sorted(set(_in_arguments(every)))
    weight = _BYTES_PER_OPERATION + bytes_per_field * len(every)
    weight += sum(len(part) for part in key if isinstance(part, str))
    return Known(parsed, tuple(inputs), types, weight)


def _names(operation: Operation, identities: Mapping[str, Identity]) -> Iterator[str]:
    """Names of all fields that a plan of the operation can fetch by itself."""
    yield from names_in(operation.selections)
    for _, columns in operation.row_tests:
        yield from columns
    for identity in identities.values():
        yield from names_in(identity.selections)


def _in_arguments(selections: Iterable[Selection]) -> Iterator[str]:
    for selection in selections:
        if isinstance(selection, Field):
            for argument in selection.arguments:
                yield from argument.variables

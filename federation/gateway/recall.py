"""What the pure stages made of earlier requests, for the next ones that would have the same.

Decisions are not kept here: every request asks for its own, and what was restricted and planned by
one is taken up again only for that very decision.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from federation.access import (
    AccessIndex,
    AccessRequest,
    Asker,
    Decision,
    Restriction,
    ask,
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
from federation.gateway.own_schema import introspections
from federation.gateway.settings import Cache
from federation.gateway.state import State
from federation.operation import Operation, ParsedOperation
from federation.planning import OperationPlan
from federation.query_graph import names_in
from federation.selection import Field, SelectionSet
from federation.supergraph.model import named_type

# What all that is kept of an operation was measured to take, apart from its text.
_BYTES_PER_OPERATION, _BYTES_PER_FIELD = 8_000, 500

Labels: TypeAlias = frozenset[str]
"""Labels of progressive overrides."""


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
        subjects: Arguments that can name a person.
    """

    known: Known
    shapes: tuple[Hashable, ...]
    question: AccessRequest
    subjects: tuple[SubjectArgument, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """What one decision left of an operation.

    Attributes:
        introspections: What the response tells of the schema.
        filters: For the requests to subgraphs.
    """

    asked: Asked
    decision: Decision
    restriction: Restriction
    named: NamedPlan
    introspections: tuple[str, ...]
    filters: ContextFilters

    @property
    def plan(self) -> OperationPlan:
        """The plan, without what names its objects."""
        return self.named.plan


class Recall:
    """Bounded caches between the pure stages of a gateway.

    Values of variables that question and restriction cannot tell apart share an entry
    (``input_shapes``); whatever is looked up by identity is held, so that no identity is another's.

    Args:
        is_named: Whether what is released will be recorded by name.
    """

    def __init__(self, sizes: Cache, *, is_named: bool = False) -> None:
        self._is_named = is_named
        most = sizes.operation_bytes
        self._known: Bounded[Hashable, Known] = Bounded(sizes.operations, most)
        self._asked: Bounded[Hashable, Asked] = Bounded(sizes.operations, most)
        self._planned: Bounded[tuple[int, int, Labels], Planned] = Bounded(sizes.plans, most)
        self._plans: Bounded[tuple[str, Operation, Labels], NamedPlan] = Bounded(sizes.plans, most)

    @property
    def weight(self) -> int:
        """About how many bytes are kept, all in all."""
        return max(each.weight for each in (self._known, self._asked, self._planned, self._plans))

    def parsed(self, key: tuple[Hashable, ...], parse: Callable[[], ParsedOperation]) -> Known:
        """An operation by all that parsing depends on."""
        known = self._known.get(key)
        if known is None:
            parsed = parse()
            types = {each.name: named_type(each.type) for each in parsed.variables}
            inputs = sorted(set(_in_arguments(parsed.operation.selections)))
            weight = _weight(parsed) + sum(len(part) for part in key if isinstance(part, str))
            known = self._known.put(key, Known(parsed, tuple(inputs), types, weight), weight)
        return known

    def asked(
        self, known: Known, variables: Mapping[str, Any], asker: Asker, state: State
    ) -> Asked:
        """The question about an operation; it may be an earlier asker's (``asked_by``)."""
        shapes = input_shapes(known.inputs, known.types, variables, state.index.inputs)
        key = (id(known), shapes)
        earlier = self._asked.get(key)
        if earlier is not None and earlier.known is known:
            return earlier
        question = ask(known.parsed.operation, variables, asker, state.index)
        subjects = subject_arguments(known.parsed.operation, state.subjects)
        return self._asked.put(key, Asked(known, shapes, question, subjects), known.weight)

    def planned(
        self,
        asked: Asked,
        decision: Decision,
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
        restriction, weight = restrict(state.index), asked.known.weight
        try:
            planned = self._plan(restriction.operation, state, labels, weight)
        except PlanningError:
            if not restriction.operation.row_tests:
                raise
            restriction = restrict(replace(state.index, tests_rows=False))
            planned = self._plan(restriction.operation, state, labels, weight)
        told = tuple(introspections(planned.plan.output))
        filters = ContextFilters(restriction, state.index)
        made = Planned(asked, decision, restriction, planned, told, filters)
        return self._planned.put(key, made, weight)

    def _plan(self, operation: Operation, state: State, labels: Labels, weight: int) -> NamedPlan:
        identities = state.identities if self._is_named else {}
        mattering = labels and state.graphs.mattering(labels, _names(operation, identities))
        key = (state.revision, operation, mattering)
        return self._plans.get(key) or self._plans.put(
            key, plan_with_names(operation, state.graphs.graph(mattering), identities), weight
        )


def _names(operation: Operation, identities: Mapping[str, Identity]) -> Iterator[str]:
    """Names of all fields that a plan of the operation can fetch by itself."""
    yield from names_in(operation.selections)
    for _, columns in operation.row_tests:
        yield from columns
    for identity in identities.values():
        yield from names_in(identity.selections)


def _weight(parsed: ParsedOperation) -> int:
    return _BYTES_PER_OPERATION + _BYTES_PER_FIELD * _count(parsed.operation.selections)


def _count(selections: SelectionSet) -> int:
    return len(selections) + sum(_count(each.selections) for each in selections)


def _in_arguments(selections: SelectionSet) -> Iterator[str]:
    for selection in selections:
        if isinstance(selection, Field):
            for argument in selection.arguments:
                yield from argument.variables
        yield from _in_arguments(selection.selections)

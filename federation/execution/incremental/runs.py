"""Runs: the fetches of a plan as they are made for the parts of a response.

A fetch for the items of a streamed list is made twice: for those that come at once, and for the
others. Every run belongs to one or several *phases*, sets of deferrals by number: a part of the
response needs those runs of which one phase lies within its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from federation.execution.execution import Execution
from federation.execution.fetching import FetchRun
from federation.execution.incremental.units import initial_count
from federation.execution.model import active, minimal
from federation.execution.representations import EntityCall
from federation.planning.plan import Fetch, OutputField, ResponsePath

FIRST = frozenset((frozenset[int](),))
"""The phase of the first part of a response."""


@dataclass(slots=True)
class PhasedRun:
    """A run with what it belongs to.

    Attributes:
        run: The fetch itself.
        phases: None of them within another.
        after: Positions of the runs that must have ended before.
        is_first_half: Whether it is made for the items of a list that come at once.
    """

    run: FetchRun
    phases: frozenset[frozenset[int]]
    after: list[int] = field(default_factory=list)
    is_first_half: bool = False

    def serves(self, needed: frozenset[int]) -> bool:
        """Whether a part of the response needs it."""
        return any(phase <= needed for phase in self.phases)


@dataclass(frozen=True, slots=True)
class _Items:
    """Keeps the objects among some items of a streamed list.

    Attributes:
        depth: Response keys from the root to the items.
        count: How many items come at once.
        is_first_half: Whether those are kept, or the others.
    """

    depth: int
    count: int
    is_first_half: bool

    def __call__(self, call: EntityCall) -> EntityCall:
        # All paths lead through the same list.
        position = _position(call.entity.paths[0], self.depth)
        kept = [
            (representation, objects)
            for representation, located in zip(call.representations, call.objects, strict=True)
            if (
                objects := [
                    each
                    for each in located
                    if (each[1][position] < self.count) == self.is_first_half
                ]
            )
        ]
        return replace(
            call,
            representations=[representation for representation, _ in kept],
            objects=[objects for _, objects in kept],
        )


def build_runs(execution: Execution) -> list[PhasedRun]:
    """The runs of a plan, each after those it waits for."""
    plan, variables = execution.plan, execution.request.variables
    counts = dict(_initial_counts(plan.output, variables))
    runs: list[PhasedRun] = []
    positions: dict[int, list[int]] = {}
    for fetch in plan.fetches:
        made = list(_runs_of(fetch, execution, counts))
        positions[fetch.id] = list(range(len(runs), len(runs) + len(made)))
        for each in made:
            each.after = [
                at
                for earlier in fetch.after
                for at in positions[earlier]
                if not each.is_first_half or runs[at].is_first_half or len(positions[earlier]) == 1
            ]
        runs += made
    return runs


def _runs_of(fetch: Fetch, execution: Execution, counts: Mapping[int, int]) -> Iterator[PhasedRun]:
    phases = minimal(active(each, execution.request.variables) for each in fetch.deferrals) or FIRST
    streams = {
        each.deferral.number: each.deferral.depth
        for alternative in fetch.deferrals
        for each in alternative
        if each.deferral.is_stream
    }
    shared = streams.keys() & frozenset[int].intersection(*phases)
    if not shared or not fetch.entities:
        # What is not about the items of one list is not made by halves.
        yield PhasedRun(
            FetchRun(execution, fetch), minimal(each - frozenset(streams) for each in phases)
        )
        return
    number = next(iter(shared))
    count, depth = counts[number], streams[number]
    if count:
        first_half = FetchRun(execution, fetch, _Items(depth, count, is_first_half=True))
        its_phases = minimal(each - {number} for each in phases)
        yield PhasedRun(first_half, its_phases, is_first_half=True)
    others = FetchRun(execution, fetch, _Items(depth, count, is_first_half=False))
    yield PhasedRun(others, phases)


def _initial_counts(
    output: tuple[OutputField, ...], variables: Mapping[str, Any]
) -> Iterator[tuple[int, int]]:
    for each in output:
        if each.stream is not None:
            count = initial_count(each.stream.initial_count, variables)
            yield each.stream.condition.deferral.number, count
        yield from _initial_counts(each.fields, variables)


def _position(path: ResponsePath, depth: int) -> int:
    """Which of the indices on a path is that of the list whose items are so many keys down."""
    keys = lists = 0
    for step in path:
        if step == "@":
            if keys == depth:
                break
            lists += 1
        elif not step.startswith("|"):
            keys += 1
    return lists

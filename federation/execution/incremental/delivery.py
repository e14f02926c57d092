"""Which part holds what: groups and lists that are open, and the units that belong to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from graphql import GraphQLSchema

from federation.errors import Refusal, ResponseError
from federation.execution.execution import Execution
from federation.execution.incremental.payload import Completed, Increment, Payload, Pending
from federation.execution.incremental.placing import attach, explain
from federation.execution.incremental.runs import PhasedRun
from federation.execution.incremental.units import FieldsUnit, ItemsUnit, Unit, UnitShaping
from federation.execution.model import ExecutionRequest, active, holds
from federation.execution.places import Path
from federation.planning.plan import OperationPlan
from federation.selection import Condition, deferrals_of


@dataclass(slots=True, eq=False)
class Group:
    """A deferred fragment at one object.

    Attributes:
        parent: The one around it, if any.
        needed: Numbers of the deferrals that it stands in.
        pending: As soon as the client was told of it.
        is_over: It was delivered, or never will be.
    """

    path: Path
    label: str | None
    parent: Group | None
    needed: frozenset[int]
    units: list[FieldsUnit] = field(default_factory=list)
    pending: Pending | None = None
    is_over: bool = False
    has_failed: bool = False


@dataclass(slots=True, eq=False)
class OpenList:
    """A streamed list of which the client was told."""

    unit: ItemsUnit
    pending: Pending

    @property
    def needed(self) -> frozenset[int]:
        """Numbers of the deferrals that it stands in, its own included."""
        return self.unit.streams.union(*self.unit.groups)


class Delivery:
    """Makes the parts of one response, each when the runs that it needs have ended."""

    def __init__(self, execution: Execution, schema: GraphQLSchema, runs: list[PhasedRun]) -> None:
        self._request = execution.request
        self._untold = execution.plan.untold
        self._tree = execution.tree
        self._runs = runs
        self._deferrals = {
            each.deferral.number: each.deferral
            for each in all_deferrals(execution.plan, execution.request)
        }
        self._shaping = UnitShaping(execution.plan, execution.request, schema, execution)
        self._groups: dict[object, Group] = {}
        self._new_lists: list[ItemsUnit] = []
        self._lists: list[OpenList] = []
        self._left: dict[Path, list[Unit]] = {}
        self._told: set[int] = set()
        self._ids = 0

    def needed_first(self) -> list[int]:
        """Positions of the runs that the first part needs."""
        return [at for at, run in enumerate(self._runs) if run.serves(frozenset())]

    def first(self) -> Payload:
        """The first part; all that it needs has ended."""
        refused = [each for each in self._refusals() if self._is_first(each)]
        self._shaping.told.update(map(id, refused))
        shape = self._shaping.first()
        self._take(shape.found)
        payload = Payload(is_first=True, data=shape.value)
        payload.errors = [
            *(each.error for each in refused),
            *self._fetch_errors(frozenset(), frozenset(self.needed_first())),
            *shape.errors,
        ]
        return self._finish(payload)

    def is_ready(self, ended: frozenset[int]) -> bool:
        """Whether there is anything to deliver once these runs have ended."""
        wanted = {each.needed for each in self._open_groups()}
        wanted |= {each.needed for each in self._lists}
        return any(self._has_ended(needed, ended) for needed in wanted)

    def next(self, ended: frozenset[int]) -> Payload:
        """One more part, of all that can be delivered."""
        payload = Payload()
        groups, lists = self._open_groups(), self._lists
        wanted = {each.needed for each in groups} | {each.needed for each in lists}
        ready = {needed for needed in wanted if self._has_ended(needed, ended)}
        for group in groups:
            # One that is completed can make another one fail.
            if not group.is_over and group.needed in ready:
                self._complete_group(group, payload)
        self._lists = [each for each in lists if each.needed not in ready]
        for each in lists:
            if each.needed in ready:
                self._complete_list(each, payload)
        errors = self._fetch_errors(frozenset[int]().union(*ready), ended)
        attach(errors, payload)
        return self._finish(payload)

    # Groups

    def _complete_group(self, group: Group, payload: Payload) -> None:
        """Deliver all units of a group, those found within them included, or none of them."""
        assert group.pending is not None, "only open groups are completed"
        left = [unit for unit in group.units if not unit.is_delivered]
        made: list[FieldsUnit] = []
        found: list[Unit] = []
        while left:
            unit = left.pop(0)
            if unit.shape is None:
                unit.shape = self._shaping.fields_of(unit)
            if not unit.shape.is_whole:
                self._fail(group, unit, made, payload)
                return
            made.append(unit)
            for inner in unit.shape.found:
                found.append(inner)
                if isinstance(inner, FieldsUnit) and group in self._groups_of(inner):
                    left.append(inner)
        for unit in made:
            assert unit.shape is not None, "shaped above"
            self._leave(unit)
            owner = self._owner(unit, group)
            payload.incremental.append(
                Increment(owner, unit.path, data=unit.shape.value, errors=unit.shape.errors)
            )
        self._take(unit for unit in found if not unit.is_delivered)
        group.is_over = True
        payload.completed.append(Completed(group.pending))

    def _fail(
        self, group: Group, unit: FieldsUnit, others: list[FieldsUnit], payload: Payload
    ) -> None:
        """Null propagated out of a unit: every fragment that asks for it fails."""
        assert unit.shape is not None, "it was shaped"
        self._leave(unit)
        for each in {group: None, **dict.fromkeys(self._groups_of(unit))}:
            if each.is_over:
                continue
            each.is_over = each.has_failed = True
            if each.pending is not None:
                errors = list(unit.shape.errors)
                payload.completed.append(Completed(each.pending, errors, is_failure=True))
        for other in others:
            if other.shape is not None and len(other.groups) == 1:
                payload.completed[-1].errors += other.shape.errors
                self._leave(other)

    def _leave(self, unit: Unit) -> None:
        """Nothing more comes of a unit."""
        unit.is_delivered = True
        known = self._left.get(unit.path, [])
        if unit in known:
            known.remove(unit)

    def _owner(self, unit: FieldsUnit, group: Group) -> Pending:
        """The open group nearest to a unit, which makes the rest of its path shortest."""
        told = [
            each.pending
            for each in self._groups_of(unit)
            if each.pending is not None and not each.is_over
        ]
        assert group.pending is not None, "only open groups are completed"
        return max((group.pending, *told), key=lambda pending: len(pending.path))

    def _groups_of(self, unit: FieldsUnit) -> list[Group]:
        ordered = sorted(unit.groups, key=sorted)
        return [self._group(numbers, unit) for numbers in ordered]

    def _group(self, numbers: frozenset[int], unit: FieldsUnit) -> Group:
        """The group of the innermost of some deferrals, at or above the object of a unit."""
        innermost = self._deferrals[max(numbers)]
        path = _prefix(unit.path, innermost.depth)
        # One fragment reached in two ways is told of once.
        key = (path, innermost.label if innermost.label is not None else innermost.number)
        group = self._groups.get(key)
        around = numbers - {innermost.number}
        if group is None:
            parent = self._group(around, unit) if around else None
            group = Group(path, innermost.label, parent, numbers | unit.streams)
            self._groups[key] = group
        group.needed |= numbers | unit.streams
        return group

    def _open_groups(self) -> list[Group]:
        return [each for each in self._groups.values() if each.pending and not each.is_over]

    def _take(self, found: Iterable[Unit]) -> None:
        for unit in found:
            self._left.setdefault(unit.path, []).append(unit)
            if isinstance(unit, ItemsUnit):
                self._new_lists.append(unit)
                continue
            for group in self._groups_of(unit):
                group.units.append(unit)

    # Lists

    def _complete_list(self, each: OpenList, payload: Payload) -> None:
        shape = self._shaping.items_of(each.unit)
        self._leave(each.unit)
        errors = shape.errors
        if shape.value:
            told = errors if shape.is_whole else []
            payload.incremental.append(
                Increment(each.pending, each.unit.path, items=shape.value, errors=told)
            )
        failure = [] if shape.is_whole else errors
        payload.completed.append(Completed(each.pending, failure, is_failure=not shape.is_whole))
        self._take(shape.found)

    # Parts

    def _finish(self, payload: Payload) -> Payload:
        """Tell of what has become open, and whether there is more to come."""
        waiting = [each for each in self._groups.values() if not each.pending and not each.is_over]
        for group in waiting:
            # All that it asks for may have come with others that ask for it as well.
            group.is_over = bool(group.units) and all(unit.is_delivered for unit in group.units)
        for group in waiting:
            if group.units and not group.is_over and _is_due(group):
                group.pending = self._pending(group.path, group.label, None)
                payload.pending.append(group.pending)
        for unit in self._new_lists:
            label = unit.condition.deferral.label
            pending = self._pending(unit.path, label, unit.start)
            self._lists.append(OpenList(unit, pending))
            payload.pending.append(pending)
        self._new_lists = []
        payload.has_next = bool(self._lists or self._open_groups())
        if not payload.has_next:
            self._tell_the_rest(payload)
        explain(payload)
        payload.tree = self._tree
        payload.masked, self._shaping.masked = self._shaping.masked, 0
        return payload

    def _pending(self, path: Path, label: str | None, start: int | None) -> Pending:
        self._ids += 1
        return Pending(str(self._ids - 1), path, label, start)

    # Errors

    def _refusals(self) -> Iterator[Refusal]:
        for each in self._request.refusals:
            if holds(each.conditions, self._request.variables):
                yield each

    def _is_first(self, refusal: Refusal) -> bool:
        variables = self._request.variables
        return not refusal.conditions or any(
            holds((each,), variables) and not active(deferrals_of(each), variables)
            for each in refusal.conditions
        )

    def _tell_the_rest(self, payload: Payload) -> None:
        """Refusals are told whether or not there are objects to which they would apply."""
        for refusal in self._refusals():
            if id(refusal) not in self._shaping.told:
                self._shaping.told.add(id(refusal))
                attach([refusal.error], payload)

    def _fetch_errors(
        self, needed: frozenset[int], ended: frozenset[int]
    ) -> Iterator[ResponseError]:
        """Errors of ended runs that this part needs, but those about what comes later."""
        for at, run in enumerate(self._runs):
            is_told = run.run.fetch.id not in self._untold
            if at not in ended or not run.serves(needed) or not is_told:
                continue
            for error in run.run.errors.found:
                if id(error) not in self._told and not self._comes_later(error):
                    self._told.add(id(error))
                    yield error

    def _comes_later(self, error: ResponseError) -> bool:
        path = error.path or ()
        return any(
            unit.covers(path)
            for length in range(len(path))
            for unit in self._left.get(path[:length], ())
        )

    def _has_ended(self, needed: frozenset[int], ended: frozenset[int]) -> bool:
        return all(at in ended for at, run in enumerate(self._runs) if run.serves(needed))


def all_deferrals(plan: OperationPlan, request: ExecutionRequest) -> tuple[Condition, ...]:
    """Those of the plan, and those of what was taken out before planning."""
    refused = (each for refusal in request.refusals for each in chain(*refusal.conditions))
    return deferrals_of((*plan.deferrals, *refused))


def _is_due(group: Group) -> bool:
    """Whether nothing around a group is still to come, and nothing around it has failed."""
    around = group.parent
    while around is not None:
        if around.has_failed or (around.units and not around.is_over):
            return False
        around = around.parent
    return True


def _prefix(path: Path, depth: int) -> Path:
    """The begin of a response path with so many keys, and the indices after the last of them."""
    keys = 0
    for at, step in enumerate(path):
        if isinstance(step, str):
            if keys == depth:
                return path[:at]
            keys += 1
    return path

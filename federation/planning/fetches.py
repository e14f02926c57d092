"""From chosen sites to fetches: which requests carry which selections, and what each waits for.

All root fetches to one subgraph are one request; all entity moves of one stage into one subgraph
are one request with an entity call for each distinct place and representation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from federation.errors import PlanningError
from federation.planning.phases import FIRST, Phase, add_phase, field_of, phase_at, start_of
from federation.planning.place import STARTS, CastStep, EntityStep, FieldStep, RootStep, Site
from federation.planning.plan import Conditions, RepresentationField, ResponsePath
from federation.query_graph.model import Kind, QueryGraph
from federation.selection import (
    TYPENAME,
    Condition,
    Field,
    InlineFragment,
    Selection,
    SelectionSet,
    deferrals_of,
    without_deferrals,
)

_MAX_CONDITIONS = 16
"""Alternatives kept for a call's conditions; beyond it the call is made always."""


class SelectionTree(Struct, eq=False):
    """Selections under construction: children by field or type condition, in order of first use."""

    children: dict[Field | str, SelectionTree] = field(default_factory=dict)

    def child(self, key: Field | str) -> SelectionTree:
        """The sub-tree of a field or type condition, made when it is missing."""
        found = self.children.get(key)
        if found is None:
            found = self.children[key] = SelectionTree()
        return found

    def holds(self, response_key: str) -> bool:
        """Whether a field of that key is selected, under a type condition or not."""
        return any(
            tree.holds(response_key) if isinstance(key, str) else key.response_key == response_key
            for key, tree in self.children.items()
        )

    def selections(self) -> SelectionSet:
        """The tree as a selection set; a field wanted always absorbs its conditional twins."""
        return tuple(
            _selection(key, tree)
            for key, tree in self.children.items()
            if isinstance(key, str)
            or not key.conditions
            or tree.children
            or Field(key.name, key.alias, key.arguments) not in self.children
        )


def _selection(key: Field | str, tree: SelectionTree) -> Selection:
    if isinstance(key, str):
        return InlineFragment(key, tree.selections())
    if not tree.children:
        return key
    return Field(key.name, key.alias, key.arguments, tree.selections(), key.conditions)


def any_of(alternatives: Iterable[tuple[Condition, ...]]) -> Conditions:
    """The disjunction, without alternatives that say no more than another; empty for always."""
    found = {each: frozenset(each) for each in alternatives}
    if () in found:
        return ()
    return tuple(
        sorted(each for each, own in found.items() if not any(o < own for o in found.values()))
    )


class Call(Struct, eq=False):
    """A root selection or one entity call of a request.

    Attributes:
        after: Requests that what it sends comes from.
    """

    step: RootStep | EntityStep
    after: frozenset[Request] = frozenset()
    tree: SelectionTree = field(default_factory=SelectionTree)
    representation: dict[RepresentationField, None] = field(default_factory=dict)
    conditions: set[tuple[Condition, ...]] = field(default_factory=set)

    def holds(self, representation: tuple[RepresentationField, ...]) -> bool:
        """Whether exactly these fields are sent."""
        return self.representation.keys() == set(representation)

    def run_conditions(self) -> Conditions:
        """When the call is wanted; empty for always."""
        if () in self.conditions:
            return ()
        alternatives = any_of(self.conditions)
        return alternatives if len(alternatives) <= _MAX_CONDITIONS else ()


class Request(Struct, eq=False):
    """One request to one subgraph: calls of one stage.

    Attributes:
        by_entry: The calls by what they enter with; ``()`` for a root.
        phases: For which parts of the response it is made, none of them within another; the empty
            phase stands for the first part.
    """

    graph: str
    stage: int
    calls: list[Call] = field(default_factory=list)
    by_entry: dict[tuple[object, ...], list[Call]] = field(default_factory=dict)
    after: set[Request] = field(default_factory=set)
    phases: tuple[Phase, ...] = ()


class Requests:
    """Collects the requests of one segment from its chosen sites."""

    def __init__(self, graph: QueryGraph) -> None:
        self.graph = graph
        self.by_stage: dict[tuple[int, str, bool, ResponsePath], dict[Phase, Request]] = {}
        self._calls: dict[tuple[Site, Phase], tuple[Request, Call]] = {}
        self._inserted: dict[tuple[Site, tuple[Condition, ...]], SelectionTree] = {}
        self._selected: dict[tuple[Site, tuple[Condition, ...], Call], SelectionTree] = {}

    def ordered(self) -> list[Request]:
        """All requests, each after those it waits for."""
        requests = [
            request
            for _, phases in sorted(self.by_stage.items(), key=lambda at: at[0])
            for request in phases.values()
        ]
        return _postponed(requests)

    def insert(self, site: Site, conditions: tuple[Condition, ...]) -> SelectionTree:
        """Ask for a site, and for everything it needs, under conditions; gives what is below it.

        What is wanted first must be asked for first: what is deferred is not asked for once more
        where it is there already.
        """
        identity = (site, conditions)
        known = self._inserted.get(identity)
        if known is None:
            if site.parent is None or deferrals_of(conditions):
                _, call = self._call_of(site, conditions)
                known = self._select(site, conditions, call)
            else:
                # Only what is deferred can be asked for apart from what is around it.
                known = self._select_step(site, conditions, self.insert(site.parent, conditions))
            self._inserted[identity] = known
        return known

    def _select(self, site: Site, conditions: tuple[Condition, ...], call: Call) -> SelectionTree:
        """Add the way to a site to the call that it begins with."""
        identity = (site, conditions, call)
        known = self._selected.get(identity)
        if known is None:
            if site.parent is None:
                known = self._begin(site, conditions, call)
            else:
                around = self._select(site.parent, conditions, call)
                known = self._select_step(site, conditions, around)
            self._selected[identity] = known
        return known

    def _begin(self, start: Site, conditions: tuple[Condition, ...], call: Call) -> SelectionTree:
        call.conditions.add(without_deferrals(conditions))
        assert isinstance(start.step, STARTS), "calls begin at roots and entity moves"
        for need in start.step.needs:
            self.insert(need, conditions)
        return call.tree

    def _select_step(
        self, site: Site, conditions: tuple[Condition, ...], around: SelectionTree
    ) -> SelectionTree:
        step = site.step
        if isinstance(step, FieldStep):
            below = around.child(step.field)
            if site.node is not None and self._tells_its_type(site):
                below.child(TYPENAME)
            return below
        assert isinstance(step, CastStep), "requests begin elsewhere"
        for need in step.needs:
            self.insert(need, conditions)
        if step.type_condition is None:
            return around
        if deferrals_of(conditions):
            # It is asked for first, by a request that may end later than this one.
            around.child(TYPENAME)
        return around.child(step.type_condition)

    def _tells_its_type(self, site: Site) -> bool:
        """Whether ``__typename`` is fetched along: the value is abstract here or in the API."""
        kind = self.graph.type_at(site.here).kind
        if kind in (Kind.INTERFACE, Kind.UNION):
            return True
        assert site.parent is not None, "only values of fields are asked"
        assert isinstance(site.step, FieldStep), "only values of fields are asked"
        field = self.graph.fields[site.parent.here.type][site.step.field.name]
        return kind is Kind.OBJECT and self.graph.is_abstract(field.named_type)

    def _call_of(self, site: Site, conditions: tuple[Condition, ...]) -> tuple[Request, Call]:
        """The request and the call that a site's chain of steps begins with."""
        start = start_of(site)
        known = self._calls.get((start, FIRST)) if not conditions else None
        if known is not None:
            # Wanted first, and so asked for first: no other phase can have it.
            return known
        step = start.step
        assert isinstance(step, STARTS), "calls begin at roots and entity moves"
        wanted = phase_at(step.path, conditions)
        phases = self.by_stage.setdefault(_stage_of(start, step), {})
        phase = _phase_for(site, step, wanted, phases)
        known = self._calls.get((start, phase))
        if known is not None:
            request, call = known
        else:
            request = phases.get(phase) or Request(step.graph, start.stage)
            phases[phase] = request
            after = frozenset[Request]().union(
                *[self._requests_of(need, conditions) for need in step.needs]
            )
            call = self._matching(request, step, after)
            self._calls[start, phase] = (request, call)
            request.after |= after
        request.phases = add_phase(request.phases, wanted)
        return request, call

    def _matching(
        self,
        request: Request,
        step: RootStep | EntityStep,
        after: frozenset[Request],
    ) -> Call:
        """The call of the request that can take the step along, or a new one.

        Steps with different inputs stay apart here, and are brought together with a way back for
        objects that lack some of them (``entities``).
        """
        entry = () if isinstance(step, RootStep) else entry_of(step)
        alike = request.by_entry.setdefault(entry, [])
        for call in alike:
            if call.after == after and (
                isinstance(step, RootStep) or call.holds(step.representation)
            ):
                break
        else:
            call = Call(step, after)
            request.calls.append(call)
            alike.append(call)
            if isinstance(step, EntityStep):
                call.representation.update(dict.fromkeys(step.representation))
        return call

    def _requests_of(self, site: Site, conditions: tuple[Condition, ...]) -> set[Request]:
        """The requests that must have ended before a value is in the tree, with its type known."""
        found: set[Request] = {self._call_of(site, conditions)[0]}
        at: Site | None = site
        while at is not None:
            if isinstance(at.step, CastStep):
                for need in at.step.needs:
                    found |= self._requests_of(need, conditions)
            at = at.parent
        return found


def _stage_of(start: Site, step: RootStep | EntityStep) -> tuple[int, str, bool, ResponsePath]:
    is_root = isinstance(step, RootStep)
    return (start.stage, step.graph, not is_root, step.path if is_root else ())


def _phase_for(
    site: Site,
    step: RootStep | EntityStep,
    wanted: Phase,
    phases: dict[Phase, Request],
) -> Phase:
    """The phase in whose request a field is asked for: where it is asked for already, if it is.

    Asked for twice, a list could come back in two lengths, and work would be done twice.
    """
    if not phases or (len(phases) == 1 and wanted in phases):
        return wanted
    first = field_of(site)
    if first is None:
        return wanted
    for phase, request in phases.items():
        if any(
            _is_entered_alike(call.step, step) and call.tree.holds(first.response_key)
            for call in request.calls
        ):
            return phase
    return wanted


def _postponed(requests: list[Request]) -> list[Request]:
    """The requests with calls moved into a later one to the same subgraph where nobody waits.

    What nothing else needs may as well travel with a later request: one request fewer, and no
    round more.
    """
    kept = list(requests)
    for request in requests:
        if not all(isinstance(call.step, EntityStep) for call in request.calls):
            continue
        if any(request in other.after for other in kept):
            continue
        later = next(
            (
                other
                for other in kept
                if other.graph == request.graph
                and other.stage > request.stage
                and other.phases == request.phases
                and all(isinstance(call.step, EntityStep) for call in other.calls)
            ),
            None,
        )
        if later is not None:
            later.calls = request.calls + later.calls
            later.after |= request.after
            kept.remove(request)
    return kept


def _is_entered_alike(one: RootStep | EntityStep, other: RootStep | EntityStep) -> bool:
    if isinstance(one, RootStep) or isinstance(other, RootStep):
        return isinstance(one, RootStep) and isinstance(other, RootStep)
    return one.path == other.path and entry_of(one) == entry_of(other)


def entry_of(step: RootStep | EntityStep) -> tuple[object, ...]:
    """What two entity steps must have in common to be one call."""
    assert isinstance(step, EntityStep), "roots and entity calls never share a request"
    return (step.path, step.typename, step.fragment, step.key, step.context)


def agree(fields: Sequence[RepresentationField]) -> bool:
    """Whether no field name would have to hold two different values."""
    sources: dict[tuple[str, frozenset[str] | None], str] = {}
    below: dict[tuple[str, frozenset[str] | None], list[RepresentationField]] = {}
    for item in fields:
        identity = (item.name, item.types)
        if sources.setdefault(identity, item.source) != item.source:
            return False
        below.setdefault(identity, []).extend(item.fields)
    return all(agree(inner) for inner in below.values() if inner)


def merge_representation(
    fields: tuple[RepresentationField, ...],
) -> tuple[RepresentationField, ...]:
    """Fields of one representation with equal names united.

    Raises:
        PlanningError: A name has two sources; calls are kept apart so that this cannot be.
    """
    merged: dict[tuple[str, frozenset[str] | None], RepresentationField] = {}
    for item in fields:
        identity = (item.name, item.types)
        known = merged.get(identity)
        if known is None:
            merged[identity] = item
        elif known.source != item.source:
            raise PlanningError(f"two values for {item.name} in one representation")
        else:
            merged[identity] = RepresentationField(
                item.name, item.source, known.fields + item.fields, item.types
            )
    return tuple(
        RepresentationField(item.name, item.source, merge_representation(item.fields), item.types)
        if item.fields
        else item
        for item in merged.values()
    )

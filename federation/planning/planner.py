"""The stage itself: an operation becomes an operation plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec import structs

from federation.errors import PlanningError
from federation.operation.introspection import INTROSPECTION_FIELDS
from federation.operation.model import Operation
from federation.planning.choose import choose
from federation.planning.fetches import Request, Requests
from federation.planning.phases import all_deferrals, order_of, with_deferrals
from federation.planning.place import Site
from federation.planning.plan import OperationPlan, OutputField, RowTest
from federation.planning.schedule import schedule
from federation.planning.walk import Leaf, Walk
from federation.query_graph.model import QueryGraph
from federation.selection import Field, InlineFragment, SelectionSet, deferrals_of


@dataclass(frozen=True, slots=True)
class PlannerLimits:
    """Bounds on the work of planning one operation.

    Attributes:
        combinations: Site combinations evaluated at most; beyond, the best so far is taken.
        leaves: Values selected at most, those of abstract types counted for each object type that
            has to be asked by itself.
        needs: Field sets gathered at most for keys and requirements. Requirements of requirements
            through several fields multiply with their depth, in whatever little text.
    """

    combinations: int = 10_000
    leaves: int = 10_000
    needs: int = 10_000


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an operation that is planned by itself: all of a query, or one mutation field.

    Attributes:
        cost: Rounds and requests.
        chosen: The site of each leaf, in their order.
    """

    requests: list[Request]
    output: tuple[OutputField, ...]
    cost: tuple[int, int]
    leaves: tuple[Leaf, ...] = ()
    chosen: tuple[Site, ...] = ()
    row_tests: tuple[RowTest, ...] = ()


def plan(
    operation: Operation, graph: QueryGraph, limits: PlannerLimits | None = None
) -> OperationPlan:
    """The cheapest set of fetches that answers ``operation``.

    Cheapest means fewest rounds, then fewest requests, then fewest steps; ties go to the subgraph
    whose name sorts first, so equal inputs give equal plans.

    Args:
        operation: Normalised and already restricted to what the caller may read.
        graph: Query graph of the same supergraph the operation was validated against.

    Raises:
        PlanningError: Some selected field has no route.
        OperationTooLarge: It selects more than ``limits`` allow.
    """
    segments = plan_segments(operation, graph, limits or PlannerLimits())
    output = tuple(field for segment in segments for field in segment.output)
    deferrals = all_deferrals(output)
    return OperationPlan(
        kind=operation.kind,
        root_type=operation.root_type,
        fetches=schedule(
            [segment.requests for segment in _joined(segments)],
            operation.kind,
            {variable.name: str(variable) for variable in operation.variables},
        ),
        output=with_deferrals(output) if deferrals else output,
        row_tests=_deepest_first(test for segment in segments for test in segment.row_tests),
        deferrals=deferrals,
    )


def plan_segments(operation: Operation, graph: QueryGraph, limits: PlannerLimits) -> list[Segment]:
    """The parts of an operation, each planned by itself, in the order in which they run."""
    if operation.kind != "query":
        return list(_segments_by_field(operation, graph, limits))
    graphs = _graphs_with(operation.root_type, graph)
    return [_plan_segment(operation, graphs, operation.selections, graph, limits)]


def _deepest_first(tests: Iterable[RowTest]) -> tuple[RowTest, ...]:
    # An object that is dropped takes along what is below it, which must not go untested for that:
    # the same object can stand elsewhere.
    return tuple(sorted(tests, key=lambda test: -len(test.path)))


def _plan_segment(
    operation: Operation,
    graphs: tuple[str, ...],
    selections: SelectionSet,
    graph: QueryGraph,
    limits: PlannerLimits,
) -> Segment:
    walk = Walk(graph, limits.leaves, limits.needs, operation.row_tests)
    output = walk.visit_root(operation.root_type, graphs, selections)
    sites = _choose(walk.leaves, len(graph.graphs), limits.combinations)
    requests = Requests(graph)
    for leaf, site in sorted(
        zip(walk.leaves, sites, strict=True), key=lambda pair: order_of(pair[0].conditions)
    ):
        requests.insert(site, leaf.conditions)
    ordered = requests.ordered()
    cost = (max((request.stage for request in ordered), default=0), len(ordered))
    walk.moves.let_go()
    return Segment(ordered, output, cost, tuple(walk.leaves), tuple(sites), tuple(walk.row_tests))


def _choose(leaves: list[Leaf], width: int, limit: int) -> list[Site]:
    """The site of each leaf; what is deferred may not make the first part cost more."""
    first = [leaf for leaf in leaves if not deferrals_of(leaf.conditions)]
    if len(first) == len(leaves):
        return choose(leaves, width, limit)
    chosen = iter(choose(first, width, limit))
    settled = [
        leaf if deferrals_of(leaf.conditions) else structs.replace(leaf, candidates=(next(chosen),))
        for leaf in leaves
    ]
    return choose(settled, width, limit)


def _segments_by_field(
    operation: Operation, graph: QueryGraph, limits: PlannerLimits
) -> Iterator[Segment]:
    """One segment for each root field, in order; each is sent to exactly one subgraph.

    A subscription has one such field, and its events one source. Of equally cheap subgraphs it is
    the one that the field before was sent to, so that both can travel in one request.
    """
    previous = ""
    for field in _root_fields(operation.selections):
        if field.name in INTROSPECTION_FIELDS or field.name == "__typename":
            yield _plan_segment(operation, (), (field,), graph, limits)
            continue
        resolvers = graph.resolvers.get((operation.root_type, field.name), ())
        options = []
        fault: PlanningError | None = None
        for resolver in resolvers:
            try:
                options.append(_plan_segment(operation, (resolver,), (field,), graph, limits))
            except PlanningError as error:
                fault = error
        if not options:
            raise fault or PlanningError(f"no subgraph resolves {operation.root_type}.{field.name}")
        chosen = min(options, key=lambda each: (each.cost, each.requests[0].graph != previous))
        previous = chosen.requests[0].graph
        yield chosen


def _root_fields(selections: SelectionSet) -> Iterator[Field]:
    """Root fields with the conditions of the fragments around them."""
    for selection in selections:
        if isinstance(selection, InlineFragment):
            for field in _root_fields(selection.selections):
                conditions = tuple(sorted({*selection.conditions, *field.conditions}))
                yield structs.replace(field, conditions=conditions)
        else:
            yield selection


def _joined(segments: list[Segment]) -> Iterator[Segment]:
    """Neighbouring mutation fields that one subgraph answers alone travel in one request.

    A field that needs further fetches ends a run: the next field may begin only after them.
    """
    joined: list[Segment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if (
            last is not None
            and len(last.requests) == 1
            and len(segment.requests) >= 1
            and last.requests[0].graph == segment.requests[0].graph
        ):
            _absorb(segment.requests[0], last.requests[0])
            joined[-1] = segment
        else:
            joined.append(segment)
    yield from joined


def _absorb(request: Request, earlier: Request) -> None:
    """Put the root selections of an earlier request before those of a later one."""
    mine, theirs = request.calls[0], earlier.calls[0]
    mine.tree.children = {**theirs.tree.children, **mine.tree.children}
    mine.conditions |= theirs.conditions


def _graphs_with(type_name: str, graph: QueryGraph) -> tuple[str, ...]:
    return tuple(name for name in graph.graphs if type_name in graph.types[name])

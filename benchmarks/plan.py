"""Cold planning, of the public benchmark query and of others.

    .venv/bin/python -m benchmarks.plan [--profile | --hostile]

Cold: nothing is remembered of any operation; the query graph is built before. The fastest and the
middle of many runs are told, since other work on the machine only ever adds. `--hostile` plans what
shall make planners explode, and tells the memory as well.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.gateways.scenarios import PUBLIC, PUBLIC_QUERY, composed
from benchmarks.generated.big_graph import departments, query_over
from federation.composition import SubgraphDocument, compose_documents
from federation.errors import OperationTooLarge
from federation.operation import Limits, Operation, parse_operation
from federation.planning import plan
from federation.query_graph import QueryGraph, build_query_graph
from federation.supergraph import Supergraph, build_api_schema
from tests.support.hostile_graph import (
    deep_operation,
    multiplying,
    overlapping,
)
from tests.support.planned import WIDE

GOAL_MS = 2.0
RUNS = 200


@dataclass(frozen=True, slots=True)
class Scenario:
    """An operation over a graph."""

    name: str
    operation: Operation
    graph: QueryGraph
    parse: Callable[[], object]


def scenarios() -> Iterator[Scenario]:
    """The public benchmark first."""
    yield _scenario("public benchmark", composed(PUBLIC), PUBLIC_QUERY)
    documents = [SubgraphDocument(each.name, "", each.sdl) for each in departments(10)]
    supergraph = compose_documents(documents).supergraph
    assert supergraph is not None, "the generated subgraphs compose"
    yield _scenario("three subgraphs of ten, with @requires", supergraph, query_over(4))


def _scenario(name: str, supergraph: Supergraph, query: str) -> Scenario:
    schema = build_api_schema(supergraph)

    def parse() -> Operation:
        return parse_operation(query, schema, None, Limits()).operation

    return Scenario(name, parse(), build_query_graph(supergraph), parse)


def hostile() -> Iterator[tuple[str, Supergraph, str]]:
    """Operations over graphs in which everything overlaps, or requirements multiply."""
    overlap = overlapping(0)
    for depth in (1, 4, 6, 7):
        yield f"8 subgraphs that overlap, depth {depth}", overlap, deep_operation(0, depth)
    for levels, branches in ((8, 2), (10, 2), (12, 2), (20, 2), (12, 3)):
        name = f"requirements through {branches} objects, {levels} deep"
        yield name, multiplying(levels, branches), f"{{ t {{ x{levels - 1} }} }}"


def print_hostile() -> None:
    """Time and memory of planning each."""
    print("| operation | characters | requests | plan ms | peak MB |")
    print("|---|---:|---:|---:|---:|")
    for name, supergraph, text in hostile():
        schema, graph = build_api_schema(supergraph), build_query_graph(supergraph)
        operation = parse_operation(text, schema, None, WIDE).operation
        begin = time.process_time()
        requests = _requests(operation, graph)
        spent = (time.process_time() - begin) * 1000
        tracemalloc.start()
        _requests(operation, graph)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(f"| {name} | {len(text)} | {requests} | {spent:.0f} | {peak:.1f} |")


def _requests(operation: Operation, graph: QueryGraph) -> str:
    try:
        return str(len(plan(operation, graph).fetches))
    except OperationTooLarge:
        return "refused"


def times_of(run: Callable[[], object]) -> list[float]:
    """Milliseconds of each run, fastest first."""
    for _ in range(10):
        run()
    found = []
    gc.collect()
    gc.disable()
    for _ in range(RUNS):
        begin = time.perf_counter()
        run()
        found.append((time.perf_counter() - begin) * 1000)
    gc.enable()
    return sorted(found)


def main() -> int:
    """0 when every operation is planned within the goal."""
    if "--hostile" in sys.argv:
        print_hostile()
        return 0
    print("| operation | requests | plan ms, fastest | plan ms, middle | parse and validate ms |")
    print("|---|---:|---:|---:|---:|")
    slowest = 0.0
    for each in scenarios():
        made = plan(each.operation, each.graph)
        found = times_of(lambda each=each: plan(each.operation, each.graph))  # type: ignore[misc]
        parsing = times_of(each.parse)
        slowest = max(slowest, found[0])
        cells = (
            len(made.fetches),
            *(f"{t:.2f}" for t in (found[0], statistics.median(found), parsing[0])),
        )
        print(f"| {each.name} | {' | '.join(map(str, cells))} |")
        if "--profile" in sys.argv:
            profile = cProfile.Profile()
            for _ in range(100):
                profile.runcall(plan, each.operation, each.graph)
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    return 0 if slowest < GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())

"""Plans are never larger than @apollo/query-planner's: neither in rounds nor in requests.

The random operations of a longer run: DATONG_PEER_SCHEMAS=300 (and DATONG_PEER_FIRST_SEED).

Three differences are meant:

* their plan reads what the subgraph cannot answer there (``plan_faults``): shorter and wrong;
* their plan reads a field whose ``@requires`` inputs are provided at its place in the same request.
  Ours sends them in a representation: the specification does not say that a resolver sees provided
  fields on its parent value;
* their plan leaves out an object of which, as its conditions are, nothing is ever selected. It is
  asked for all the same: the response tells whether it is there.

Of an operation with conditions the largest of all outcomes is compared, of both plans: each planner
makes one plan for all outcomes, and what is best for one may cost another.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from federation.operation import Limits, parse_operation
from federation.planning import OperationPlan, OutputField, plan, print_plan
from federation.query_graph import build_query_graph
from federation.supergraph import build_api_schema, print_supergraph
from tests.peers.pack import SUITES, composed, documents, run
from tests.peers.peers import Document, Peers
from tests.peers.plan_faults import faults, read_facts, texts_of
from tests.peers.plan_sizes import PlanSize, apollo_size, assignments, our_size
from tests.support.memory_subgraph import federation_schema
from tests.support.operations import CONDITIONS, OperationWriter
from tests.support.random_graph import RandomGraph

SCHEMAS = int(os.environ.get("DATONG_PEER_SCHEMAS", "20"))
FIRST_SEED = int(os.environ.get("DATONG_PEER_FIRST_SEED", "0"))
OPERATIONS = 8
WIDE = Limits(max_root_fields=1_000, max_aliases=1_000, max_fields=100_000, max_tokens=100_000)
UNPLANNED = (
    "We should have an edge from Node(",
    "Invalid empty selection set for fragment",
)
"""Faults of their planner, with ``__typename`` of interface objects and with fragments that a
constant condition excludes; it gives no plan."""

LEFT_OUT = "an object left out"

SPLIT_UNIONS: dict[str, set[int]] = {"union-intersection": {3}}
"""Tests of the pack with larger plans: a shareable union field with members of its own in each
subgraph. Theirs takes it that only members known to all can come; ours asks for each where it is
known."""

_CONDITION = re.compile(r" @(?:skip|include)\(if: [^)]*\)")
_DECLARED = re.compile(r"^query Random\([^)]*\)")


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """How comparisons ended; told when all are done."""
    counts: Counter[str] = Counter()
    yield counts
    lines = (f"{name} {count}" for name, count in sorted(counts.items()))
    request.config.get_terminal_writer().line(f"\nplans compared: {', '.join(lines)}")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("suite_id", SUITES)
def test_plans_of_the_pack_are_never_larger(
    suite_id: str, peers: Peers, tally: Counter[str]
) -> None:
    subgraphs = documents(suite_id)
    texts = [case.query for case in run.cases({suite_id: SUITES[suite_id]})]

    larger = _compare(subgraphs, texts, peers, tally)

    assert {texts.index(each) for each in larger} == SPLIT_UNIONS.get(suite_id, set()), larger


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS))
def test_plans_of_random_operations_are_never_larger(
    seed: int, peers: Peers, tally: Counter[str]
) -> None:
    random_graph = RandomGraph(seed)
    subgraphs = [
        {"name": name, "url": f"http://{name}", "sdl": sdl}
        for name, sdl in random_graph.subgraphs.items()
    ]
    monolith = build_schema(random_graph.monolith)
    writers = (
        OperationWriter(monolith, Random(seed * 1_000 + number)) for number in range(OPERATIONS)
    )
    texts = [text for text in (each.query() for each in writers) if is_valid(text, monolith)]
    # Without its conditions each is one more operation, and the stricter comparison.
    bare = (_DECLARED.sub("query Random", _CONDITION.sub("", text)) for text in texts)
    texts = list(dict.fromkeys([*texts, *(text for text in bare if is_valid(text, monolith))]))

    larger = _compare(subgraphs, texts, peers, tally)

    assert not larger, "\n\n".join(larger.values())


def is_valid(text: str, schema: GraphQLSchema) -> bool:
    """Whether the schema takes the operation."""
    return not validate(schema, parse(text))


def _compare(
    subgraphs: list[Document], texts: list[str], peers: Peers, tally: Counter[str]
) -> dict[str, str]:
    """Operations with a larger plan than theirs, and both plans."""
    supergraph = composed(subgraphs)
    schema, graph = build_api_schema(supergraph), build_query_graph(supergraph)
    judge = Judge(subgraphs)
    larger = {}
    for text, theirs in zip(texts, peers.plan(print_supergraph(supergraph), texts), strict=True):
        if "error" in theirs:
            # Not valid, or beyond it: see UNPLANNED.
            reason = theirs["error"]
            assert not is_valid(text, schema) or reason.startswith(UNPLANNED), reason
            tally["without a plan of theirs"] += 1
            continue
        ours = plan(parse_operation(text, schema, None, WIDE).operation, graph)
        names = [name for name in CONDITIONS if f"${name}" in text]
        node = theirs["plan"].get("node")
        mine = largest(our_size(ours, each) for each in assignments(names))
        other = largest(apollo_size(node, each) for each in assignments(names))
        doubts = judge.doubts(node, ours)
        tally[_outcome(mine, other, doubts)] += 1
        if not doubts and (mine.rounds > other.rounds or mine.requests > other.requests):
            larger[text] = f"{text}\n{mine} and not {other}\n{print_plan(ours)}{theirs}"
    return larger


def _outcome(mine: PlanSize, other: PlanSize, doubts: frozenset[str]) -> str:
    if mine.rounds > other.rounds or mine.requests > other.requests:
        return f"larger than one with {' and '.join(sorted(doubts))}" if doubts else "larger"
    if mine == other:
        return "equal"
    return "fewer rounds" if mine.rounds < other.rounds else "fewer requests"


def largest(sizes: Iterable[PlanSize]) -> PlanSize:
    """Rounds and requests each at their largest."""
    found = list(sizes)
    return PlanSize(max(each.rounds for each in found), max(each.requests for each in found))


class Judge:
    """Says whether a plan of theirs is one that a subgraph may fail to answer."""

    def __init__(self, subgraphs: list[Document]) -> None:
        self._facts = {each["name"]: read_facts(each["sdl"]) for each in subgraphs}
        self._schemas = {each["name"]: federation_schema(each["sdl"]) for each in subgraphs}

    def doubts(self, node: Mapping[str, Any] | None, ours: OperationPlan) -> frozenset[str]:
        """What speaks against the plan; see ``plan_faults``."""
        asked = "".join(texts_of(node))
        left_out = {LEFT_OUT} if any(key not in asked for key in _objects(ours.output)) else set()
        return faults(node, self._facts, self._schemas) | left_out


def _objects(fields: Iterable[OutputField]) -> Iterator[str]:
    """Response keys of all values with selections."""
    for each in fields:
        if each.fields:
            yield each.key
            yield from _objects(each.fields)

"""No input makes planning explode: its work grows with the text, and stops at limits.

Work is counted in calls of functions, which other work on the machine does not change.
"""

import sys
from types import FrameType
from typing import Any

import pytest

from federation.errors import OperationTooLarge
from federation.operation import parse_operation
from federation.planning import OperationPlan, PlannerLimits, plan
from federation.query_graph import build_query_graph
from federation.supergraph import build_api_schema
from federation.supergraph.model import Supergraph
from tests.support.hostile_graph import deep_operation, multiplying, overlapping
from tests.support.planned import WIDE

CALLS_PER_CHARACTER = 160
"""About twice of what was seen; an exponent would be far beyond."""


def planned(
    supergraph: Supergraph, text: str, limits: PlannerLimits | None = None
) -> tuple[OperationPlan, int]:
    """The plan, and how many functions were called for it."""
    operation = parse_operation(text, build_api_schema(supergraph), None, WIDE).operation
    graph = build_query_graph(supergraph)
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return plan(operation, graph, limits), calls
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("seed", range(6))
def test_work_grows_with_the_text_however_subgraphs_overlap(seed: int) -> None:
    supergraph = overlapping(seed)

    for depth in (1, 3, 4):
        text = deep_operation(seed, depth)
        made, calls = planned(supergraph, text)

        assert calls < CALLS_PER_CHARACTER * len(text)
        assert len(made.fetches) < 30


def test_requirements_that_multiply_are_planned_as_far_as_they_go() -> None:
    made, _ = planned(multiplying(6, 2), "{ t { x5 } }")

    assert len(made.fetches) == 6


@pytest.mark.parametrize(("levels", "branches"), [(20, 2), (9, 4)])
def test_requirements_that_multiply_without_end_are_refused(levels: int, branches: int) -> None:
    limits = PlannerLimits(needs=1_000)

    with pytest.raises(OperationTooLarge) as refused:
        planned(multiplying(levels, branches), f"{{ t {{ x{levels - 1} }} }}", limits)

    assert refused.value.extensions == {"limit": "needs", "allowed": 1_000}

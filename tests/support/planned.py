"""Plans of small graphs written in a test."""

from __future__ import annotations

from collections.abc import Mapping

from federation.composition import compose
from federation.operation import Limits, parse_operation
from federation.planning import OperationPlan, PlannerLimits, plan
from federation.query_graph import QueryGraph, build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from federation.supergraph.model import Supergraph

WIDE = Limits(
    max_depth=200,
    max_root_fields=1_000,
    max_aliases=1_000,
    max_fields=100_000,
    max_tokens=100_000,
)
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ['
    '"@key", "@shareable", "@external", "@requires", "@provides", "@override", "@inaccessible",'
    ' "@interfaceObject", "@context", "@fromContext"])\n'
)


def composed(bodies: Mapping[str, str]) -> Supergraph:
    """Subgraphs by name, their bodies without the link to the federation specification."""
    composition = compose(
        load_subgraph(name, f"http://{name}.example", LINK + body) for name, body in bodies.items()
    )
    assert composition.supergraph is not None, composition.errors
    return composition.supergraph


def graph_of(bodies: Mapping[str, str]) -> QueryGraph:
    """Their query graph."""
    return build_query_graph(composed(bodies))


def planned(
    supergraph: Supergraph, text: str, limits: PlannerLimits | None = None
) -> OperationPlan:
    """The plan of an operation."""
    operation = parse_operation(text, build_api_schema(supergraph), None, WIDE).operation
    return plan(operation, build_query_graph(supergraph), limits)

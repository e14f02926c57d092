"""A valid query that cannot be planned is an error that names the field, never an empty plan."""

from dataclasses import replace

import pytest

from federation.errors import PlanningError
from federation.operation import parse_operation
from federation.planning import plan
from federation.query_graph import QueryGraph, build_query_graph
from federation.supergraph import build_api_schema
from federation.supergraph.model import Supergraph
from tests.support.planned import WIDE, composed, planned

REACHABLE = composed(
    {
        "a": "type Query { t: T  u: U } type U { v: Int }"
        ' type T @key(fields: "id") { id: ID!  x: Int }',
        "b": 'type T @key(fields: "id") { id: ID!  y: Int  x: Int @external'
        '  z: Int @requires(fields: "x") }',
    }
)


def without(graph: QueryGraph, subgraph: str, type_name: str, field_name: str) -> QueryGraph:
    """The graph as if a subgraph did not resolve a field after all: what no composition lets by."""
    held = dict(graph.types[subgraph][type_name].fields)
    del held[field_name]
    types = {name: dict(known) for name, known in graph.types.items()}
    types[subgraph][type_name] = replace(types[subgraph][type_name], fields=held)
    resolvers = {
        coordinate: tuple(each for each in names if each != subgraph)
        if coordinate == (type_name, field_name)
        else names
        for coordinate, names in graph.resolvers.items()
    }
    return replace(graph, types=types, resolvers=resolvers)


def refused(supergraph: Supergraph, graph: QueryGraph, text: str) -> PlanningError:
    operation = parse_operation(text, build_api_schema(supergraph), None, WIDE).operation
    with pytest.raises(PlanningError) as error:
        plan(operation, graph)
    return error.value


def test_a_field_without_resolver_is_named() -> None:
    graph = without(build_query_graph(REACHABLE), "b", "T", "y")

    error = refused(REACHABLE, graph, "{ t { y } }")

    assert error.extensions["coordinate"] == "T.y"
    assert error.code == "PLANNING_FAILED"


def test_a_field_whose_required_input_is_out_of_reach_is_named() -> None:
    graph = without(build_query_graph(REACHABLE), "a", "T", "x")

    assert refused(REACHABLE, graph, "{ t { z } }").extensions["coordinate"] == "T.z"


def test_a_field_whose_key_is_out_of_reach_is_named() -> None:
    graph = without(build_query_graph(REACHABLE), "a", "T", "id")

    assert refused(REACHABLE, graph, "{ t { y } }").extensions["coordinate"] == "T.y"


def test_what_has_a_route_is_planned_all_the_same() -> None:
    assert len(planned(REACHABLE, "{ t { y z } u { v } }").fetches) == 2

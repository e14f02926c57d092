"""Introspection wherever an operation comes upon the query type."""

import pytest

from federation.composition import compose
from federation.execution import ExecutionRequest, execute
from federation.gateway.own_schema import introspections
from federation.gateway.state import build_state
from federation.operation import Limits, coerce_variables, introspect, parse_operation
from federation.planning import plan
from federation.subgraph import load_subgraph
from tests.support.memory_subgraph import MemorySubgraph, MemoryTransport

SDL = "type Query { self: Query one: Int }"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (
            "{ self { __schema { queryType { name } } } }",
            {"self": {"__schema": {"queryType": {"name": "Query"}}}},
        ),
        (
            '{ t: __type(name: "Int") { name } self { t: __type(name: "Query") { name } one } }',
            {"t": {"name": "Int"}, "self": {"t": {"name": "Query"}, "one": 1}},
        ),
        (
            "query ($on: Boolean = false) { self { __schema @include(if: $on) { __typename } } }",
            {"self": {}},
        ),
        # What no type can have for a name is the name of none.
        ('query ($name: String = "Int") { __type(name: $name) { name } }', {"__type": None}),
    ],
)
async def test_the_query_type_below_the_root_tells_the_schema_too(
    text: str, data: dict[str, object]
) -> None:
    supergraph = compose([load_subgraph("a", "http://a", SDL)]).supergraph
    assert supergraph is not None
    state = build_state(supergraph)
    parsed = parse_operation(text, state.schema, None, Limits())
    sent = {"name": None} if "$name" in text else {}
    variables = coerce_variables(parsed.variables, state.schema, sent)
    planned = plan(parsed.operation, state.graphs.graph(frozenset()))
    texts = introspections(planned.output)
    told = introspect(texts, parsed.operation, state.schema, variables)
    transport = MemoryTransport({"a": MemorySubgraph(SDL, {"Query": [{"self": {}, "one": 1}]})})

    result = await execute(
        planned,
        ExecutionRequest(variables=variables, introspection=told),
        transport,
        state.schema,
    )

    assert (result.data, result.errors) == (data, ())

"""Incremental delivery of random federations: put together, the parts are the whole answer."""

import os
from random import Random
from typing import Any

import pytest
from graphql import (
    ExperimentalIncrementalExecutionResults,
    GraphQLSchema,
    build_schema,
    experimental_execute_incrementally,
    parse,
    validate,
)

from federation.composition import compose
from federation.execution import ExecutionRequest, Payload, execute_incrementally
from federation.gateway.incremental.formats import current
from federation.operation import Limits, parse_operation
from federation.planning import plan, print_plan
from federation.query_graph import build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from tests.support.incremental import merged
from tests.support.operations import DIRECTIVES, DeferringWriter, without_deferrals
from tests.support.random_graph import RandomGraph, RandomSubgraphs, type_of_row

SCHEMAS = int(os.environ.get("DATONG_RANDOM_DEFERRING_SCHEMAS", "20"))
FIRST_SEED = int(os.environ.get("DATONG_RANDOM_FIRST_SEED", "0"))
FOUND = (520, 20287)
"""Seeds that once showed a fault: the type of an object came later than what is deferred in it."""
OPERATIONS = 6
WIDE = Limits(
    max_root_fields=1_000,
    max_aliases=1_000,
    max_fields=100_000,
    max_tokens=100_000,
    max_deferrals=1_000,
)
VARIABLES = {"yes": True, "no": False}


@pytest.mark.parametrize("seed", [*FOUND, *range(FIRST_SEED, FIRST_SEED + SCHEMAS)])
async def test_the_parts_together_are_the_whole_answer(seed: int) -> None:
    random_graph = RandomGraph(seed)
    composition = compose(
        load_subgraph(name, f"http://{name}", sdl) for name, sdl in random_graph.subgraphs.items()
    )
    assert composition.supergraph is not None, composition.errors
    schema = build_api_schema(composition.supergraph)
    graph = build_query_graph(composition.supergraph)
    monolith = build_schema(random_graph.monolith + DIRECTIVES)

    for number in range(OPERATIONS):
        text = DeferringWriter(monolith, Random(seed * 1_000 + number)).query()
        if validate(monolith, parse(text)):
            continue
        operation = parse_operation(text, schema, None, WIDE, is_incremental=True).operation
        operation_plan = plan(operation, graph)
        assert print_plan(operation_plan)
        subgraphs = RandomSubgraphs(random_graph)
        used = {each.name: VARIABLES[each.name] for each in operation.variables}
        payloads: list[Payload] = []

        async def release(payload: Payload, into: list[Payload] = payloads) -> None:
            into.append(payload)

        await execute_incrementally(
            operation_plan, ExecutionRequest(variables=used), subgraphs, schema, release
        )

        assert not [error for payload in payloads for error in payload.all_errors()], text
        documents = [current(payload) for payload in payloads]
        expected = random_graph.answer(without_deferrals(text), VARIABLES)["data"]
        assert merged(documents) == expected, text
        reference = await _reference(monolith, text, random_graph)
        assert documents[0]["data"] == reference[0]["data"], text
        # What all came with another fragment may be told of or not, as it happens; and graphql-core
        # tells of a list that is just as long as its initial count. So labels can differ, too.
        ours, theirs = _announced(documents), _announced(reference)
        assert ours - theirs <= _announced(documents, is_empty=True), text
        assert theirs - ours <= _announced(reference, is_empty=True), text


async def _reference(schema: GraphQLSchema, text: str, graph: RandomGraph) -> list[dict[str, Any]]:
    """The payloads of graphql-core's own incremental executor on the monolith."""
    result = experimental_execute_incrementally(
        schema,
        parse(text),
        variable_values=VARIABLES,
        field_resolver=graph.resolve_monolith,
        type_resolver=type_of_row,
    )
    if not isinstance(result, ExperimentalIncrementalExecutionResults):
        return [result.formatted]  # type: ignore[union-attr, list-item]
    first = [result.initial_result.formatted]
    return first + [each.formatted async for each in result.subsequent_results]  # type: ignore[misc, return-value]


def _announced(documents: list[dict[str, Any]], *, is_empty: bool = False) -> set[str]:
    """Paths of the fragments and lists that were pending.

    With ``is_empty`` of those of which nothing came.
    """
    given = {each["id"] for document in documents for each in document.get("incremental", ())}
    return {
        str(each["path"])
        for document in documents
        for each in document.get("pending", ())
        if not is_empty or each["id"] not in given
    }

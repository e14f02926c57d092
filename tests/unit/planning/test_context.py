"""Arguments from context: what cannot be planned, and what is not sent."""

from typing import Any

import pytest

from federation.errors import PlanningError
from federation.execution import ExecutionRequest, compile_typed, execute
from federation.planning import plan
from federation.supergraph import (
    Supergraph,
    build_api_schema,
    print_supergraph,
    read_supergraph,
)
from tests.support.built_case import built
from tests.support.cases import case
from tests.support.memory_subgraph import MemorySubgraph, MemoryTransport, fault
from tests.support.planned import LINK, composed, planned

BODY = """
    type Query { people: [Person] }
    type Person @key(fields: "id") @context(name: "person") {
        id: ID! currency: String account: Account
    }
    type Account @key(fields: "id") {
        id: ID!
        balance(currency: String! @fromContext(field: "$person { currency }")): String
        note: String
    }
"""
ROWS: dict[str, list[dict[str, Any]]] = {
    "Query": [{"people": [{"id": "1"}, {"id": "2"}]}],
    "Person": [
        {"id": "1", "currency": "EUR", "account": {"id": "a"}},
        {"id": "2", "currency": None, "account": {"id": "a"}},
    ],
    "Account": [{"id": "a", "balance": "5", "note": "x"}],
}


def mandatory() -> Supergraph:
    """As another composer may hand it over; ours wants such arguments to be nullable."""
    text = print_supergraph(composed({"a": BODY.replace("String! @from", "String @from")}))
    return read_supergraph(text.replace('type: "String"', 'type: "String!"'))


@pytest.mark.parametrize("name", ["_c0", "_c0_1"])
def test_the_names_of_the_variables_are_not_the_clients(name: str) -> None:
    build = built(case("context/argument"))
    text = f"query (${name}: Boolean) {{ person {{ account {{ balance(round: ${name}) }} }} }}"

    with pytest.raises(PlanningError):
        plan(build.parse(text).operation, build.graph)


def test_a_plan_with_context_is_not_compiled() -> None:
    build = built(case("context/argument"))
    made = plan(build.parse("{ person { account { balance } } }").operation, build.graph)

    assert compile_typed(made, ExecutionRequest(), build.schema) is None


async def test_null_is_not_sent_where_the_argument_must_have_a_value() -> None:
    supergraph = mandatory()
    made = planned(supergraph, "{ people { id account { balance } } }")
    subgraph = MemorySubgraph(LINK + BODY, ROWS)

    result = await execute(
        made, ExecutionRequest(), MemoryTransport({"a": subgraph}), build_api_schema(supergraph)
    )

    assert result.data == {
        "people": [
            {"id": "1", "account": {"balance": "5"}},
            {"id": "2", "account": {"balance": None}},
        ]
    }
    assert [request.variables.get("_c0") for request in subgraph.requests] == [None, "EUR"]


async def test_a_value_that_failed_explains_the_fields_that_wait_for_it() -> None:
    supergraph = mandatory()
    made = planned(supergraph, "{ people { account { id balance } } }")
    subgraph = MemorySubgraph(LINK + BODY, ROWS, {("Person", "currency"): fault("broken")})

    result = await execute(
        made, ExecutionRequest(), MemoryTransport({"a": subgraph}), build_api_schema(supergraph)
    )

    assert result.data == {"people": [{"account": {"id": "a", "balance": None}}] * 2}
    assert len(subgraph.requests) == 1
    assert {error.path for error in result.errors} == {("people", 0), ("people", 1)}

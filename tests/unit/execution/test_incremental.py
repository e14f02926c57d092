"""What becomes of faults, nulls and refusals when a response comes in parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from federation.errors import Refusal, ResponseError
from federation.execution import (
    CompiledPlans,
    ExecutionRequest,
    Payload,
    execute_incrementally,
    is_incremental,
)
from federation.gateway.incremental.formats import current, earlier
from federation.operation import parse_operation
from federation.planning import OperationPlan, RowTest, plan
from federation.query_graph import build_query_graph
from federation.selection import Condition, Deferral
from federation.supergraph import build_api_schema
from tests.support.memory_subgraph import MemorySubgraph
from tests.support.parted_gateway import Desks
from tests.support.planned import WIDE, composed

SDLS = {
    "people": """
        type Query { me: Person  all: [Person!]!  some: [Person] }
        type Person @key(fields: "id") { id: ID!  name: String  home: Home }
        type Home { street: String!  town: String }
    """,
    "tax": 'type Person @key(fields: "id") { id: ID!  rate: String!  income: Int }',
}
CITY = composed(SDLS)
SCHEMA, GRAPH = build_api_schema(CITY), build_query_graph(CITY)
PERSONS: list[dict[str, Any]] = [
    {"id": "0", "name": "n0", "rate": "r0", "income": 0, "home": {"street": "s0", "town": "t0"}},
    {"id": "1", "name": "n1", "rate": None, "income": 1, "home": {"street": None, "town": "t1"}},
    {"id": "2", "name": "n2", "rate": "r2", "income": 2, "home": None},
]
ROWS = {
    "Query": [{"me": {"id": "1"}, "all": PERSONS, "some": PERSONS}],
    "Person": PERSONS,
}


async def payloads_of(
    text: str, request: ExecutionRequest | None = None, *, lost: str = ""
) -> list[Payload]:
    parsed = parse_operation(text, SCHEMA, None, WIDE, is_incremental=True)
    desks = Desks({name: MemorySubgraph(sdl, ROWS) for name, sdl in SDLS.items()})
    desks.lost.update([lost] if lost else [])
    payloads: list[Payload] = []

    async def release(payload: Payload) -> None:
        payloads.append(payload)

    operation_plan = plan(parsed.operation, GRAPH)
    await execute_incrementally(
        operation_plan, request or ExecutionRequest(), desks, SCHEMA, release
    )
    return payloads


async def parts_of(
    text: str, request: ExecutionRequest | None = None, *, lost: str = ""
) -> list[dict[str, Any]]:
    return [current(payload) for payload in await payloads_of(text, request, lost=lost)]


def failures(parts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Paths of the errors with which something was completed, by id."""
    return {
        each["id"]: [error["path"] for error in each["errors"]]
        for part in parts
        for each in part.get("completed", ())
        if "errors" in each
    }


async def test_null_in_a_deferred_fragment_spoils_that_fragment_alone() -> None:
    parts = await parts_of("{ me { name ... @defer { home { town } } ... @defer { rate } } }")

    increments = [each for part in parts for each in part.get("incremental", ())]
    assert parts[0]["data"] == {"me": {"name": "n1"}}
    assert [each["data"] for each in increments] == [{"home": {"town": "t1"}}]
    assert failures(parts) == {"1": [["me", "rate"]]}


async def test_null_stops_at_the_nearest_object_that_may_be_null_within_the_fragment() -> None:
    parts = await parts_of("{ me { ... @defer { name home { street } } } }")

    [increment] = parts[1]["incremental"]
    assert increment["data"] == {"name": "n1", "home": None}
    assert [error["path"] for error in increment["errors"]] == [["me", "home", "street"]]
    assert failures(parts) == {}


async def test_fragments_that_share_what_fails_fail_together() -> None:
    parts = await parts_of(
        '{ me { ... @defer(label: "a") { rate name } ... @defer(label: "b") { rate income } } }'
    )

    assert failures(parts) == {"0": [["me", "rate"]], "1": [["me", "rate"]]}
    assert "incremental" not in parts[-1]


async def test_what_is_within_a_failed_fragment_never_comes() -> None:
    parts = await parts_of("{ me { ... @defer { rate home { ... @defer { town } } } } }")

    assert [each["id"] for part in parts for each in part.get("pending", ())] == ["0"]
    assert list(failures(parts)) == ["0"]
    assert parts[-1]["hasNext"] is False


async def test_null_in_the_first_part_takes_along_what_was_deferred_there() -> None:
    parts = await parts_of("{ me { rate ... @defer { name } } }")

    assert parts == [{"data": {"me": None}, "errors": parts[0]["errors"]}]


async def test_null_at_the_root_ends_the_response() -> None:
    parts = await parts_of("{ all { rate ... @defer { name } } ... @defer { me { name } } }")

    assert parts[0]["data"] is None
    assert len(parts) == 1
    assert "hasNext" not in parts[0]


async def test_a_list_ends_before_the_item_that_may_not_be_null() -> None:
    parts = await parts_of('{ all @stream(label: "s") { name rate } }')

    assert parts[0]["data"] == {"all": []}
    assert parts[1]["incremental"] == [{"id": "0", "items": [{"name": "n0", "rate": "r0"}]}]
    assert failures(parts) == {"0": [["all", 1, "rate"]]}


async def test_an_item_that_may_be_null_is_null() -> None:
    parts = await parts_of("{ some @stream(initialCount: 1) { name rate } }")

    [increment] = parts[1]["incremental"]
    assert increment["items"] == [None, {"name": "n2", "rate": "r2"}]
    assert [error["path"] for error in increment["errors"]] == [["some", 1, "rate"]]


async def test_a_lost_subgraph_is_told_by_the_fragments_that_it_spoils() -> None:
    parts = await parts_of("{ all { name ... @defer { rate } } }", lost="tax")

    assert parts[0]["data"] == {"all": [{"name": f"n{at}"} for at in range(3)]}
    assert "errors" not in parts[0]
    assert failures(parts).keys() == {"0", "1", "2"}
    codes = [
        error["extensions"]["code"] for each in parts[1]["completed"] for error in each["errors"]
    ]
    # It is told once, and fragments that fail must say why.
    assert codes == ["SUBGRAPH_UNREACHABLE", "NULL_VALUE", "NULL_VALUE"]


async def test_a_lost_subgraph_of_later_items_is_told_with_them() -> None:
    parts = await parts_of("{ all @stream(initialCount: 3) { income } }", lost="tax")
    streamed = await parts_of("{ all @stream(initialCount: 1) { income } }", lost="tax")

    assert [error["path"] for error in parts[0]["errors"]] == [["all"]]
    assert [error["path"] for error in streamed[0]["errors"]] == [["all"]]
    [increment] = streamed[1]["incremental"]
    assert increment["items"] == [{"income": None}, {"income": None}]
    assert [error["path"] for error in increment["errors"]] == [["all"]]


def _refusal(path: tuple[str, ...], number: int = 1, depth: int = 1) -> Refusal:
    error = ResponseError("no", path, (), {"code": "ACCESS_DENIED"})
    deferral = Condition("", deferral=Deferral(number, None, depth))
    return Refusal(path, None, error, "String", ((deferral,),))


@pytest.mark.parametrize(
    ("text", "refusal", "part"),
    [
        ("{ me { name ... @defer { income } } }", _refusal(("me", "secret")), 1),
        ("{ all { name ... @defer { income } } }", _refusal(("all", "secret")), 1),
        # No object ever comes for which it would be told: then with the last part.
        ("{ me { ... @defer { name } } }", _refusal(("me", "home", "x", "secret"), depth=3), 1),
    ],
)
async def test_a_refusal_is_told_once_and_in_its_part(
    text: str, refusal: Refusal, part: int
) -> None:
    payloads = await payloads_of(text, ExecutionRequest(refusals=(refusal,)))

    told = [
        at
        for at, payload in enumerate(payloads)
        for error in payload.all_errors()
        if error is refusal.error
    ]
    assert told == [part]


async def test_the_earlier_format_says_null_for_what_fails() -> None:
    payloads = await payloads_of(
        '{ me { ... @defer(label: "a") { rate } } all @stream(label: "s") { rate } }'
    )

    pieces = [piece for each in payloads for piece in earlier(each).get("incremental", ())]
    shown = [(piece.get("label"), piece["path"], "errors" in piece) for piece in pieces]
    assert sorted(shown, key=str) == [
        ("a", ["me"], True),
        ("s", ["all", 0], False),
        ("s", ["all", 0], True),
    ]
    assert [piece["data"] for piece in pieces if "data" in piece] == [None]
    assert [piece["items"] for piece in pieces if "items" in piece] == [[{"rate": "r0"}], None]


def _planned(text: str) -> OperationPlan:
    parsed = parse_operation(text, SCHEMA, None, WIDE, is_incremental=True)
    return plan(parsed.operation, GRAPH)


def test_where_rows_are_dropped_here_the_answer_is_whole() -> None:
    made = _planned("{ me { name ... @defer { income } } }")
    tested = replace(made, row_tests=(RowTest(("me",), "Person", True, (("name", "name"),)),))

    assert is_incremental(made, ExecutionRequest())
    assert not is_incremental(tested, ExecutionRequest())


def test_plans_with_deferrals_run_interpreted() -> None:
    made = _planned("query ($v: Boolean!) { me { name ... @defer(if: $v) { income } } }")
    request = ExecutionRequest(variables={"v": False})
    compiled = CompiledPlans(1_000_000)

    assert not is_incremental(made, request)
    assert [compiled.get(made, request, SCHEMA) for _ in range(3)] == [None, None, None]

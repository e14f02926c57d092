"""As few entities as possible are sent, and what one input fails does not take from the others."""

from typing import Any

import pytest

from federation.errors import SubgraphUnreachable
from federation.execution import (
    ExecutionRequest,
    SubgraphReply,
    SubgraphRequest,
    compile_typed,
    execute,
)
from federation.planning import EntityFetch
from federation.supergraph import build_api_schema
from tests.support.as_bytes import AsBytes, data_of
from tests.support.memory_subgraph import MemorySubgraph
from tests.support.planned import LINK, composed, planned

BODIES = {
    "catalogue": """
        type Query { best: Item  items: [Item] }
        type Item @key(fields: "id") { id: ID! }
    """,
    "prices": 'type Item @key(fields: "id") { id: ID! price: Int }',
    "sizes": 'type Item @key(fields: "id") { id: ID! weight: Int }',
    "stock": """
        type Item @key(fields: "id") {
            id: ID!
            price: Int @external
            weight: Int @external
            count: Int
            tax: Int @requires(fields: "price")
            freight: Int @requires(fields: "weight")
        }
    """,
}
ITEMS: list[dict[str, Any]] = [
    {"id": str(at), "price": at, "weight": at * 10, "count": 1, "tax": at, "freight": at}
    for at in range(3)
]
ROWS: dict[str, list[dict[str, Any]]] = {
    "Query": [{"best": {"id": "1"}, "items": [{"id": "0"}, {"id": "1"}, {"id": "2"}]}],
    "Item": ITEMS,
}
SUPERGRAPH = composed(BODIES)
ALL = "count tax freight"


class Subgraphs:
    """Memory subgraphs of which one may be out of reach or know no item."""

    def __init__(self, *, lost: str = "", empty: str = "") -> None:
        self.sent: list[tuple[str, SubgraphRequest]] = []
        self._lost = lost
        self.members = {
            name: MemorySubgraph(LINK + body, ROWS if name != empty else {"Item": []})
            for name, body in BODIES.items()
        }

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        self.sent.append((subgraph, request))
        if subgraph == self._lost:
            raise SubgraphUnreachable(subgraph, "gone")
        return self.members[subgraph].answer(request)

    def asked(self, subgraph: str) -> list[SubgraphRequest]:
        return [request for name, request in self.sent if name == subgraph]


def calls_to(subgraph: str, text: str) -> list[EntityFetch]:
    plan = planned(SUPERGRAPH, text)
    return [
        entity for fetch in plan.fetches if fetch.subgraph == subgraph for entity in fetch.entities
    ]


async def run(text: str, subgraphs: Subgraphs, *, compiled: bool) -> dict[str, Any] | None:
    plan, schema = planned(SUPERGRAPH, text), build_api_schema(SUPERGRAPH)
    request = ExecutionRequest()
    code = compile_typed(plan, request, schema) if compiled else None
    assert (code is not None) == compiled
    return data_of(await execute(plan, request, AsBytes(subgraphs), schema, code))


def test_fields_with_different_inputs_are_one_call_with_ways_back() -> None:
    (call,) = calls_to("stock", f"{{ best {{ {ALL} }} }}")

    assert {field.name for field in call.representation} == {"id", "price", "weight"}
    assert [{field.name for field in each.representation} for each in call.fallbacks] == [
        {"id"},
        {"id", "price"},
        {"id", "weight"},
    ]


def test_what_is_asked_alike_at_several_places_is_one_call_whatever_the_order() -> None:
    (call,) = calls_to("stock", "{ best { tax count } items { count tax } }")

    assert call.paths == (("best",), ("items", "@"))
    assert [each.paths for each in call.fallbacks] == [call.paths]


def test_what_is_asked_differently_at_several_places_is_not() -> None:
    assert len(calls_to("stock", "{ best { tax count } items { tax } }")) == 2


@pytest.mark.parametrize("compiled", [False, True])
async def test_an_entity_found_at_several_places_is_sent_once(*, compiled: bool) -> None:
    subgraphs = Subgraphs()

    data = await run(f"{{ best {{ {ALL} }} items {{ {ALL} }} }}", subgraphs, compiled=compiled)

    assert data == {
        "best": {"count": 1, "tax": 1, "freight": 1},
        "items": [{"count": 1, "tax": at, "freight": at} for at in range(3)],
    }
    assert {name: len(subgraphs.asked(name)) for name in BODIES} == dict.fromkeys(BODIES, 1)
    sent = subgraphs.asked("stock")[0].variables["representations"]
    assert [(each["id"], each["price"], each["weight"]) for each in sent] == [
        ("1", 1, 10),
        ("0", 0, 0),
        ("2", 2, 20),
    ]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("fault", ["lost", "empty"])
async def test_what_does_not_need_the_missing_input_is_still_asked(
    fault: str, *, compiled: bool
) -> None:
    subgraphs = Subgraphs(lost="prices") if fault == "lost" else Subgraphs(empty="prices")

    data = await run(f"{{ best {{ {ALL} }} items {{ {ALL} }} }}", subgraphs, compiled=compiled)

    expected = {"count": 1, "tax": None}
    assert data == {
        "best": expected | {"freight": 1},
        "items": [expected | {"freight": at} for at in range(3)],
    }
    (request,) = subgraphs.asked("stock")
    assert {name: len(value) for name, value in request.variables.items()} == {"_r0": 3, "_r1": 3}


@pytest.mark.parametrize("compiled", [False, True])
async def test_only_the_objects_that_lack_an_input_are_asked_with_less(*, compiled: bool) -> None:
    subgraphs = Subgraphs()
    kept = [{**item} for item in ITEMS if item["id"] != "2"]
    subgraphs.members["prices"] = MemorySubgraph(LINK + BODIES["prices"], {"Item": kept})

    data = await run(f"{{ items {{ {ALL} }} }}", subgraphs, compiled=compiled)

    assert data == {
        "items": [
            {"count": 1, "tax": 0, "freight": 0},
            {"count": 1, "tax": 1, "freight": 1},
            {"count": 1, "tax": None, "freight": 2},
        ]
    }
    (request,) = subgraphs.asked("stock")
    assert {name: len(value) for name, value in request.variables.items()} == {
        "_r0": 2,
        "_r1": 1,
        "_r2": 1,
    }

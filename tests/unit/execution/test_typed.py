"""Typed plans: what they answer, when they leave it to others, and that they are given back."""

import asyncio
import gc
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from federation.errors import SubgraphUnreachable
from federation.execution import (
    ByteReply,
    CompiledPlans,
    ExecutionRequest,
    SubgraphReply,
    SubgraphRequest,
    TypedPlan,
    body_of,
    compile_typed,
    execute,
    read_reply,
)
from federation.planning.plan import OperationPlan
from tests.support.city import API
from tests.support.plans import call, entities, plan_of, root

ME = {"id": "1", "nick": "Li", "rank": 3, "sex": "FEMALE"}


def my_plan(selections: str = "id nick rank sex") -> OperationPlan:
    return plan_of(f"{{ me {{ {selections} }} }}", API, root(0, "a", f"me {{ {selections} }}"))


def typed(plan: OperationPlan, request: ExecutionRequest | None = None) -> TypedPlan:
    code = compile_typed(plan, request or ExecutionRequest(), API)
    assert code is not None
    return code


class Bytes:
    """A transport of prepared answers by subgraph, and how often each was asked."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def send(self, subgraph: str, request: SubgraphRequest) -> SubgraphReply:
        return read_reply(subgraph, await self.post(subgraph, body_of(request), {}))

    def post(self, subgraph: str, _body: bytes, _headers: Mapping[str, str], **_how: bool) -> Any:
        self.asked.append(subgraph)
        reply: asyncio.Future[ByteReply] = asyncio.get_running_loop().create_future()
        answer = self._answers[subgraph]
        if isinstance(answer, Exception):
            reply.set_exception(answer)
        elif answer is not None:
            text = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
            reply.set_result(ByteReply(200, text))
        return reply


async def test_answer_is_what_came_in_the_order_of_the_response() -> None:
    plan = plan_of("{ me { rank n: nick id } }", API, root(0, "a", "me { id n: nick rank }"))
    transport = Bytes(a={"data": {"me": {"id": "1", "n": "Li", "rank": None}}, "extensions": {}})

    result = await execute(plan, ExecutionRequest(), transport, API, typed(plan))

    assert result.text == b'{"data":{"me":{"rank":null,"n":"Li","id":"1"}}}'


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"me": {**ME, "nick": None}}},
        {"data": {"me": {**ME, "rank": "3"}}},
        {"data": {"me": {**ME, "rank": 2**31}}},
        {"data": {"me": {**ME, "sex": "HIDDEN"}}},
        {"data": {"me": {**ME, "more": 1}}},
        {"data": {"me": {"id": "1", "nick": "Li", "rank": 3}}},
        {"data": {"me": []}},
        {"data": {"me": ME}, "errors": [{"message": "broken", "path": ["me", "rank"]}]},
        {"data": None},
        b"<html>",
        SubgraphUnreachable("a", "gone"),
    ],
)
async def test_whatever_is_not_sound_is_answered_without_the_code_and_asked_once(
    answer: Any,
) -> None:
    plan, with_code, without = my_plan(), Bytes(a=answer), Bytes(a=answer)

    one = await execute(plan, ExecutionRequest(), with_code, API, typed(plan))
    other = await execute(plan, ExecutionRequest(), without, API)

    assert one.text is None
    assert (one.data, one.errors) == (other.data, other.errors)
    assert with_code.asked == ["a"]


def reviewed() -> OperationPlan:
    """Users of one subgraph, with a hidden key, and what another says about them."""
    return plan_of(
        "{ users { nick reviews { body } } }",
        API,
        root(0, "a", "users { id nick }"),
        entities(1, "b", call("users.@", "User", "id", "reviews { body }")),
    )


async def test_hidden_key_is_not_in_the_answer_and_one_entity_is_asked_once() -> None:
    plan = reviewed()
    users = [{"id": "1", "nick": "Li"}, {"id": "2", "nick": "Wu"}, {"id": "1", "nick": "Li"}]
    transport = Bytes(
        a={"data": {"users": users}},
        b={"data": {"_entities": [{"reviews": [{"body": "good"}]}, None]}},
    )

    result = await execute(plan, ExecutionRequest(), transport, API, typed(plan))

    assert result.text is not None
    assert msgspec.json.decode(result.text)["data"]["users"] == [
        {"nick": "Li", "reviews": [{"body": "good"}]},
        {"nick": "Wu", "reviews": None},
        {"nick": "Li", "reviews": [{"body": "good"}]},
    ]
    assert [report.representations for report in result.reports] == [0, 2]


async def test_mask_is_applied_once_to_each_object() -> None:
    plan = reviewed()
    request = ExecutionRequest(masks={("Review", "body"): lambda value: f"{value}*"})
    transport = Bytes(
        a={"data": {"users": [{"id": "1", "nick": "Li"}, {"id": "1", "nick": "Li"}]}},
        b={"data": {"_entities": [{"reviews": [{"body": "good"}]}]}},
    )

    result = await execute(plan, request, transport, API, typed(plan, request))

    assert result.text is not None
    assert result.masked == 2
    assert [user["reviews"] for user in msgspec.json.decode(result.text)["data"]["users"]] == [
        [{"body": "good*"}],
        [{"body": "good*"}],
    ]


async def test_code_that_was_of_no_use_is_tried_again_now_and_then() -> None:
    plan = my_plan()
    code = typed(plan)

    async def is_used(me: Mapping[str, Any]) -> bool:
        transport = Bytes(a={"data": {"me": me}})
        result = await execute(plan, ExecutionRequest(), transport, API, code)
        return result.text is not None

    vain = [await is_used({**ME, "nick": None}) for _ in range(3)]
    later = [await is_used(ME) for _ in range(52)]

    assert not any(vain)
    assert later == [False] * 49 + [True] * 3


async def test_answers_still_on_their_way_are_waited_for_until_the_deadline() -> None:
    plan = reviewed()
    transport = Bytes(a={"data": {"users": [{"id": "1", "nick": "Li"}]}}, b=None)
    request = ExecutionRequest(deadline=0.05)

    result = await execute(plan, request, transport, API, typed(plan))

    assert result.data == {"users": [{"nick": "Li", "reviews": None}]}
    assert [error.extensions["code"] for error in result.errors] == ["SUBGRAPH_TIMEOUT"]
    assert transport.asked == ["a", "b"]


async def test_client_that_leaves_takes_what_is_under_way_with_it() -> None:
    transport = Bytes(a=None)
    plan = my_plan()
    task = asyncio.create_task(execute(plan, ExecutionRequest(), transport, API, typed(plan)))
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


def test_mutations_and_introspection_are_not_typed() -> None:
    introspected = ExecutionRequest(introspection={"__schema": {}})

    assert (
        compile_typed(
            plan_of("mutation { first }", API, root(0, "a", "first")), ExecutionRequest(), API
        )
        is None
    )
    assert compile_typed(my_plan(), introspected, API) is None


def test_code_is_made_for_each_set_of_conditions_masks_and_needs() -> None:
    plans, plan = CompiledPlans(10_000_000), my_plan()
    masks = {("User", "nick"): str}
    codes = []

    for request in (
        ExecutionRequest(),
        ExecutionRequest(masks=masks),
        ExecutionRequest(keeps_tree=True),
        ExecutionRequest(masks=masks, keeps_tree=True),
    ):
        plans.get(plan, request, API)
        codes.append(plans.get(plan, request, API))

    assert len({id(code) for code in codes}) == 4
    assert all(isinstance(code, TypedPlan) for code in codes)


async def test_tree_holds_what_the_response_does_not() -> None:
    plan, request = reviewed(), ExecutionRequest(keeps_tree=True)
    transport = Bytes(
        a={"data": {"users": [{"id": "1", "nick": "Li"}]}},
        b={"data": {"_entities": [{"reviews": []}]}},
    )

    result = await execute(plan, request, transport, API, typed(plan, request))

    assert result.text == b'{"data":{"users":[{"nick":"Li","reviews":[]}]}}'
    assert result.tree == {"users": [{"id": "1", "nick": "Li", "reviews": []}]}


@pytest.fixture
def own_garbage() -> Iterator[None]:
    """Other tests' garbage stays where it is: some of it may be freed by its own thread only."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("own_garbage")
def test_classes_of_forgotten_code_are_really_freed() -> None:
    plans, plan = CompiledPlans(10_000_000), my_plan()
    plans.get(plan, ExecutionRequest(), API)
    code = plans.get(plan, ExecutionRequest(), API)
    assert isinstance(code, TypedPlan)
    classes = [
        weakref.ref(each)
        for each in gc.get_objects()
        if isinstance(each, type) and issubclass(each, msgspec.Struct) and each.__name__ == "User"
    ]
    assert classes

    del code, plans
    gc.collect()

    assert not any(each() for each in classes)

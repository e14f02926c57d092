"""Objects that an answer repeats: when they are shared, and that nobody can tell."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from federation.execution import CompiledPlans, ExecutionRequest, TypedPlan, execute
from federation.execution.compiled.sharing import Sharing, read_once
from federation.planning.plan import OperationPlan
from tests.support.as_bytes import data_of
from tests.support.city import API
from tests.support.plans import call, entities, plan_of, root
from tests.unit.execution.test_typed import Bytes

AROUND = {1: frozenset[int](), 2: frozenset({1})}


def counted(sharing: Sharing, *runs: dict[int, tuple[int, int]]) -> frozenset[int]:
    for run in runs:
        assert sharing.is_due()
        sharing.note(run)
    return sharing.wanted


def test_the_outermost_of_what_repeats_itself_is_shared_after_three_runs() -> None:
    sharing = Sharing(frozenset(), AROUND)
    run = {1: (40, 10), 2: (400, 10)}

    assert counted(sharing, run, run) == frozenset()
    assert counted(sharing, run) == {1}


@pytest.mark.parametrize("run", [{1: (40, 11)}, {1: (7, 1)}, {1: (0, 0)}])
def test_what_seldom_repeats_itself_and_what_is_little_is_not(run: dict[int, Any]) -> None:
    sharing = Sharing(frozenset(), {1: frozenset()})

    assert counted(sharing, run, run, run) == frozenset()


def test_it_is_given_up_only_when_it_is_of_no_use_any_more() -> None:
    for different, wanted in ((20, {1}), (21, frozenset())):
        sharing = Sharing(frozenset({1}), {1: frozenset()})
        run = {1: (40, different)}

        assert counted(sharing, run, run, run) == wanted


def test_later_one_run_in_a_hundred_is_counted() -> None:
    sharing = Sharing(frozenset(), {1: frozenset()})
    counted(sharing, *[{1: (0, 0)}] * 3)

    due = [sharing.is_due() for _ in range(97)]

    assert due == [False] * 96 + [True]
    sharing.note({1: (40, 1)})
    assert sharing.wanted == {1}


def test_without_candidates_nothing_is_counted() -> None:
    assert not Sharing(frozenset(), {}).is_due()


def test_equal_texts_are_read_once_in_the_order_they_come() -> None:
    read: list[bytes] = []

    def decode(text: bytes) -> Any:
        read.append(text)
        return msgspec.json.decode(text)

    texts = [msgspec.Raw(each) for each in (b"[1]", b"[1]", b"null", b"[2]", b"[1]")]
    objects, different = read_once(texts, decode)

    assert objects == [[1], [1], None, [2], [1]]
    assert objects[0] is objects[1] is objects[4]
    assert different == [[1], None, [2]]
    assert read == [b"[1]", b"null", b"[2]"]


def friends() -> OperationPlan:
    """Friends of users, in lists; another subgraph tells their rank."""
    return plan_of(
        "{ users { friends { nick rank } } }",
        API,
        root(0, "a", "users { friends { id nick } }"),
        entities(1, "b", call("users.@.friends.@", "User", "id", "rank")),
    )


def products() -> OperationPlan:
    """Products of reviews, one each; another subgraph tells their price."""
    return plan_of(
        "{ me { reviews { body product { title price } } } }",
        API,
        root(0, "a", "me { reviews { body product { id title } } }"),
        entities(1, "b", call("me.reviews.@.product", "Product", "id", "price")),
    )


def told(different: Iterable[str], key: str) -> dict[str, Any]:
    return {"data": {"_entities": [{key: int(each)} for each in different]}}


def answers(plan: OperationPlan, *objects: dict[str, Any] | None) -> Bytes:
    """Two users with these friends, or one with reviews of these products."""
    different = {each["id"]: None for each in objects if each}
    if "friends" in plan.fetches[0].text:
        there = [{"id": each["id"], "nick": each["title"]} for each in objects if each]
        users = [{"friends": there}, {"friends": there}, {"friends": None}]
        return Bytes(a={"data": {"users": users}}, b=told(different, "rank"))
    reviews = [{"body": "good", "product": each} for each in objects]
    return Bytes(a={"data": {"me": {"reviews": reviews}}}, b=told(different, "price"))


LI, WU = {"id": "1", "title": "Li"}, {"id": "2", "title": "Wu"}
PLANS = pytest.mark.parametrize("make", [friends, products])


async def settled(plans: CompiledPlans, plan: OperationPlan, request: ExecutionRequest) -> None:
    """Asked until it is known how often objects repeat themselves."""
    for _ in range(6):
        code = plans.get(plan, request, API)
        await execute(plan, request, answers(plan, *[LI] * 9), API, code)


async def shared(plan: OperationPlan, request: ExecutionRequest) -> TypedPlan:
    plans = CompiledPlans(10_000_000)
    await settled(plans, plan, request)
    code = plans.get(plan, request, API)
    assert code is not None
    assert code.sharing.shared
    assert code.sharing.shared == code.sharing.candidates
    return code


@PLANS
async def test_answers_are_the_same_when_objects_are_shared(
    make: Callable[[], OperationPlan],
) -> None:
    plan, request = make(), ExecutionRequest(keeps_tree=True)
    code = await shared(plan, request)

    one = await execute(plan, request, answers(plan, LI, WU, None, LI), API, code)
    other = await execute(plan, request, answers(plan, LI, WU, None, LI), API)

    assert one.text is not None
    assert data_of(one) == other.data
    assert one.tree == other.tree
    assert one.reports[1].representations == 2


async def test_masks_of_shared_objects_are_counted_where_they_are_shown() -> None:
    plan = products()
    request = ExecutionRequest(masks={("Product", "title"): lambda value: f"{value}*"})
    code = await shared(plan, request)

    result = await execute(plan, request, answers(plan, LI, LI, LI), API, code)

    shown = {"body": "good", "product": {"title": "Li*", "price": 1.0}}
    assert data_of(result) == {"me": {"reviews": [shown] * 3}}
    assert result.masked == 3


@PLANS
async def test_what_is_wrong_inside_of_a_text_is_left_to_the_interpreted_executor(
    make: Callable[[], OperationPlan],
) -> None:
    plan, request = make(), ExecutionRequest()
    code = await shared(plan, request)
    transport = answers(plan, LI, {"id": "2", "title": 5})

    result = await execute(plan, request, transport, API, code)

    assert result.text is None
    assert {error.path[-1] for error in result.errors if error.path} == {
        "nick" if make is friends else "title"
    }
    assert transport.asked == ["a", "b"]


async def test_code_is_made_anew_when_repetition_ends() -> None:
    plan, request, plans = products(), ExecutionRequest(), CompiledPlans(10_000_000)
    await settled(plans, plan, request)
    many = [{"id": str(at), "title": "Li"} for at in range(20)]

    for _ in range(4):
        code = plans.get(plan, request, API)
        await execute(plan, request, answers(plan, *many), API, code)

    code = plans.get(plan, request, API)
    assert code is not None
    assert code.sharing.shared == frozenset()
    assert len(plans) == 1

"""Compiled plans: when code is made, that it is used, and that it is given back."""

import gc
import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLSchema

from federation.execution import (
    CompiledPlan,
    CompiledPlans,
    ExecutionRequest,
    SubgraphReply,
    SubgraphRequest,
    compile_plan,
    execute,
)
from federation.execution.compiled import Unexpected
from federation.planning.plan import OperationPlan
from tests.support.city import API
from tests.support.plans import plan_of, root

# For such a request there are no typed plans.
TREE = ExecutionRequest(introspection={"__schema": {}})
ME = {"__typename": "User", "id": "1", "nick": "Li", "rank": 3, "sex": "FEMALE"}


def my_plan(selections: str = "id nick rank sex") -> OperationPlan:
    return plan_of(f"{{ me {{ {selections} }} }}", API, root(0, "a", f"me {{ {selections} }}"))


def compiled(plan: OperationPlan) -> CompiledPlan:
    code = compile_plan(plan, API)
    assert code is not None
    return code


class One:
    """A transport with one answer."""

    def __init__(self, me: Any) -> None:
        self._me = me

    async def send(self, _subgraph: str, _request: SubgraphRequest) -> SubgraphReply:
        return SubgraphReply({"me": self._me})


def test_shape_is_the_response_of_a_sound_tree() -> None:
    shape = compiled(my_plan("rank n: nick id")).shape

    shown = shape({"me": {"__typename": "User", "id": 7, "n": "Li", "rank": None, "more": 1}})

    assert list(shown["me"].items()) == [("rank", None), ("n", "Li"), ("id", "7")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"nick": None},
        {"nick": 1},
        {"rank": "1"},
        {"rank": True},
        {"rank": 2**31},
        {"sex": "HIDDEN"},
        {"sex": []},
        {"__typename": "Product"},
        {"__typename": ["User"]},
    ],
)
def test_shape_leaves_whatever_is_not_as_its_type_says(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(Unexpected):
        compiled(my_plan()).shape({"me": {**ME, **wrong}})


@pytest.mark.parametrize("me", [[], "x", 1, [ME]])
def test_shape_leaves_what_is_no_object(me: object) -> None:
    with pytest.raises(Unexpected):
        compiled(my_plan()).shape({"me": me})


async def test_execution_uses_the_code_it_is_given() -> None:
    plan = my_plan()
    code = replace(compiled(plan), shape=lambda tree: {"from code": tree["me"]["id"]})

    result = await execute(plan, ExecutionRequest(), One(ME), API, code)

    assert result.data == {"from code": "1"}


async def test_execution_goes_the_long_way_where_the_code_does_not_go_on() -> None:
    plan = my_plan()

    result = await execute(plan, ExecutionRequest(), One({**ME, "rank": "x"}), API, compiled(plan))

    assert result.data == {"me": {"id": "1", "nick": "Li", "rank": None, "sex": "FEMALE"}}
    assert [error.path for error in result.errors] == [("me", "rank")]


async def test_masks_hold_for_compiled_plans() -> None:
    plan = my_plan()
    request = ExecutionRequest(masks={("User", "nick"): lambda value: f"{value[0]}***"})

    result = await execute(plan, request, One(ME), API, compiled(plan))

    assert result.data is not None
    assert result.data["me"]["nick"] == "L***"


@pytest.mark.parametrize(
    "text",
    ["{ __schema { types { name } } }", "query ($v: Boolean!) { one @skip(if: $v) two }"],
)
def test_plans_with_introspection_or_conditions_are_not_compiled(text: str) -> None:
    assert compile_plan(plan_of(text, API), API) is None


def test_plan_is_compiled_on_second_sight() -> None:
    plans, plan = CompiledPlans(1_000_000), my_plan()

    assert plans.get(plan, TREE, API) is None
    code = plans.get(plan, TREE, API)
    assert code is not None
    assert plans.get(plan, TREE, API) is code


def test_equal_plan_of_another_time_is_another_plan() -> None:
    plans = CompiledPlans(1_000_000)

    for _ in range(2):
        assert plans.get(my_plan(), TREE, API) is None


def test_least_recently_used_code_is_really_freed() -> None:
    first, second = my_plan("id"), my_plan("nick")
    plans = CompiledPlans(2 * compiled(first).size + 1_500)
    plans.get(first, TREE, API)
    code = plans.get(first, TREE, API)
    assert isinstance(code, CompiledPlan)
    freed = weakref.ref(code.shape)
    del code

    for plan in (second, my_plan("rank"), my_plan("sex")):
        plans.get(plan, TREE, API)
        plans.get(plan, TREE, API)
    gc.collect()

    assert freed() is None


def test_many_operations_take_no_more_than_the_limit() -> None:
    plans, limit = CompiledPlans(20_000), 20_000
    for number in range(300):
        plan = my_plan(f"k{number}: id")
        plans.get(plan, TREE, API)
        plans.get(plan, TREE, API)
        assert plans.size <= limit

    assert 0 < len(plans) < 50


def test_code_larger_than_the_limit_is_not_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def make(plan: OperationPlan, schema: GraphQLSchema) -> CompiledPlan | None:
        made.append(plan)
        return compile_plan(plan, schema)

    monkeypatch.setattr("federation.execution.compiled.cache.compile_plan", make)
    plans, plan = CompiledPlans(100), my_plan()

    assert [plans.get(plan, TREE, API) for _ in range(5)] == [None] * 5
    assert len(made) == 1


def test_plan_that_outgrows_its_worth_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.execution.compiled.source._MAX_LINES", 10)

    assert compile_plan(my_plan(), API) is None

"""Compiled plans: when code is made, that it is kept within a limit, and that it is given back."""

import gc
import os
import weakref
from collections.abc import Callable, Hashable

import msgspec
import pytest
from graphql import GraphQLSchema

from federation.execution import CompiledPlans, ExecutionRequest, TypedPlan, compile_typed
from federation.execution.compiled.cache import Code
from federation.planning.plan import OperationPlan
from tests.support.city import API
from tests.support.plans import plan_of, root

ANY = ExecutionRequest()


def my_plan(selections: str = "id nick rank sex") -> OperationPlan:
    return plan_of(f"{{ me {{ {selections} }} }}", API, root(0, "a", f"me {{ {selections} }}"))


def typed(plan: OperationPlan) -> TypedPlan:
    code = compile_typed(plan, ANY, API)
    assert code is not None
    return code


def test_plan_is_compiled_on_second_sight() -> None:
    plans, plan = CompiledPlans(1_000_000), my_plan()

    assert plans.get(plan, ANY, API) is None
    code = plans.get(plan, ANY, API)
    assert code is not None
    assert plans.get(plan, ANY, API) is code


def test_code_that_is_made_later_is_asked_for_until_it_is_there() -> None:
    waiting: dict[Hashable, Callable[[], None]] = {}

    def later(key: Hashable, make: Callable[[], Code], then: Callable[[Code], None]) -> None:
        waiting[key] = lambda: then(make())

    plans, plan = CompiledPlans(1_000_000, later), my_plan()

    assert [plans.get(plan, ANY, API) for _ in range(4)] == [None] * 4
    (make,) = waiting.values()
    make()
    code = plans.get(plan, ANY, API)
    assert code is not None

    code.sharing.wanted = frozenset({1})
    assert plans.get(plan, ANY, API) is code
    assert len(waiting) == 2


def test_equal_plan_of_another_time_is_another_plan() -> None:
    plans = CompiledPlans(1_000_000)

    for _ in range(2):
        assert plans.get(my_plan(), ANY, API) is None


def test_least_recently_used_code_is_really_freed() -> None:
    first, second = my_plan("id"), my_plan("nick")
    plans = CompiledPlans(2 * typed(first).size + 1_500)
    plans.get(first, ANY, API)
    code = plans.get(first, ANY, API)
    assert code is not None
    freed = weakref.ref(code.finish)
    del code

    for plan in (second, my_plan("rank"), my_plan("sex")):
        plans.get(plan, ANY, API)
        plans.get(plan, ANY, API)
    gc.collect()

    assert freed() is None


def test_many_operations_take_no_more_than_the_limit() -> None:
    limit = 10 * typed(my_plan("k: id")).size
    plans = CompiledPlans(limit)
    for number in range(300):
        plan = my_plan(f"k{number}: id")
        plans.get(plan, ANY, API)
        plans.get(plan, ANY, API)
        assert plans.size <= limit

    assert 0 < len(plans) < 12


def test_memory_of_evicted_code_is_given_back_among_any_number_of_operations() -> None:
    operations = int(os.environ.get("DATONG_DISTINCT_OPERATIONS", "1100"))
    plans = CompiledPlans(100 * typed(my_plan("a: id")).size)
    before, most = len(msgspec.Struct.__subclasses__()), 0
    # As in a gateway, where the collector seldom comes by itself.
    gc.disable()
    try:
        for number in range(operations):
            plan = my_plan(f"k{number}: id")
            plans.get(plan, ANY, API)
            plans.get(plan, ANY, API)
            if number % 50 == 0:
                most = max(most, len(msgspec.Struct.__subclasses__()) - before)
    finally:
        gc.enable()

    # Three of each operation: of 100 that fit, and of 872 that may wait for the collector.
    assert 0 < most < 3 * 1_000


def test_evicted_code_is_collected_for_a_hundredth_of_the_time_and_none_is_made_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, collected = 100.0, 0

    def collect() -> None:
        nonlocal now, collected
        now += 0.25
        collected += 1

    cache = "federation.execution.compiled.cache"
    monkeypatch.setattr(f"{cache}._MAX_GARBAGE_BYTES", 1)
    monkeypatch.setattr(f"{cache}.time.monotonic", lambda: now)
    monkeypatch.setattr(f"{cache}.gc.collect", collect)
    plans = CompiledPlans(typed(my_plan("a: id")).size + 500)
    names = iter(f"k{number}: id" for number in range(100))

    def comes_twice() -> TypedPlan | None:
        plan = my_plan(next(names))
        plans.get(plan, ANY, API)
        return plans.get(plan, ANY, API)

    # Each evicts the one before.
    first = [comes_twice() is not None for _ in range(4)]
    so_far, now = collected, now + 24
    early = comes_twice()
    now += 2
    late = comes_twice()

    assert first == [True, True, True, False]
    assert (so_far, collected) == (1, 2)
    assert early is None
    assert late is not None


def test_code_larger_than_the_limit_is_not_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def make(
        plan: OperationPlan,
        request: ExecutionRequest,
        schema: GraphQLSchema,
        shared: frozenset[int],
    ) -> TypedPlan | None:
        made.append(plan)
        return compile_typed(plan, request, schema, shared)

    monkeypatch.setattr("federation.execution.compiled.cache.compile_typed", make)
    plans, plan = CompiledPlans(100), my_plan()

    assert [plans.get(plan, ANY, API) for _ in range(5)] == [None] * 5
    assert len(made) == 1


def test_plan_that_outgrows_its_worth_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.execution.compiled.source._MAX_LINES", 10)

    assert compile_typed(my_plan(), ANY, API) is None

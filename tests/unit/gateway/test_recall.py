"""What of an earlier request is taken up again, and what never is."""

import asyncio
import gc
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from federation.access import (
    AccessIndex,
    Asker,
    Caller,
    Decision,
    Effect,
    Restriction,
    Verdict,
    allow_all,
    restrict,
)
from federation.gateway.recall import Asked, Known, Planned, Recall
from federation.gateway.settings import Cache, Preparing
from federation.gateway.state import State, build_state
from federation.gateway.turns import Turns
from federation.operation import Limits, parse_operation
from federation.planning import OperationPlan
from tests.support.built_case import built
from tests.support.cases import case
from tests.support.planned import composed

BODY = """
type Query { citizen(number: ID!): Citizen  me: Citizen }
type Citizen @key(fields: "number") { number: ID!  name: String  phone: String }
"""
QUERY = "query ($n: ID!) { citizen(number: $n) { name phone } }"
LI, WANG = (Asker(Caller(name, "person"), None, (), 0) for name in ("li", "wang"))


@pytest.fixture(scope="module")
def state() -> State:
    return build_state(composed({"people": BODY}))


class Recalled:
    """A memory, and what is asked of it one after another."""

    def __init__(self, sizes: Cache | None = None) -> None:
        self.recall = Recall(sizes or Cache(), Turns(Preparing()))

    def parsed(self, state: State, text: str = QUERY) -> Known:
        key = (state.revision, text)
        parse = partial(parse_operation, text, state.schema, None, Limits())
        return asyncio.run(self.recall.parsed("li", key, parse))

    def asked(
        self, state: State, variables: Mapping[str, Any], asker: Asker = LI, text: str = QUERY
    ) -> Asked:
        return asyncio.run(self.recall.asked(self.parsed(state, text), variables, asker, state))

    def planned(
        self,
        state: State,
        asked: Asked,
        variables: Mapping[str, Any],
        decision: Decision,
        *labels: str,
    ) -> Planned:
        def anew(index: AccessIndex) -> Restriction:
            return restrict(asked.known.parsed.operation, variables, decision, index)

        return asyncio.run(self.recall.planned(asked, decision, LI, state, anew, frozenset(labels)))


def test_question_is_the_same_whatever_value_a_row_is_asked_by(state: State) -> None:
    recalled = Recalled()

    one = recalled.asked(state, {"n": "1"}, LI)
    other = recalled.asked(state, {"n": "2"}, WANG)

    assert one is other
    assert one.question.asked_by(WANG).asker is WANG


def test_decision_of_its_own_makes_a_restriction_of_its_own(state: State) -> None:
    recalled = Recalled()
    asked = recalled.asked(state, {"n": "1"})
    allowed = allow_all(asked.question)
    no_phone = {**allowed.verdicts, ("Citizen.phone", "select"): Verdict(Effect.DENY)}
    denied = Decision(no_phone, {}, "open")

    first = recalled.planned(state, asked, {"n": "1"}, allowed)
    second = recalled.planned(state, asked, {"n": "1"}, denied)
    third = recalled.planned(state, asked, {"n": "2"}, allowed)

    assert first is third
    assert not first.restriction.refusals
    assert [refusal.path for refusal in second.restriction.refusals] == [("citizen", "phone")]
    assert "phone" not in second.plan.fetches[0].text


def test_equal_decision_of_another_caller_is_another_and_shares_the_plan(state: State) -> None:
    recalled = Recalled()
    asked = recalled.asked(state, {"n": "1"})

    one = recalled.planned(state, asked, {"n": "1"}, allow_all(asked.question))
    other = recalled.planned(state, asked, {"n": "1"}, allow_all(asked.question))

    assert one is not other
    assert one.plan is other.plan


def test_operation_under_another_name_is_asked_about_anew_and_shares_the_plan(
    state: State,
) -> None:
    recalled = Recalled()
    one, other = (
        recalled.asked(state, {}, text=f"query {name} {{ me {{ name }} }}") for name in "AB"
    )

    plans = [
        recalled.planned(state, each, {}, allow_all(each.question)).plan for each in (one, other)
    ]

    assert [each.question.operation.name for each in (one, other)] == ["A", "B"]
    assert plans[0] is plans[1]


def test_what_is_forgotten_is_made_again(state: State) -> None:
    recalled = Recalled(Cache(operations=1, plans=1))
    first = recalled.parsed(state)
    recalled.parsed(state, "{ me { name } }")

    assert recalled.parsed(state) is not first


def test_new_operations_leave_nothing_to_the_garbage_collector(state: State) -> None:
    recalled = Recalled()
    text = (
        "query ($n: ID!) { citizen(number: $n) { ...A } me { ...A } }"
        " fragment A on Citizen { n%d: name }"
    )

    def planned_anew(number: int) -> None:
        asked = recalled.asked(state, {"n": "1"}, text=text % number)
        recalled.planned(state, asked, {"n": "1"}, allow_all(asked.question))

    planned_anew(1)
    gc.collect()
    gc.disable()
    try:
        planned_anew(2)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        # Event loops of this test leave some of their own.
        found = {type(each).__module__.partition(".")[0] for each in gc.garbage}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()

    assert not found & {"graphql", "federation"}


def test_labels_that_do_not_matter_share_a_plan() -> None:
    built_case = built(case("override/labels"))
    state = build_state(built_case.supergraph)
    recalled = Recalled()

    def plan_under(text: str, *labels: str) -> OperationPlan:
        asked = recalled.asked(state, {}, text=text)
        return recalled.planned(state, asked, {}, allow_all(asked.question), *labels).plan

    off = plan_under("{ products { price } }")
    assert plan_under("{ products { price } }", "new-search") is off
    moved = plan_under("{ products { price } }", "percent(25)")
    assert [fetch.subgraph for fetch in off.fetches] == ["old"]
    assert [fetch.subgraph for fetch in moved.fetches] == ["old", "new"]
    assert plan_under("{ products { price } }", "percent(25)", "new-search") is moved


def test_large_operations_are_forgotten_sooner(state: State) -> None:
    recalled, most = Recalled(Cache(operation_bytes=100_000)), 0
    for number in range(30):
        text = f"query ($n: ID!) {{ citizen(number: $n) {{ a{number}: name }} }} # {' ' * 20_000}"
        known = recalled.parsed(state, text)
        assert recalled.parsed(state, text) is known
        most = max(most, known.weight)

    assert 28_000 < most < 31_000
    assert recalled.recall.weight <= 100_000

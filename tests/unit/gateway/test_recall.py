"""What of an earlier request is taken up again, and what never is."""

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
from federation.gateway.recall import Known, Planned, Recall
from federation.gateway.settings import Cache
from federation.gateway.state import State, build_state
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


def parsed(recall: Recall, state: State) -> Known:
    return recall.parsed(
        (state.revision, QUERY), lambda: parse_operation(QUERY, state.schema, None, Limits())
    )


def planned(
    recall: Recall, state: State, variables: Mapping[str, Any], decision: Decision
) -> Planned:
    asked = recall.asked(parsed(recall, state), variables, LI, state)

    def anew(index: AccessIndex) -> Restriction:
        return restrict(asked.known.parsed.operation, variables, decision, index)

    return recall.planned(asked, decision, state, anew)


def test_question_is_the_same_whatever_value_a_row_is_asked_by(state: State) -> None:
    recall = Recall(Cache())

    one = recall.asked(parsed(recall, state), {"n": "1"}, LI, state)
    other = recall.asked(parsed(recall, state), {"n": "2"}, WANG, state)

    assert one is other
    assert one.question.asked_by(WANG).asker is WANG


def test_decision_of_its_own_makes_a_restriction_of_its_own(state: State) -> None:
    recall = Recall(Cache())
    question = recall.asked(parsed(recall, state), {"n": "1"}, LI, state).question
    allowed = allow_all(question)
    no_phone = {**allowed.verdicts, ("Citizen.phone", "select"): Verdict(Effect.DENY)}
    denied = Decision(no_phone, {}, "open")

    first = planned(recall, state, {"n": "1"}, allowed)
    second = planned(recall, state, {"n": "1"}, denied)
    third = planned(recall, state, {"n": "2"}, allowed)

    assert first is third
    assert not first.restriction.refusals
    assert [refusal.path for refusal in second.restriction.refusals] == [("citizen", "phone")]
    assert "phone" not in second.plan.fetches[0].text


def test_equal_decision_of_another_caller_is_another_and_shares_the_plan(state: State) -> None:
    recall = Recall(Cache())
    question = recall.asked(parsed(recall, state), {"n": "1"}, LI, state).question

    one = planned(recall, state, {"n": "1"}, allow_all(question))
    other = planned(recall, state, {"n": "1"}, allow_all(question))

    assert one is not other
    assert one.plan is other.plan


def test_what_is_forgotten_is_made_again(state: State) -> None:
    recall = Recall(Cache(operations=1, plans=1))
    first = parsed(recall, state)
    recall.parsed(("another",), lambda: first.parsed)

    assert parsed(recall, state) is not first


def test_labels_that_do_not_matter_share_a_plan() -> None:
    built_case = built(case("override/labels"))
    state = build_state(built_case.supergraph)
    recall = Recall(Cache())

    def plan_under(text: str, *labels: str) -> OperationPlan:
        known = recall.parsed((text,), lambda: parse_operation(text, state.schema, None, Limits()))
        asked = recall.asked(known, {}, LI, state)
        decision = allow_all(asked.question)

        def anew(index: AccessIndex) -> Restriction:
            return restrict(known.parsed.operation, {}, decision, index)

        return recall.planned(asked, decision, state, anew, frozenset(labels)).plan

    off = plan_under("{ products { price } }")
    assert plan_under("{ products { price } }", "new-search") is off
    moved = plan_under("{ products { price } }", "percent(25)")
    assert [fetch.subgraph for fetch in off.fetches] == ["old"]
    assert [fetch.subgraph for fetch in moved.fetches] == ["old", "new"]
    assert plan_under("{ products { price } }", "percent(25)", "new-search") is moved


def test_large_operations_are_forgotten_sooner(state: State) -> None:
    sizes = Cache(operation_bytes=100_000)
    recall, most = Recall(sizes), 0
    for number in range(30):
        text = f"query ($n: ID!) {{ citizen(number: $n) {{ a{number}: name }} }} # {' ' * 20_000}"
        key = (state.revision, text)
        known = recall.parsed(key, partial(parse_operation, text, state.schema, None, Limits()))
        assert recall.parsed(key, lambda: pytest.fail("it is known")) is known
        most = max(most, known.weight)

    assert 28_000 < most < 31_000
    assert recall.weight <= 100_000

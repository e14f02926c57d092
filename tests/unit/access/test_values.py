"""Masks, row filters and the reading of answers."""

from typing import Any

import pytest

from federation.access import (
    NO_DECISION,
    AccessRequest,
    Asker,
    Caller,
    Effect,
    OperationFacts,
    Uses,
    bind_mask,
    read_condition,
    read_decision,
    suits,
)
from federation.errors import PolicyUnavailable

REQUEST = AccessRequest(
    Asker(Caller("me", "person"), None, (), 0),
    OperationFacts("query"),
    {"A.x": Uses(select=True, filter=True)},
)


@pytest.mark.parametrize(
    ("mask", "value", "masked"),
    [
        ("last4", "990102199001011239", "**************1239"),
        ("last4", "123", "***"),
        ("last4", 12345, None),
        ("initial", "张三丰", "张**"),
        ("initial", "", "**"),
        ("first6", "鹤鸣市云溪区文昌街道1号", "鹤鸣市云溪区**"),
        ("first6", "短地址", "短**"),
        ("year", "1990-05-17", "1990-01-01"),
        ("year", "1990-05-17T10:00:00Z", "1990-01-01T00:00:00Z"),
        ("year", "17 May 1990", None),
        ("range", "12345.67", "10000.00"),
        ("range", "-980", "-900"),
        ("range", "0.75", "0.00"),
        ("range", 4321, 4000),
        ("range", 0, 0),
        ("range", 99.5, 90.0),
        ("range", True, None),
        ("range", "much", None),
        ("null", "anything", None),
        ("initial", None, None),
        ("initial", ["ab"], None),
    ],
)
def test_mask_keeps_the_scalar_and_little_else(mask: str, value: Any, masked: Any) -> None:
    assert bind_mask(mask, b"")(value) == masked


def test_hash_is_equal_for_equal_values_under_one_key_only() -> None:
    one, other = bind_mask("hash", b"one"), bind_mask("hash", b"other")
    assert one("x") == one("x")
    assert one("x") != one("y")
    assert one("x") != other("x")
    assert one(1.5) is None


@pytest.mark.parametrize(
    ("mask", "type_text", "fits"),
    [
        ("last4", "IdNumber!", True),
        ("initial", "[String!]!", True),
        ("last4", "Money", False),
        ("year", "Date!", True),
        ("range", "Int", True),
        ("null", "Sex", True),
        ("null", "Sex!", False),
        ("initial", "Sex", False),
        ("none such", "String", False),
    ],
)
def test_mask_suits_its_scalars_only(mask: str, type_text: str, fits: bool) -> None:
    assert suits(mask, type_text) is fits


@pytest.mark.parametrize(
    "tree",
    [
        {"field": "a", "op": "eq", "value": "x"},
        {"field": "a", "op": "in", "value": [1, 2.5, True]},
        {"and": [{"not": {"field": "a", "op": "lt", "value": 3}}]},
        {"or": [{"field": "a", "op": "starts_with", "value": "9"}]},
    ],
)
def test_condition_tree_round_trips(tree: dict[str, Any]) -> None:
    assert read_condition(tree).to_json() == tree


@pytest.mark.parametrize(
    "tree",
    [
        None,
        {},
        {"field": "a", "op": "like", "value": "x"},
        {"field": "a", "op": "eq"},
        {"field": "a", "op": "eq", "value": None},
        {"field": "a", "op": "eq", "value": ["x"]},
        {"field": "a", "op": "in", "value": "x"},
        {"field": "a", "op": "in", "value": [None]},
        {"field": "a", "op": "starts_with", "value": 1},
        {"field": 1, "op": "eq", "value": 1},
        {"and": []},
        {"and": {}},
        {"and": [], "or": []},
        {"field": "a", "op": "eq", "value": 1, "extra": 1},
    ],
)
def test_anything_else_is_no_condition(tree: Any) -> None:
    with pytest.raises(ValueError, match=r"condition|takes|names a field"):
        read_condition(tree)


def test_condition_may_not_nest_without_end() -> None:
    tree: dict[str, Any] = {"field": "a", "op": "eq", "value": 1}
    for _ in range(20):
        tree = {"not": tree}
    with pytest.raises(ValueError, match="deep"):
        read_condition(tree)


GOOD = {"effect": "allow", "reasons": ["b", "a"], "rule": "r"}


def read(verdict: Any, **whole: Any) -> Any:
    answer = {"contract": 1, "fields": {"A.x": {"select": verdict}}, "row_filters": {}, **whole}
    return read_decision(REQUEST, answer, "r1")


def test_good_verdict_is_read_and_what_is_missing_is_undecided() -> None:
    decision = read({**GOOD, "valid_until": 9})
    verdict = decision.verdict("A.x", "select")
    assert (verdict.effect, verdict.reasons, verdict.rule) == (Effect.ALLOW, ("a", "b"), "r")
    assert decision.verdict("A.x", "filter") == NO_DECISION
    assert decision.verdict("B.y", "select") == NO_DECISION
    assert (decision.valid_until, decision.undecided, decision.revision) == (9, 1, "r1")


@pytest.mark.parametrize(
    "verdict",
    [
        None,
        True,
        "allow",
        {**GOOD, "effect": "permit"},
        {**GOOD, "effect": True},
        {**GOOD, "reasons": "because"},
        {**GOOD, "reasons": [1]},
        {**GOOD, "rule": None},
        {**GOOD, "valid_until": "soon"},
        {**GOOD, "valid_until": True},
        {**GOOD, "valid_until": 1.5},
        {**GOOD, "mask": "initial"},
        {**GOOD, "effect": "mask"},
        {**GOOD, "effect": "mask", "mask": "unheard-of"},
        {**GOOD, "effect": "mask", "mask": ["initial"]},
        {"effect": "allow"},
    ],
)
def test_malformed_verdict_is_no_decision(verdict: Any) -> None:
    assert read(verdict).verdict("A.x", "select") == NO_DECISION


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "<undefined>",
        {},
        {"contract": 2, "fields": {}, "row_filters": {}},
        {"contract": 1, "fields": []},
        {"contract": 1, "fields": {}},
        {"contract": 1, "fields": {}, "row_filters": None},
    ],
)
def test_answer_of_another_shape_is_none_at_all(answer: Any) -> None:
    with pytest.raises(PolicyUnavailable):
        read_decision(REQUEST, answer, "r1")


@pytest.mark.parametrize("tree", [{"like": "x"}, {"field": "x", "op": ["eq"], "value": 1}])
def test_row_filter_that_cannot_be_read_is_kept_as_one_that_hides_every_row(tree: Any) -> None:
    assert read(GOOD, row_filters={"A": tree}).row_filters == {"A": None}

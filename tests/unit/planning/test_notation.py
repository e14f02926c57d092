"""Plans in the notation of other tools: what golden files of cases do not show."""

from typing import Any

from federation.planning import OperationPlan, plan_to_json
from federation.planning.plan import EntityFetch, Fetch, RepresentationField
from federation.selection import Condition, Field, InlineFragment

NAME = (InlineFragment("T", (Field("name"),)),)


def entity(**more: Any) -> EntityFetch:
    return EntityFetch((("a", "@"),), None, "T", (RepresentationField("id", "id"),), NAME, **more)


def node_of(*fetches: Fetch, kind: str = "query") -> Any:
    return plan_to_json(OperationPlan(kind, "Query", fetches, ())).get("node")


def test_a_plan_that_asks_nobody_has_no_node() -> None:
    assert node_of() is None


def test_a_subscription_has_its_source_and_the_rest() -> None:
    source = Fetch(0, "s", "subscription", "subscription { a }")
    rest = Fetch(1, "t", "query", "{ ... }", after=(0,), entities=(entity(),))

    alone = node_of(source, kind="subscription")
    both = node_of(source, rest, kind="subscription")

    assert alone["kind"] == "Subscription"
    assert alone["primary"]["operation"] == "subscription { a }"
    assert "rest" not in alone
    assert (both["rest"]["kind"], both["rest"]["path"]) == ("Flatten", ["a", "@"])


def test_calls_of_one_request_stand_side_by_side_with_its_id() -> None:
    fetch = Fetch(0, "t", "query", "both", entities=(entity(), entity()), parts=("first", "second"))

    node = node_of(fetch)

    assert node["kind"] == "Parallel"
    assert [(each["node"]["id"], each["node"]["operation"]) for each in node["nodes"]] == [
        (0, "first"),
        (0, "second"),
    ]


def test_a_root_fetch_below_a_field_is_flattened() -> None:
    fetch = Fetch(0, "t", "query", "{ a }", path=("b", "|X|Y", "c"))

    assert node_of(fetch)["path"] == ["b|[X,Y]", "c"]


def test_alternatives_of_conditions_are_tried_one_after_the_other() -> None:
    yes, no = Condition("yes"), Condition("no", negated=True)
    fetch = Fetch(0, "t", "query", "{ a }", conditions=((yes, no), (Condition("other"),)))

    outer = node_of(fetch)

    other = outer["elseClause"]
    assert (outer["condition"], other["condition"]) == ("yes", "other")
    inner = outer["ifClause"]
    assert (inner["condition"], inner["ifClause"]) == ("no", other)
    assert inner["elseClause"]["kind"] == other["ifClause"]["kind"] == "Fetch"

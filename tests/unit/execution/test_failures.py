"""What fails in a subgraph ends as nulls and errors in the right places, never as a wrong value."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from federation.errors import SubgraphUnreachable
from federation.execution import ExecutionRequest, Outcome, SubgraphReply
from federation.planning.plan import OperationPlan
from federation.selection import Condition, Field
from tests.support.city import API, Replies, city, run, told
from tests.support.memory_subgraph import fault
from tests.support.plans import call, entities, plan_of, root


async def test_error_of_a_root_field_keeps_its_path_and_code() -> None:
    transport = city({"users": [{"id": "1"}]}, {("User", "name"): fault("no name")})
    plan = plan_of("{ users { name nick } }", API, root(0, "accounts", "users { name nick }"))

    result = await run(plan, transport)

    assert result.data == {"users": [{"name": None, "nick": "a"}]}
    assert told(result) == [("BROKEN", ["users", 0, "name"])]
    assert result.errors[0].message == "no name"
    assert result.errors[0].extensions["subgraph"] == "accounts"


async def test_internal_aliases_are_undone_in_error_paths() -> None:
    reply = SubgraphReply(
        {"me": {"_1_name": None}}, ({"message": "no", "path": ["me", "_1_name"]},)
    )
    plan = plan_of("{ i: me { shown: name } }", API, root(0, "accounts", "me { _1_name: name }"))
    (me,) = plan.output
    renamed = structs.replace(
        me, source="me", fields=(structs.replace(me.fields[0], source="_1_name"),)
    )

    result = await run(replace(plan, output=(renamed,)), Replies(accounts=reply))

    assert result.data == {"i": {"shown": None}}
    assert told(result) == [("SUBGRAPH_ERROR", ["i", "shown"])]


async def test_error_on_what_the_client_did_not_select_ends_where_the_response_does() -> None:
    reply = SubgraphReply(
        {"users": [{"name": "x", "rank": None}]},
        ({"message": "no", "path": ["users", 0, "rank"]},),
    )
    plan = plan_of("{ users { name } }", API, root(0, "accounts", "users { name rank }"))

    result = await run(plan, Replies(accounts=reply))

    assert result.data == {"users": [{"name": "x"}]}
    assert told(result) == [("SUBGRAPH_ERROR", ["users", 0])]


async def test_error_of_an_entity_is_told_for_every_object_that_stands_for_it() -> None:
    transport = city(
        {"users": [{"id": "1"}, {"id": "2"}, {"id": "1"}]},
        {("Review", "body"): lambda row, _: _body(row)},
    )
    plan = plan_of(
        "{ users { reviews { body } } }",
        API,
        root(0, "accounts", "users { id }"),
        entities(1, "reviews", call("users.@", "User", "id", "reviews { body }")),
    )

    result = await run(plan, transport)

    assert told(result) == [
        ("SUBGRAPH_ERROR", ["users", 0, "reviews", 1, "body"]),
        ("SUBGRAPH_ERROR", ["users", 2, "reviews", 1, "body"]),
    ]
    assert result.data is not None
    assert result.data["users"][2] == {"reviews": [{"body": "good"}, {"body": None}]}


def _reviews_of_two(key: str) -> OperationPlan:
    """Two calls in one request, of which the first has a tree key of its own."""
    return plan_of(
        "{ me { reviews { body } } top { reviews { body } } }",
        API,
        root(0, "accounts", "me { id }"),
        root(1, "shop", "top { id }"),
        entities(
            2,
            "reviews",
            call("me", "User", "id", f"{key}: reviews {{ body }}"),
            call("top", "Product", "id", "reviews { body }"),
            after=(0, 1),
        ),
    )


async def test_one_bad_call_does_not_spoil_the_other_calls_of_its_request() -> None:
    transport = city(None, {("User", "reviews"): _no_reviews})
    plan = _reviews_of_two("strictly")
    spoiled = SubgraphReply(None, ({"message": "bad", "path": ["_e0", 0, "strictly"]},))

    class Spoiling:
        def __init__(self) -> None:
            self.texts: list[str] = []

        async def send(self, subgraph: str, request: Any) -> SubgraphReply:
            self.texts.append(request.text)
            return spoiled if "_e0" in request.text else await transport.send(subgraph, request)

    spoiling = Spoiling()

    result = await run(plan, spoiling)

    assert result.data == {
        "me": {"reviews": None},
        "top": {"reviews": [{"body": "good"}, {"body": "so so"}]},
    }
    assert result.reports[2].requests == 3
    assert result.reports[2].outcome is Outcome.ANSWERED
    assert len(spoiling.texts) == 5
    assert told(result) == [("SUBGRAPH_ERROR", ["me"])]


async def test_spoiled_single_call_is_not_repeated() -> None:
    spoiled = SubgraphReply(None, ({"message": "bad", "path": ["_entities", 0]},))
    transport = Replies(accounts=SubgraphReply({"me": {"id": "1"}}), reviews=spoiled)
    plan = plan_of(
        "{ me { reviews { body } } }",
        API,
        root(0, "accounts", "me { id }"),
        entities(1, "reviews", call("me", "User", "id", "reviews { body }")),
    )

    result = await run(plan, transport)

    assert len(transport.sent) == 2
    assert result.data == {"me": {"reviews": None}}
    assert told(result) == [("SUBGRAPH_ERROR", ["me"])]


async def test_entities_lost_with_another_one_have_an_error_of_their_own() -> None:
    spoiled = SubgraphReply(None, ({"message": "bad", "path": ["_entities", 1, "rank"]},))
    transport = Replies(
        accounts=SubgraphReply({"users": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}),
        reviews=spoiled,
    )
    plan = plan_of(
        "{ users { rank } }",
        API,
        root(0, "accounts", "users { id }"),
        entities(1, "reviews", call("users.@", "User", "id", "rank")),
    )

    result = await run(plan, transport)

    assert result.data == {"users": [{"rank": None}] * 3}
    assert told(result) == [
        ("SUBGRAPH_ERROR", ["users", 1, "rank"]),
        ("SUBGRAPH_ERROR", ["users"]),
    ]


async def test_root_fields_lost_with_another_one_have_an_error_of_their_own() -> None:
    spoiled = SubgraphReply(None, ({"message": "bad", "path": ["strict", 0]},))
    plan = plan_of(
        "{ one strict { id } me { id } }",
        API,
        root(0, "accounts", "one strict { id } me { id }"),
    )

    result = await run(plan, Replies(accounts=spoiled))

    assert result.data is None
    assert told(result) == [
        ("SUBGRAPH_ERROR", ["strict", 0]),
        ("SUBGRAPH_ERROR", ["one"]),
        ("SUBGRAPH_ERROR", ["me"]),
    ]


async def test_unreachable_subgraph_is_told_once_for_each_place() -> None:
    transport = Replies(
        accounts=SubgraphReply({"me": {"id": "1"}, "users": [{"id": "1"}, {"id": "2"}]}),
        reviews=SubgraphUnreachable("reviews", "10.0.0.1 refused", 503),
    )
    plan = plan_of(
        "{ me { reviews { id } } users { reviews { id } } }",
        API,
        root(0, "accounts", "me { id } users { id }"),
        entities(
            1,
            "reviews",
            call("me", "User", "id", "reviews { id }"),
            call("users.@", "User", "id", "reviews { id }"),
        ),
    )

    result = await run(plan, transport)

    assert result.data == {"me": {"reviews": None}, "users": [{"reviews": None}] * 2}
    assert told(result) == [("SUBGRAPH_UNREACHABLE", ["me"]), ("SUBGRAPH_UNREACHABLE", ["users"])]
    assert result.errors[0].extensions == {
        "code": "SUBGRAPH_UNREACHABLE",
        "subgraph": "reviews",
        "status": 503,
    }
    assert "10.0.0.1" not in str([error.to_json() for error in result.errors])
    assert result.reports[1].outcome is Outcome.UNREACHABLE


async def test_null_that_an_error_explains_propagates_without_a_second_error() -> None:
    transport = Replies(accounts=SubgraphUnreachable("accounts", "gone"))
    plan = plan_of("{ strict { name } }", API, root(0, "accounts", "strict { name }"))

    result = await run(plan, transport)

    assert result.data is None
    assert told(result) == [("SUBGRAPH_UNREACHABLE", ["strict"])]


async def test_null_of_a_strict_field_of_a_failed_entity_fetch_has_one_error() -> None:
    transport = Replies(
        accounts=SubgraphReply({"me": {"id": "1", "name": "Ann"}}),
        reviews=SubgraphUnreachable("reviews", "gone"),
    )
    plan = plan_of(
        "{ me { name nick } }",
        API,
        root(0, "accounts", "me { id name }"),
        entities(1, "reviews", call("me", "User", "id", "nick")),
    )

    result = await run(plan, transport)

    assert result.data == {"me": None}
    assert told(result) == [("SUBGRAPH_UNREACHABLE", ["me"])]


async def test_field_that_rests_on_a_failed_one_is_not_asked_with_null() -> None:
    transport = city(None, {("User", "rank"): fault("no rank")})
    plan = plan_of(
        "{ me { rank } }",
        API,
        root(0, "accounts", "me { id rank }"),
        entities(1, "reviews", call("me", "User", "id rank", "rank: score")),
    )

    result = await run(plan, transport)

    assert len(transport.sent) == 1
    assert told(result) == [("BROKEN", ["me", "rank"])]


async def test_null_that_is_a_fact_is_sent_as_a_required_value() -> None:
    transport = city({"me": {"id": "3"}})
    plan = plan_of(
        "{ me { id } }",
        API,
        root(0, "accounts", "me { id rank }"),
        entities(1, "reviews", call("me", "User", "id rank", "score")),
    )

    await run(plan, transport)

    assert transport.sent[1][1].variables["representations"] == [
        {"__typename": "User", "id": "3", "rank": None}
    ]


@pytest.mark.parametrize(
    "reply",
    [
        SubgraphReply(None),
        SubgraphReply([]),
        SubgraphReply({"_entities": []}),
        SubgraphReply({"_entities": {"0": {}}}),
        SubgraphReply({"_entities": ["x"]}),
        SubgraphReply({}),
    ],
)
async def test_entity_answer_of_the_wrong_form_is_an_error(reply: SubgraphReply) -> None:
    transport = Replies(accounts=SubgraphReply({"me": {"id": "1"}}), reviews=reply)
    plan = plan_of(
        "{ me { reviews { id } } }",
        API,
        root(0, "accounts", "me { id }"),
        entities(1, "reviews", call("me", "User", "id", "reviews { id }")),
    )

    result = await run(plan, transport)

    assert result.data == {"me": {"reviews": None}}
    assert told(result) == [("SUBGRAPH_MALFORMED", ["me"])]
    assert result.reports[1].outcome is Outcome.MALFORMED


async def test_error_of_an_entity_that_a_short_answer_lacks_is_told() -> None:
    short = SubgraphReply({"_entities": []}, ({"message": "no", "path": ["_entities", 0]},))
    plan = plan_of(
        "{ me { name } }",
        API,
        root(0, "shop", "me { id }"),
        entities(1, "accounts", call("me", "User", "id", "name")),
    )
    shop = SubgraphReply({"me": {"id": "1"}})

    result = await run(plan, Replies(shop=shop, accounts=short))

    assert result.data == {"me": {"name": None}}
    assert told(result) == [("SUBGRAPH_ERROR", ["me"])]


async def test_outcome_tells_of_a_part_of_the_wrong_form_whatever_comes_after_it() -> None:
    transport = city(None)
    plan = _reviews_of_two("mine")

    class Spoiling:
        async def send(self, subgraph: str, request: Any) -> SubgraphReply:
            if "_e0" in request.text:
                return SubgraphReply(None, ({"message": "bad"},))
            if "mine" in request.text:
                return SubgraphReply({"_entities": []})
            return await transport.send(subgraph, request)

    result = await run(plan, Spoiling())

    assert told(result) == [("SUBGRAPH_MALFORMED", ["me"])]
    assert result.reports[2].outcome is Outcome.MALFORMED


@pytest.mark.parametrize("reply", [SubgraphReply(None), SubgraphReply("x"), SubgraphReply([{}])])
async def test_root_answer_of_the_wrong_form_is_an_error(reply: SubgraphReply) -> None:
    plan = plan_of("{ me { id } one }", API, root(0, "accounts", "me { id } one"))

    result = await run(plan, Replies(accounts=reply))

    assert result.data == {"me": None, "one": None}
    assert told(result) == [("SUBGRAPH_MALFORMED", None)]


@pytest.mark.parametrize("me", [{}, {"id": 1, "friends": [{"id": 2}, {}]}])
async def test_key_that_is_missing_from_an_answer_is_an_error(me: object) -> None:
    plan = plan_of(
        "{ me { id friends { id } } }", API, root(0, "accounts", "me { id friends { id } }")
    )

    result = await run(plan, Replies(accounts=SubgraphReply({"me": me})))

    assert told(result)[0] == ("SUBGRAPH_MALFORMED", ["me"])


@pytest.mark.parametrize(("on", "errors"), [(True, 1), (False, 0)])
async def test_key_under_a_condition_is_missed_when_the_condition_holds(
    on: bool, errors: int
) -> None:
    asked = Field("one", conditions=(Condition("on"),))
    plan = plan_of(
        "query ($on: Boolean!) { one @include(if: $on) }",
        API,
        replace(root(0, "accounts", "one"), selections=(asked,)),
    )

    result = await run(
        plan, Replies(accounts=SubgraphReply({})), ExecutionRequest(variables={"on": on})
    )

    assert len(result.errors) == errors


async def test_key_that_only_other_types_have_is_not_missed() -> None:
    text = "hits { __typename ... on User { name } ... on Product { title } }"
    plan = plan_of(f"{{ {text} }}", API, root(0, "accounts", text))
    hits = [{"__typename": "User", "name": "Ann"}, {"__typename": "Product", "title": "Tea"}]

    result = await run(plan, Replies(accounts=SubgraphReply({"hits": hits})))

    assert (result.data, result.errors) == ({"hits": hits}, ())


async def test_runtime_type_that_is_no_name_is_an_error() -> None:
    transport = Replies(accounts=SubgraphReply({"hits": [{"__typename": {"a": 1}, "id": "1"}]}))
    plan = plan_of(
        "{ hits { ... on User { reviews { id } } } }",
        API,
        root(0, "accounts", "hits { __typename ... on User { id } }"),
        entities(1, "reviews", call("hits.@.|User", "User", "id", "reviews { id }")),
    )

    result = await run(plan, transport)

    assert (result.data, told(result)) == ({"hits": [None]}, [("INVALID_VALUE", ["hits", 0])])


async def test_merged_answer_that_lacks_one_call_is_an_error_there_alone() -> None:
    transport = Replies(
        accounts=SubgraphReply({"me": {"id": "1"}, "users": [{"id": "2"}]}),
        reviews=SubgraphReply({"_e0": [{"rank": 1}]}),
    )
    plan = plan_of(
        "{ me { rank } users { rank } }",
        API,
        root(0, "accounts", ""),
        entities(
            1,
            "reviews",
            call("me", "User", "id", "rank"),
            call("users.@", "User", "id", "rank"),
        ),
    )

    result = await run(plan, transport)

    assert result.data == {"me": {"rank": 1}, "users": [{"rank": None}]}
    assert told(result) == [("SUBGRAPH_MALFORMED", ["users"])]


async def test_call_without_objects_may_be_missing_from_a_merged_answer() -> None:
    transport = Replies(
        accounts=SubgraphReply({"me": {"id": "1"}, "users": []}),
        reviews=SubgraphReply({"_e0": [{"rank": 1}]}),
    )
    plan = plan_of(
        "{ me { rank } users { rank } }",
        API,
        root(0, "accounts", ""),
        entities(
            1,
            "reviews",
            call("me", "User", "id", "rank"),
            call("users.@", "User", "id", "rank"),
        ),
    )

    result = await run(plan, transport)

    assert (result.data, result.errors) == ({"me": {"rank": 1}, "users": []}, ())


async def test_error_of_a_list_item_explains_its_null() -> None:
    error = {"message": "no", "path": ["users", 1]}
    transport = Replies(accounts=SubgraphReply({"users": [{"id": "1"}, None]}, (error,)))
    plan = plan_of("{ users { id } }", API, root(0, "accounts", ""))

    result = await run(plan, transport)

    assert result.data == {"users": None}
    assert told(result) == [("SUBGRAPH_ERROR", ["users", 1])]


async def test_entity_error_without_a_place_is_told_where_the_objects_are() -> None:
    transport = Replies(
        accounts=SubgraphReply({"users": [{"id": "1"}]}),
        reviews=SubgraphReply({"_entities": [None]}, ({"message": "no"},)),
    )
    plan = plan_of(
        "{ users { rank } }",
        API,
        root(0, "accounts", ""),
        entities(1, "reviews", call("users.@", "User", "id", "rank")),
    )

    result = await run(plan, transport)

    assert result.data == {"users": [{"rank": None}]}
    assert told(result) == [("SUBGRAPH_ERROR", ["users"])]


async def test_lists_of_different_lengths_are_never_mixed() -> None:
    transport = Replies(
        accounts=SubgraphReply({"users": [{"name": "Ann"}]}),
        reviews=SubgraphReply({"users": [{"rank": 1}, {"rank": 2}]}),
    )
    plan = plan_of(
        "{ users { name rank } }",
        API,
        root(0, "accounts", "users { name }"),
        root(1, "reviews", "users { rank }", after=(0,)),
    )

    result = await run(plan, transport)

    assert result.data == {"users": [{"name": "Ann", "rank": None}]}
    assert told(result) == [("SUBGRAPH_MALFORMED", ["users"])]


async def test_answers_of_two_root_fetches_merge_deeply() -> None:
    transport = Replies(
        accounts=SubgraphReply({"users": [{"name": "Ann"}, None], "matrix": [[{"id": 1}]]}),
        reviews=SubgraphReply({"users": [{"rank": 1}, {"rank": 2}], "matrix": [[{"rank": 2}]]}),
    )
    plan = plan_of(
        "{ users { name rank } matrix { id rank } }",
        API,
        root(0, "accounts", "users { name } matrix { id }"),
        root(1, "reviews", "users { rank } matrix { rank }", after=(0,)),
    )

    result = await run(plan, transport)

    assert result.data == {
        "users": [{"name": "Ann", "rank": 1}, {"name": None, "rank": 2}],
        "matrix": [[{"id": "1", "rank": 2}]],
    }


async def test_errors_of_subgraphs_show_no_stack_traces() -> None:
    error = {
        "message": "boom\n  File x.py, line 1",
        "path": ["one"],
        "extensions": {
            "code": "X",
            "subgraph": "other",
            "stacktrace": ["secret"],
            "exception": {"secret": 1},
            "nested": {"secret": 1},
            "Trace": "secret",
            "retryable": True,
            "fields": ["a"],
        },
    }
    plan = plan_of("{ one }", API, root(0, "accounts", "one"))

    result = await run(plan, Replies(accounts=SubgraphReply({"one": None}, (error,))))

    assert [each.to_json() for each in result.errors] == [
        {
            "message": "boom",
            "path": ["one"],
            "extensions": {
                "code": "X",
                "subgraph": "accounts",
                "retryable": True,
                "fields": ["a"],
            },
        }
    ]


async def test_messages_of_subgraphs_can_be_kept_back() -> None:
    error = {"message": "secret", "path": ["one"], "extensions": {"code": "SECRET"}}
    plan = plan_of("{ one }", API, root(0, "accounts", "one"))

    result = await run(
        plan,
        Replies(accounts=SubgraphReply({"one": None}, (error,))),
        ExecutionRequest(show_subgraph_errors=False),
    )

    assert "secret" not in str(result.errors).lower()
    assert told(result) == [("SUBGRAPH_ERROR", ["one"])]


@pytest.mark.parametrize(
    "error",
    [
        "text",
        None,
        {},
        {"message": 1},
        {"message": "m", "path": "one"},
        {"message": "m", "path": [{}]},
    ],
)
async def test_error_of_the_wrong_form_is_still_told(error: object) -> None:
    plan = plan_of("{ one }", API, root(0, "accounts", "one"))

    result = await run(plan, Replies(accounts=SubgraphReply({"one": 1}, (error,))))

    assert result.data == {"one": 1}
    assert told(result) == [("SUBGRAPH_ERROR", ["one"])]


def _body(row: dict[str, Any]) -> str:
    if row["id"] == "r3":
        raise ValueError("no body")
    return str(row["body"])


def _no_reviews(_row: dict[str, Any], _arguments: dict[str, Any]) -> Any:
    raise ValueError("no reviews")

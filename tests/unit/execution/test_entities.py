"""Entity fetches: whom they ask about, what they send, where the answers go."""

from dataclasses import replace

import pytest

from federation.execution import ExecutionRequest, Outcome, SubgraphReply
from federation.planning.plan import EntityFetch, RepresentationField
from federation.selection import Condition
from tests.support.city import API, Replies, city, run, told
from tests.support.plans import call, entities, plan_of, root


async def test_entities_of_a_list_are_asked_in_one_request_without_repetition() -> None:
    transport = city({"users": [{"id": "1"}, {"id": "2"}, {"id": "1"}]})
    plan = plan_of(
        "{ users { name reviews { body } } }",
        API,
        root(0, "accounts", "users { name id }"),
        entities(1, "reviews", call("users.@", "User", "id", "reviews { body }")),
    )

    result = await run(plan, transport)

    assert result.data == {
        "users": [
            {"name": "Ann", "reviews": [{"body": "good"}, {"body": "so so"}]},
            {"name": "Bo", "reviews": [{"body": "bad"}]},
            {"name": "Ann", "reviews": [{"body": "good"}, {"body": "so so"}]},
        ]
    }
    assert transport.sent[1][1].variables == {
        "representations": [{"__typename": "User", "id": "1"}, {"__typename": "User", "id": "2"}]
    }
    assert [report.representations for report in result.reports] == [0, 2]


async def test_chain_of_entity_fetches_goes_through_lists_of_lists() -> None:
    transport = city({"matrix": [[{"id": "1"}], None, [{"id": "2"}, {"id": "1"}]]})
    plan = plan_of(
        "{ matrix { reviews { product { title } } } }",
        API,
        root(0, "accounts", "matrix { id }"),
        entities(1, "reviews", call("matrix.@.@", "User", "id", "reviews { product { id } }")),
        entities(
            2,
            "shop",
            call("matrix.@.@.reviews.@.product", "Product", "id", "title"),
            after=(1,),
        ),
    )

    result = await run(plan, transport)

    tea, pot = {"product": {"title": "Tea"}}, {"product": {"title": "Pot"}}
    assert result.errors == ()
    assert result.data == {
        "matrix": [[{"reviews": [tea, tea]}], None, [{"reviews": [pot]}, {"reviews": [tea, tea]}]]
    }
    assert transport.sent[2][1].variables["representations"] == [
        {"__typename": "Product", "id": "p1"},
        {"__typename": "Product", "id": "p2"},
    ]


async def test_type_conditions_pass_over_objects_of_other_types() -> None:
    hits = [{"__typename": "User", "id": "2"}, {"__typename": "Product", "id": "p1"}]
    transport = city({"hits": hits})
    plan = plan_of(
        "{ hits { ... on User { reviews { body } } ... on Product { title } } }",
        API,
        root(0, "accounts", "hits { __typename ... on User { id } ... on Product { id } }"),
        entities(1, "reviews", call("hits.@.|User", "User", "id", "reviews { body }")),
        entities(2, "shop", call("hits.@", "Product", "id", "title", types=frozenset({"Product"}))),
    )

    result = await run(plan, transport)

    assert result.data == {"hits": [{"reviews": [{"body": "bad"}]}, {"title": "Tea"}]}
    assert [len(request.variables) for _, request in transport.sent] == [0, 1, 1]


async def test_calls_of_one_stage_share_a_request() -> None:
    transport = city({"users": [{"id": "2"}]})
    plan = plan_of(
        "{ me { reviews { body } } users { reviews { stars } } }",
        API,
        root(0, "accounts", "me { id } users { id }"),
        entities(
            1,
            "reviews",
            call("me", "User", "id", "reviews { body }"),
            call("users.@", "User", "id", "reviews { id }"),
        ),
    )

    result = await run(plan, transport)

    assert len(transport.sent) == 2
    assert set(transport.sent[1][1].variables) == {"_r0", "_r1"}
    assert result.data is not None
    assert result.data["me"] == {"reviews": [{"body": "good"}, {"body": "so so"}]}


async def test_object_without_a_key_is_not_asked_about_and_stays_null_without_an_error() -> None:
    transport = city({"me": {"id": "1"}})
    plan = plan_of(
        "{ me { name reviews { body } } }",
        API,
        root(0, "accounts", "me { name }"),
        entities(1, "reviews", call("me", "User", "id", "reviews { body }")),
    )

    result = await run(plan, transport)

    assert (result.data, result.errors) == ({"me": {"name": "Ann", "reviews": None}}, ())
    assert [report.outcome for report in result.reports] == [Outcome.ANSWERED, Outcome.SKIPPED]


async def test_entity_that_the_owner_does_not_know_leaves_nulls_without_an_error() -> None:
    transport = city({"users": [{"id": "3"}, {"id": "1"}]})
    plan = plan_of(
        "{ users { reviews { product { title } } } }",
        API,
        root(0, "accounts", "users { id }"),
        entities(1, "reviews", call("users.@", "User", "id", "reviews { product { id } }")),
        entities(
            2, "shop", call("users.@.reviews.@.product", "Product", "id", "title"), after=(1,)
        ),
    )

    result = await run(plan, transport)

    assert result.errors == ()
    assert result.data is not None
    assert result.data["users"][0] == {"reviews": None}
    assert result.data["users"][1]["reviews"][0] == {"product": {"title": "Tea"}}


async def test_representation_reads_internal_aliases_and_nested_values() -> None:
    transport = city()
    plan = plan_of(
        "{ me { reviews { body } } }",
        API,
        root(0, "accounts", "me { id _1_id: id friends { id } }"),
        entities(
            1,
            "reviews",
            EntityFetch(
                paths=(("me",),),
                types=None,
                typename="User",
                representation=(
                    RepresentationField("id", "_1_id"),
                    RepresentationField("friends", "friends", (RepresentationField("id", "id"),)),
                ),
                selections=call("me", "User", "id", "reviews { body }").selections,
            ),
        ),
    )

    await run(plan, transport)

    assert transport.sent[1][1].variables["representations"] == [
        {"__typename": "User", "id": "1", "friends": [{"id": "2"}]}
    ]


async def test_numbers_that_python_holds_equal_are_different_representations() -> None:
    transport = Replies(
        accounts=SubgraphReply({"users": [{"id": 1}, {"id": True}]}),
        reviews=SubgraphReply({"_entities": [None, None]}),
    )
    plan = plan_of(
        "{ users { name } }",
        API,
        root(0, "accounts", "users { id }"),
        entities(1, "reviews", call("users.@", "User", "id", "name")),
    )

    result = await run(plan, transport)

    assert result.errors == ()
    assert result.reports[1].representations == 2


async def test_runtime_type_once_told_is_not_replaced_by_an_entity_answer() -> None:
    transport = Replies(
        accounts=SubgraphReply({"node": {"__typename": "User", "id": "1"}}),
        reviews=SubgraphReply({"_entities": [{"__typename": "Node", "name": "Ann"}]}),
    )
    plan = plan_of(
        "{ node { __typename ... on User { name } } }",
        API,
        root(0, "accounts", "node { __typename id }"),
        entities(1, "reviews", call("node", "Node", "id", "__typename name")),
    )

    result = await run(plan, transport)

    assert (result.data, result.errors) == ({"node": {"__typename": "User", "name": "Ann"}}, ())


async def test_fetch_whose_conditions_fail_is_not_sent() -> None:
    transport = city()
    fetch = entities(1, "reviews", call("me", "User", "id", "reviews { body }"))
    plan = plan_of(
        "query ($on: Boolean!) { me { id reviews @include(if: $on) { body } } }",
        API,
        root(0, "accounts", "me { id }"),
        replace(fetch, conditions=((Condition("on"),),)),
    )

    off = await run(plan, transport, ExecutionRequest(variables={"on": False}))
    on = await run(plan, transport, ExecutionRequest(variables={"on": True}))

    assert off.data == {"me": {"id": "1"}}
    assert [report.requests for report in off.reports] == [1, 0]
    assert on.data is not None
    assert on.data["me"]["reviews"][0] == {"body": "good"}


async def test_only_variables_with_a_value_are_sent() -> None:
    transport = city()
    plan = plan_of(
        "{ one }",
        API,
        root(0, "accounts", "one", variables=("a", "b")),
    )

    result = await run(plan, transport, ExecutionRequest(variables={"a": None, "c": 1}))

    assert dict(transport.sent[0][1].variables) == {"a": None}
    assert result.touched == ("accounts",)
    assert told(result) == []


async def test_headers_are_made_for_each_subgraph_and_text() -> None:
    transport = city()
    plan = plan_of("{ one two }", API, root(0, "accounts", "one"), root(1, "reviews", "two"))

    await run(
        plan, transport, ExecutionRequest(headers_for=lambda name, text: {"X": f"{name}|{text}"})
    )

    assert {request.headers["X"] for _, request in transport.sent} == {
        "accounts|query { one }",
        "reviews|query { two }",
    }


@pytest.mark.parametrize(
    "me",
    [
        {"id": "1"},
        {"id": "1", "friends": "x"},
        {"id": "1", "friends": [{"id": "2"}, {}]},
        {"id": "1", "friends": [{"id": "2"}, "x"]},
    ],
)
async def test_object_whose_nested_key_is_incomplete_is_not_asked_about(me: object) -> None:
    transport = Replies(accounts=SubgraphReply({"me": me}))
    plan = plan_of(
        "{ me { name } }",
        API,
        root(0, "accounts", ""),
        entities(1, "reviews", call("me", "User", "id friends { id }", "name")),
    )

    await run(plan, transport)

    assert len(transport.sent) == 1


async def test_own_runtime_type_is_sent_where_the_plan_names_none() -> None:
    transport = Replies(
        accounts=SubgraphReply({"hits": [{"__typename": "Product", "id": "1"}, {"id": "2"}]}),
        shop=SubgraphReply({"_entities": [{"title": "Tea"}]}),
    )
    plan = plan_of(
        "{ hits { ... on Product { title } } }",
        API,
        root(0, "accounts", ""),
        entities(1, "shop", call("hits.@", "Product", "id", "title", typename=None)),
    )

    result = await run(plan, transport)

    assert transport.sent[1][1].variables["representations"] == [
        {"__typename": "Product", "id": "1"}
    ]
    assert result.data == {"hits": [{"title": "Tea"}, None]}


async def test_representation_field_of_another_type_is_left_out() -> None:
    transport = Replies(
        accounts=SubgraphReply({"node": {"__typename": "User", "id": "1", "rank": 1}}),
        reviews=SubgraphReply({"_entities": [None]}),
    )
    fetch = EntityFetch(
        paths=(("node",),),
        types=None,
        typename=None,
        representation=(
            RepresentationField("id", "id"),
            RepresentationField("rank", "rank", types=frozenset({"User"})),
            RepresentationField("price", "price", types=frozenset({"Product"})),
        ),
        selections=call("node", "Node", "id", "id").selections,
    )
    plan = plan_of("{ node { id } }", API, root(0, "accounts", ""), entities(1, "reviews", fetch))

    await run(plan, transport)

    assert transport.sent[1][1].variables["representations"] == [
        {"__typename": "User", "id": "1", "rank": 1}
    ]


async def test_root_fetch_below_a_field_is_made_only_where_there_are_objects() -> None:
    below = replace(root(1, "reviews", "rank", after=(0,)), path=("me",))
    plan = plan_of("{ me { rank } }", API, root(0, "accounts", ""), below)

    absent = Replies(accounts=SubgraphReply({"me": None}), reviews=SubgraphReply({"rank": 1}))
    there = Replies(accounts=SubgraphReply({"me": {}}), reviews=SubgraphReply({"rank": 1}))

    assert ((await run(plan, absent)).data, len(absent.sent)) == ({"me": None}, 1)
    assert ((await run(plan, there)).data, len(there.sent)) == ({"me": {"rank": 1}}, 2)


async def test_null_in_a_key_is_a_fact_and_is_sent_where_a_part_that_is_missing_is_not() -> None:
    users = [{"id": "1", "name": None}, {"id": "2"}, {"id": "3", "name": "Ann"}]
    transport = Replies(
        accounts=SubgraphReply({"users": users}),
        reviews=SubgraphReply({"_entities": [{"__typename": "User", "born": 1}, None]}),
    )
    plan = plan_of(
        "{ users { id } }",
        API,
        root(0, "accounts", "users { id name }"),
        entities(1, "reviews", call("users.@", "User", "id name", "born")),
    )

    await run(plan, transport)

    assert transport.sent[1][1].variables["representations"] == [
        {"__typename": "User", "id": "1", "name": None},
        {"__typename": "User", "id": "3", "name": "Ann"},
    ]


async def test_null_in_a_key_that_is_the_trace_of_an_error_is_not_sent() -> None:
    fault = {"message": "no name", "path": ["users", 0, "name"]}
    transport = Replies(
        accounts=SubgraphReply({"users": [{"id": "1", "name": None}]}, (fault,)),
    )
    plan = plan_of(
        "{ users { id } }",
        API,
        root(0, "accounts", "users { id name }"),
        entities(1, "reviews", call("users.@", "User", "id name", "born")),
    )

    await run(plan, transport)

    assert [subgraph for subgraph, _ in transport.sent] == ["accounts"]

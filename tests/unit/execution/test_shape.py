"""The response's shape: order, types, nulls, masks, refusals."""

from dataclasses import replace
from typing import Any

import pytest

from federation.errors import Refusal, ResponseError
from federation.execution import ExecutionRequest, ExecutionResult, SubgraphReply
from federation.selection import Condition
from tests.support.city import API, Replies, run, told
from tests.support.plans import plan_of, root


async def _shape(text: str, data: Any, request: ExecutionRequest | None = None) -> ExecutionResult:
    plan = plan_of(text, API, root(0, "accounts", ""))
    return await run(plan, Replies(accounts=SubgraphReply(data)), request)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rank", "1"),
        ("rank", True),
        ("rank", 1.5),
        ("rank", 2**31),
        ("rank", [1]),
        ("name", 1),
        ("name", {"x": 1}),
        ("name", ["a"]),
        ("sex", 1),
        ("sex", "FOREIGN"),
        ("friends", {"id": 1}),
        ("friends", "x"),
    ],
)
async def test_value_of_another_type_is_null_and_an_error(field: str, value: Any) -> None:
    body = f"{field} {{ id }}" if field == "friends" else field

    result = await _shape(f"{{ me {{ {body} }} }}", {"me": {field: value}})

    assert result.data == {"me": {field: None}}
    assert told(result) == [("INVALID_VALUE", ["me", field])]
    assert str(value) not in result.errors[0].message


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "1"), ("price", True), ("price", {}), ("title", False), ("tags", [1])],
)
async def test_leaf_of_another_type_is_null_and_an_error(field: str, value: Any) -> None:
    result = await _shape(f"{{ top {{ {field} }} }}", {"top": {field: value}})

    assert result.data == {"top": {field: None}}
    assert {code for code, _ in told(result)} == {"INVALID_VALUE"}


@pytest.mark.parametrize(("value", "shown"), [(True, True), (False, False), (1, None), ("x", None)])
async def test_boolean_is_a_boolean(value: Any, shown: Any) -> None:
    assert (await _shape("{ done }", {"done": value})).data == {"done": shown}


@pytest.mark.parametrize("value", [1, "x", True, {"a": [1]}, [1, {"b": None}]])
async def test_custom_scalar_passes_as_it_is(value: Any) -> None:
    assert (await _shape("{ extra }", {"extra": value})).data == {"extra": value}


@pytest.mark.parametrize("value", [4.5, 20, -1.0e300])
async def test_number_is_shown_as_it_came(value: Any) -> None:
    assert (await _shape("{ top { price } }", {"top": {"price": value}})).data == {
        "top": {"price": value}
    }


@pytest.mark.parametrize("value", ["x", 1, [], [{"id": 1}], True])
async def test_object_of_another_form_is_null_and_an_error(value: Any) -> None:
    result = await _shape("{ me { id } }", {"me": value})

    assert result.data == {"me": None}
    assert told(result) == [("INVALID_VALUE", ["me"])]


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [("rank", 3.0, 3), ("id", 7, "7"), ("sex", "MALE", "MALE"), ("rank", -(2**31), -(2**31))],
)
async def test_value_is_coerced_by_type(field: str, value: Any, shown: Any) -> None:
    result = await _shape(f"{{ me {{ {field} }} }}", {"me": {field: value}})

    assert (result.data, result.errors) == ({"me": {field: shown}}, ())


@pytest.mark.parametrize("typename", ["Review", "Secret", 1, {"x": 1}])
async def test_object_of_an_impossible_type_is_null_and_an_error(typename: Any) -> None:
    result = await _shape("{ node { __typename id } }", {"node": {"__typename": typename, "id": 1}})

    assert result.data == {"node": None}
    assert told(result) == [("INVALID_VALUE", ["node"])]
    assert "Secret" not in result.errors[0].message


async def test_object_field_of_another_object_type_is_null_and_an_error() -> None:
    result = await _shape("{ me { id } }", {"me": {"__typename": "Product", "id": 1}})

    assert (result.data, told(result)) == ({"me": None}, [("INVALID_VALUE", ["me"])])


async def test_enum_value_that_clients_may_not_see_is_null_without_an_error() -> None:
    result = await _shape("{ me { sex } }", {"me": {"sex": "HIDDEN"}})

    assert (result.data, result.errors) == ({"me": {"sex": None}}, ())


async def test_abstract_object_whose_type_is_needed_and_not_told_is_null() -> None:
    result = await _shape("{ node { id __typename } }", {"node": {"id": 1}})

    assert (result.data, result.errors) == ({"node": None}, ())


async def test_abstract_object_whose_type_is_not_needed_is_answered() -> None:
    result = await _shape("{ node { id } }", {"node": {"id": 1}})

    assert (result.data, result.errors) == ({"node": {"id": "1"}}, ())


async def test_mask_of_any_possible_type_holds_where_the_type_is_not_known() -> None:
    one = ExecutionRequest(masks={("User", "id"): lambda _: "*"})
    two = ExecutionRequest(masks={("User", "id"): str, ("Product", "id"): str.upper})

    assert (await _shape("{ node { id } }", {"node": {"id": "a"}}, one)).data == {
        "node": {"id": "*"}
    }
    assert (await _shape("{ node { id } }", {"node": {"id": "a"}}, two)).data == {"node": None}


async def test_refusal_on_any_possible_type_holds_where_the_type_is_not_known() -> None:
    request = ExecutionRequest(refusals=(_refusal("node.id", "ID!", frozenset({"User"})),))

    result = await _shape("{ node { id } }", {"node": {"id": "a"}}, request)

    assert (result.data, told(result)) == ({"node": None}, [("ACCESS_DENIED", ["node"])])


async def test_null_goes_to_the_nearest_nullable_parent_with_one_error() -> None:
    users = [{"nick": "a", "name": "A"}, {"nick": None}, {"nick": None}]

    result = await _shape("{ me { name } users { nick } }", {"me": {"name": "x"}, "users": users})

    assert result.data == {"me": {"name": "x"}, "users": None}
    assert told(result) == [("NULL_VALUE", ["users", 1, "nick"])]


async def test_null_propagates_through_lists_of_lists() -> None:
    matrix = [[{"nick": "a"}], None, [{"nick": "b"}, None], [{"nick": None}]]

    result = await _shape("{ matrix { nick } }", {"matrix": matrix})

    assert result.data == {"matrix": [[{"nick": "a"}], None, None, None]}
    assert told(result) == [
        ("NULL_VALUE", ["matrix", 2, 1]),
        ("NULL_VALUE", ["matrix", 3, 0, "nick"]),
    ]


async def test_null_that_reaches_the_root_nulls_the_data() -> None:
    result = await _shape("{ me { name } strict { id } }", {"me": {"name": "x"}, "strict": None})

    assert result.data is None
    assert told(result) == [("NULL_VALUE", ["strict"])]


async def test_keys_stand_in_the_order_of_the_selection() -> None:
    text = "{ b: one me { rank id ... on Node { x: id } name } a: one }"
    data = {"me": {"name": "n", "x": 1, "id": 1, "rank": 1}, "a": 1, "b": 1}

    result = await _shape(text, data)

    assert result.data is not None
    assert list(result.data) == ["b", "me", "a"]
    assert list(result.data["me"]) == ["rank", "id", "x", "name"]


async def test_selections_of_one_key_are_merged_by_runtime_type() -> None:
    text = """{ hits {
      ... on User { id friends { name } friends { id } }
      ... on Node { ... on Product { id title } id }
    } }"""
    data = {
        "hits": [
            {"__typename": "User", "id": 1, "friends": [{"name": "x", "id": 2}], "title": "no"},
            {"__typename": "Product", "id": 2, "title": "Tea", "friends": []},
        ]
    }

    result = await _shape(text, data)

    assert result.data == {
        "hits": [{"id": "1", "friends": [{"name": "x", "id": "2"}]}, {"id": "2", "title": "Tea"}]
    }


async def test_object_of_which_nothing_is_selected_is_empty() -> None:
    result = await _shape("{ me { id @skip(if: true) } }", {"me": {"id": 1, "name": "x"}})

    assert (result.data, result.errors) == ({"me": {}}, ())


async def test_run_time_conditions_select_fields() -> None:
    text = "query ($a: Boolean!) { me { id @skip(if: $a) name @include(if: $a) } }"
    data = {"me": {"id": 1, "name": "x"}}

    on = await _shape(text, data, ExecutionRequest(variables={"a": True}))
    off = await _shape(text, data, ExecutionRequest(variables={"a": False}))

    assert (on.data, off.data) == ({"me": {"name": "x"}}, {"me": {"id": "1"}})


async def test_introspection_values_are_filled_in() -> None:
    request = ExecutionRequest(
        introspection={"__schema { queryType { name } }": {"queryType": {"name": "Query"}}}
    )

    result = await _shape("{ one s: __schema { queryType { name } } }", {"one": 1}, request)

    assert result.data == {"one": 1, "s": {"queryType": {"name": "Query"}}}


async def test_introspection_with_several_conditions_is_one_value() -> None:
    text = """query ($a: Boolean!) {
      __schema @include(if: $a) { types { name } }
      __schema { types { kind } }
    }"""
    told = {
        "__schema { types { name } }": {"types": [{"name": "Query"}]},
        "__schema { types { kind } }": {"types": [{"kind": "OBJECT"}]},
    }

    both = await _shape(text, {}, ExecutionRequest(variables={"a": True}, introspection=told))
    one = await _shape(text, {}, ExecutionRequest(variables={"a": False}, introspection=told))

    assert both.data == {"__schema": {"types": [{"name": "Query", "kind": "OBJECT"}]}}
    assert one.data == {"__schema": {"types": [{"kind": "OBJECT"}]}}


# Masks


async def test_masks_apply_to_leaves_and_items_by_runtime_type() -> None:
    text = "{ hits { ... on User { n: name } ... on Product { n: title tags } } }"
    data = {
        "hits": [
            {"__typename": "User", "n": "Ann"},
            {"__typename": "Product", "n": "Tea", "tags": ["hot", "green"]},
        ]
    }
    masks = {("User", "name"): lambda _: "*", ("Product", "tags"): str.upper}

    result = await _shape(text, data, ExecutionRequest(masks=masks))

    assert result.data == {"hits": [{"n": "*"}, {"n": "Tea", "tags": ["HOT", "GREEN"]}]}


@pytest.mark.parametrize("mask", [lambda value: value / 0, lambda _: 5])
async def test_mask_that_fails_hides_the_value(mask: Any) -> None:
    request = ExecutionRequest(masks={("User", "name"): mask})

    result = await _shape("{ me { name } }", {"me": {"name": "Ann"}}, request)

    assert (result.data, told(result)) == (
        {"me": {"name": None}},
        [("INVALID_VALUE", ["me", "name"])],
    )


async def test_mask_to_null_is_no_error_where_null_may_be() -> None:
    request = ExecutionRequest(masks={("User", "name"): lambda _: None})

    result = await _shape("{ me { name } }", {"me": {"name": "Ann"}}, request)

    assert (result.data, result.errors) == ({"me": {"name": None}}, ())


# Refusals


def _refusal(
    path: str,
    type_text: str,
    types: frozenset[str] | None = None,
    conditions: tuple[tuple[Condition, ...], ...] = (),
) -> Refusal:
    keys = tuple(path.split("."))
    error = ResponseError("denied", keys[:1], (), {"code": "ACCESS_DENIED"})
    return Refusal(keys, types, error, type_text, conditions)


async def test_refused_field_is_null_with_its_one_error() -> None:
    request = ExecutionRequest(refusals=(_refusal("users.rank", "Int"),))
    users = [{"id": 1, "rank": 9}, {"id": 2, "rank": 8}]

    result = await _shape("{ users { id } }", {"users": users}, request)

    assert result.data == {"users": [{"id": "1", "rank": None}, {"id": "2", "rank": None}]}
    assert told(result) == [("ACCESS_DENIED", ["users"])]


async def test_refused_fields_stand_where_they_were_selected() -> None:
    first = replace(_refusal("me.rank", "Int"), after=())
    second = replace(_refusal("me.nick", "String"), after=("rank", "id"))
    request = ExecutionRequest(refusals=(first, second))

    result = await _shape("{ me { id name } }", {"me": {"id": 1, "name": "Ann"}}, request)

    assert result.data is not None
    assert list(result.data["me"]) == ["rank", "id", "nick", "name"]


async def test_refused_field_is_null_even_if_the_tree_and_the_plan_hold_it() -> None:
    request = ExecutionRequest(refusals=(_refusal("me.name", "String"),))

    result = await _shape("{ me { id name } }", {"me": {"id": 1, "name": "Ann"}}, request)

    assert result.data == {"me": {"id": "1", "name": None}}


async def test_refused_strict_field_propagates_without_a_second_error() -> None:
    request = ExecutionRequest(refusals=(_refusal("users.nick", "String!"),))

    result = await _shape(
        "{ me { id } users { id } }", {"me": {"id": 1}, "users": [{"id": 1}]}, request
    )

    assert result.data == {"me": {"id": "1"}, "users": None}
    assert told(result) == [("ACCESS_DENIED", ["users"])]


async def test_refusal_without_rows_tells_its_error_all_the_same() -> None:
    request = ExecutionRequest(refusals=(_refusal("users.nick", "String!"),))

    result = await _shape("{ users { id } }", {"users": []}, request)

    assert (result.data, told(result)) == ({"users": []}, [("ACCESS_DENIED", ["users"])])


async def test_refusal_on_one_type_nulls_only_objects_of_that_type() -> None:
    request = ExecutionRequest(refusals=(_refusal("hits.id", "ID!", frozenset({"User"})),))
    data = {"hits": [{"__typename": "User", "id": 1}, {"__typename": "Product", "id": 2}]}

    result = await _shape("{ hits { ... on Product { id } __typename } }", data, request)

    assert result.data == {"hits": [None, {"id": "2", "__typename": "Product"}]}


async def test_refusal_of_what_is_skipped_at_run_time_says_nothing() -> None:
    refusal = _refusal("me.rank", "Int", None, ((Condition("a"),),))
    request = ExecutionRequest(refusals=(refusal,), variables={"a": False})

    result = await _shape("{ me { id } }", {"me": {"id": 1}}, request)

    assert (result.data, result.errors) == ({"me": {"id": "1"}}, ())

"""Rows that a subgraph cannot filter are filtered by the gateway, with the same answers.

Every question is put to a graph whose department holds the filter's field and filters by itself,
and to one whose department does not; then to one in which the hidden rows do not exist at all.
"""

import json

import pytest

from federation.errors import Forbidden
from federation.execution.incremental import is_incremental
from federation.planning import print_plan
from tests.row_filters.world import HIDDEN, Kind, answer

WAYS = {
    "list": "{ visitors { id badge name } }",
    "list of stubs": "{ visitors { id } }",
    "list of names only": "{ visitors { __typename } }",
    "list with nulls": "{ maybes { id } }",
    "aliased": "{ a: visitors { b: id } c: visitors { d: name } }",
    "fragments": "{ ...F } fragment F on Query { visitors { ... on Citizen { ...G } } }"
    " fragment G on Citizen { nick badge }",
    "single": "{ latest { id badge } }",
    "by key": '{ guest(id: "4") { id name } }',
    "nested": "{ visits { id citizen { id } companions { id name } } }",
    "lists in lists": "{ visits { rounds { id } maybe { badge } } }",
    "union": "{ parties { __typename ... on Citizen { id } ... on Firm { title } } }",
    "union without a selection on the type": "{ parties { ... on Firm { title } } }",
    "interface": "{ named { badge } }",
    "interface with fragments": "{ named { ... on Firm { title } ... on Citizen { id name } } }",
    "filtered by an argument": '{ visitors(named: "name-1") { id } }',
    "below another row": "{ visit { companions { id } } }",
    "several at once": "{ latest { nick } visitors { id } citizens { id region } }",
    "under conditions": "query($x: Boolean = true) { visitors { id @include(if: $x) } }",
    "computed": "{ visitors { limit } }",
    "deferred": "{ ... @defer { visitors { id } }"
    " visits { id ... @defer { companions { nick } } } }",
    "streamed": "{ visitors @stream(initialCount: 1) { id } }",
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_department_that_cannot_filter_gives_the_answer_of_one_that_can(way: str) -> None:
    here = await answer(WAYS[way], Kind.CANNOT)
    there = await answer(WAYS[way], Kind.CAN)

    assert here.told == there.told
    assert here.refused == {}
    assert here.plan.row_tests
    assert here.is_typed == (way not in {"deferred", "streamed"})
    assert here.is_shared == (here.is_typed and any(each.entities for each in here.plan.fetches))
    assert not there.plan.row_tests


@pytest.mark.parametrize(
    "way", [*WAYS.values(), "{ oldest { id } }", "{ oldest { name } visit { id } }"]
)
async def test_a_hidden_row_cannot_be_told_from_one_that_does_not_exist(way: str) -> None:
    here = await answer(way, Kind.CANNOT)
    gone = await answer(way, Kind.GONE)

    assert here.told == gone.told
    shown = json.dumps(here.told)
    assert not [key for key, _, _ in HIDDEN if f"name-{key}" in shown or f'"{key}"' in shown]


async def test_hidden_rows_are_asked_for_by_key_alone() -> None:
    here = await answer("{ visitors { id } }")

    assert here.result.data == {"visitors": [{"id": "1"}, {"id": "3"}]}
    assert here.result.filtered == 2
    assert [name for name, _ in here.sent] == ["visits", "people"]
    assert "name" not in here.sent[1][1]


async def test_a_plan_tells_which_rows_are_tested_by_what() -> None:
    here = await answer("{ visits { companions { id } } visitors { id } }")

    assert print_plan(here.plan).splitlines()[-2:] == [
        "# Citizen at visits.@.companions.@ by region",
        "# Citizen at visitors.@ by region",
    ]


async def test_a_row_that_may_not_be_null_takes_its_parent_along() -> None:
    here = await answer("{ oldest { id } }")

    assert here.result.data is None
    [error] = here.result.errors
    assert (error.extensions["code"], error.path) == ("NULL_VALUE", ("oldest",))


async def test_an_interface_object_tells_neither_type_nor_region_and_is_filtered_all_the_same() -> (
    None
):
    here = await answer("{ moods { id mood } mood { mood } }")

    assert here.result.data == {
        "moods": [{"id": "r", "mood": "mood-r"}, {"id": "1", "mood": "mood-1"}],
        "mood": None,
    }


async def test_a_hidden_column_filters_as_well() -> None:
    here = await answer("{ visitors { id } }", condition={"field": "rank", "op": "ge", "value": 2})

    assert here.result.data == {"visitors": [{"id": "2"}, {"id": "3"}, {"id": "4"}]}


async def test_a_client_that_uses_the_columns_name_for_something_else_changes_nothing() -> None:
    here = await answer("{ visitors { region: id } maybes { region: name } }")

    assert here.result.data == {
        "visitors": [{"region": "1"}, {"region": "3"}],
        "maybes": [None, {"region": "name-1"}, {"region": "name-3"}],
    }


@pytest.mark.parametrize(
    ("way", "path"),
    [
        ("{ page(first: 2) { id } }", "page"),
        ("{ best { id } }", "best"),
        ("{ search(first: 2) { visitors { id } } }", "search.visitors"),
        ("{ search(first: 2) { inner { ... { visitors { id } } } } }", "search.inner.visitors"),
        ("{ headcount }", "headcount"),
        ("{ connection { totalCount } }", "connection"),
        ("{ connection { edges { node { id } } } }", "connection"),
        ("{ visits { risk } }", "visits.risk"),
    ],
)
async def test_what_would_only_be_nearly_right_is_denied(way: str, path: str) -> None:
    here = await answer(way)

    assert here.refused == {path: "row_filter_unsupported"}


async def test_a_list_inside_of_a_page_is_whole_where_no_page_was_asked_for() -> None:
    here = await answer("{ search { visitors { id } inner { visitors { id } } } }")

    assert here.refused == {}
    assert here.result.data == {
        "search": {"visitors": [{"id": "1"}, {"id": "3"}], "inner": {"visitors": [{"id": "1"}]}}
    }


async def test_a_mutation_that_gives_rows_nobody_can_filter_is_refused_before_it_is_sent() -> None:
    with pytest.raises(Forbidden):
        await answer('mutation { register(id: "2") { citizen { id } } }')


async def test_rows_that_cannot_be_tested_take_the_whole_list() -> None:
    here = await answer("{ maybes { id } latest { id } }", absent="people")

    assert here.result.data == {"maybes": None, "latest": None}
    assert {(e.extensions["code"], e.path) for e in here.result.errors} == {
        ("SUBGRAPH_UNREACHABLE", ("maybes",)),
        ("SUBGRAPH_UNREACHABLE", ("latest",)),
    }


async def test_nothing_leaves_before_all_rows_are_tested() -> None:
    here = await answer("{ visitors { id } ... @defer { latest { id } visit { id } } }")

    # One answer at the end: rows above could make those below shift.
    assert here.plan.deferrals
    assert not is_incremental(here.plan, here.work)


async def test_errors_count_the_rows_that_are_shown_and_tell_of_no_others() -> None:
    here = await answer("{ visitors { torn } visits { certain { id } companions { torn } } }")

    lines = {(e.extensions["code"], e.path) for e in here.result.errors}
    assert lines == {
        ("SUBGRAPH_ERROR", ("visitors", 1, "torn")),
        ("SUBGRAPH_ERROR", ("visits", 0, "companions", 1, "torn")),
        ("SUBGRAPH_ERROR", ("visits", 1, "companions", 1, "torn")),
    }


@pytest.mark.parametrize(
    ("way", "path", "data"),
    [
        ("{ maybes { rigid } }", ("maybes",), {"maybes": None}),
        ("{ visitors { rigid } }", ("visitors",), None),
        ("{ named { ... on Citizen { rigid } } }", ("named",), {"named": None}),
        (
            "{ visit { maybe { rigid } } }",
            ("visit", "maybe", 0),
            {"visit": {"maybe": [None, None]}},
        ),
        ("{ visit { rounds { rigid } } }", ("visit", "rounds"), {"visit": None}),
    ],
)
async def test_rows_that_fail_altogether_take_the_list_and_are_not_counted(
    way: str, path: tuple[str | int, ...], data: object
) -> None:
    here = await answer(way)

    assert here.result.data == data
    assert {(e.extensions["code"], e.path) for e in here.result.errors} == {
        ("SUBGRAPH_ERROR", path)
    }


@pytest.mark.parametrize(
    ("way", "absent"),
    [
        ("{ visitors { id mood } }", "moods"),
        ("{ visits { companions { mood } } }", "moods"),
        ("{ parties { ... on Citizen { mood } } }", "moods"),
    ],
)
async def test_a_department_that_fails_tells_of_no_rows_that_nobody_sees(
    way: str, absent: str
) -> None:
    nowhere = {"field": "region", "op": "eq", "value": "east"}

    here = await answer(way, Kind.CANNOT, nowhere, absent=absent)
    there = await answer(way, Kind.CAN, nowhere, absent=absent)

    assert here.told == there.told
    assert here.result.errors == ()


async def test_a_department_that_fails_is_told_of_where_rows_are_seen() -> None:
    here = await answer("{ visitors { id mood } }", Kind.CANNOT, absent="moods")
    there = await answer("{ visitors { id mood } }", Kind.CAN, absent="moods")

    assert here.told == there.told
    assert [error.path for error in here.result.errors] == [("visitors",)]


async def test_a_denied_row_filter_column_is_no_reason_to_show_more() -> None:
    here = await answer("{ visitors { id region } }", denied="Citizen.region")

    assert here.result.data == {
        "visitors": [{"id": "1", "region": None}, {"id": "3", "region": None}]
    }


async def test_where_the_column_cannot_be_had_the_field_is_denied() -> None:
    here = await answer(
        "{ moods { mood } }", condition={"field": "unheard", "op": "eq", "value": 1}
    )

    assert here.refused == {"moods": "row_filter_unsupported"}

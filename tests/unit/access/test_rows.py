"""Which rows a caller may know of where nothing that was asked of them may be read."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.access import Decision, Effect, RowQuestion, Verdict, fulfils, read_condition
from federation.access.decision import Rows
from federation.access.judge import Judge
from federation.access.row_filter import RowCondition
from federation.access.rows import any_of
from tests.unit.access.world import CONSENT, decide, index, question

NORTH = {"field": "regionCode", "op": "starts_with", "value": "99"}
OF_S = {"field": "idNumber", "op": "eq", "value": "S"}
ALL = tuple(".".join(place) for place in index().rows["Citizen"])
NAMELESS = "{ citizen(idNumber: 1) { __typename } }"

tests = st.builds(
    lambda field, op, value: read_condition({"field": field, "op": op, "value": value}),
    st.sampled_from("ab"),
    st.sampled_from(["eq", "lt"]),
    st.integers(0, 2),
)
ways = st.lists(st.lists(tests, max_size=3, unique_by=repr).map(tuple), min_size=1, max_size=4)
rows = st.fixed_dictionaries(
    {}, optional={"a": st.integers(0, 2), "b": st.none() | st.integers(0, 2)}
)


@given(ways, rows)
def test_a_row_is_seen_if_one_way_leads_to_it(
    ways: list[tuple[RowCondition, ...]], row: dict[str, Any]
) -> None:
    condition = any_of(ways)
    expected = any(all(fulfils(part, row) for part in way) for way in ways)

    assert (condition is None or fulfils(condition, row)) == expected


@given(ways)
def test_what_is_needless_is_left_out(ways: list[tuple[RowCondition, ...]]) -> None:
    condition = any_of([*ways, *ways, *(way + ways[0] for way in ways)])

    assert condition == any_of(ways)


def settled(text: str, rows: Rows, **changes: Any) -> Decision:
    """The decision on an operation where ``rows`` says what reading each field brings."""
    request = question(text)
    asked = RowQuestion(request, index())
    decision = decide(request, **changes)
    types = asked.in_doubt(decision)
    more = replace(decide(asked.about(asked.fields(types)), **changes), rows=rows)
    return asked.settle(decision, more, types)


def bound(**conditions: dict[str, Any]) -> Rows:
    """What reading fields of a citizen brings, by field."""
    return {
        f"Citizen.{name}": {"Citizen": (read_condition(tree),)} for name, tree in conditions.items()
    }


def test_nothing_is_asked_besides_where_something_may_be_read() -> None:
    request = question("{ citizen(idNumber: 1) { name nick } }")
    asked = RowQuestion(request, index())

    assert asked.told == (("Citizen", ("Citizen.name", "Citizen.nick")),)
    assert asked.in_doubt(decide(request, denied=["Citizen.name"])) == ()
    assert asked.in_doubt(decide(request, denied=["Citizen.name", "Citizen.nick"])) == ("Citizen",)


def test_what_only_its_own_verdict_allows_is_no_right() -> None:
    request = question("{ citizen(idNumber: 1) { limit name } }")
    asked = RowQuestion(request, index())

    for refused in ({"denied": ["Citizen.income join"]}, {"masked": {"Citizen.limit": "last4"}}):
        denied = [*refused.get("denied", ()), "Citizen.name"]
        assert asked.in_doubt(decide(request, **{**refused, "denied": denied})) == ("Citizen",)
    assert asked.in_doubt(decide(request, consented=["Citizen.limit", "Citizen.name"])) == (
        "Citizen",
    )


def test_many_types_are_asked_about_in_parts() -> None:
    place = ("Citizen", "name")
    sizes = {"A": 90, "B": 90, "C": 90, "D": 90, "E": 90, "F": 0, "G": 300}
    rows = {name: (place,) * size for name, size in sizes.items()}
    asked = RowQuestion(question(NAMELESS), replace(index(), rows=rows))

    assert list(asked.parts(("A", "B", "C", "D", "E", "F", "G"))) == [
        ("A", "B"),
        ("C", "D"),
        ("E", "F"),
        ("G",),
    ]
    assert list(asked.parts(())) == []


def test_what_is_asked_in_parts_says_the_same_as_at_once() -> None:
    request = question("{ party(id: 1) { __typename } }")
    asked = RowQuestion(request, index())
    answer = partial(decide, denied=[*ALL, "Firm.name"])
    first = answer(request)
    types = asked.in_doubt(first)
    at_once = asked.settle(first, answer(asked.about(asked.fields(types))), types)
    by_parts = first
    for each in types:
        more = answer(asked.about(asked.fields((each,))))
        by_parts = asked.settle(by_parts, more, (each,))

    assert types == ("Citizen", "Firm")
    assert by_parts == at_once
    assert [right.is_given for right in at_once.row_rights.values()] == [False, True]


def test_every_field_that_may_be_read_is_a_way() -> None:
    keep = {"Citizen.name", "Citizen.nick"}
    denied = [name for name in ALL if name not in keep]
    decision = settled(NAMELESS, bound(name=NORTH, nick=OF_S), denied=denied)

    condition = decision.row_filters["Citizen"]
    assert condition is not None
    assert condition.to_json() == {"or": [OF_S, NORTH]}
    assert decision.row_rights["Citizen"].is_given


def test_one_that_brings_no_filter_opens_all_rows() -> None:
    assert settled(NAMELESS, bound(name=NORTH)).row_filters == {}


def test_what_brings_no_filter_and_is_denied_opens_nothing() -> None:
    denied = [name for name in ALL if name != "Citizen.name"]
    condition = settled(NAMELESS, bound(name=NORTH), denied=denied).row_filters["Citizen"]

    assert condition == read_condition(NORTH)


def test_without_a_way_the_field_is_told_that_lacks_least() -> None:
    request = question(NAMELESS)
    asked = RowQuestion(request, index())
    denied = decide(asked.about(asked.fields(("Citizen",))), denied=ALL)
    hard = Verdict(Effect.DENY, ("no", "never"), "test")
    verdicts = {
        (name, use): verdict if name == "Citizen.nick" else hard
        for (name, use), verdict in denied.verdicts.items()
    }
    right = asked.settle(decide(request), replace(denied, verdicts=verdicts), ("Citizen",))

    told = right.row_rights["Citizen"]
    assert (told.is_given, told.coordinate, told.verdict.reasons) == (
        False,
        "Citizen.nick",
        ("no",),
    )


@pytest.mark.parametrize("tells", [("Citizen", "Firm"), ("Firm", "Citizen")])
def test_of_several_types_those_stand_in_the_way_that_are_not_seen(tells: tuple[str, ...]) -> None:
    place = ("CitizenConnection", "edges")
    facts = replace(index().fields[place], tells=tells)
    decision = decide(question("{ firms { name } citizens { edges { node { name } } } }"))
    seen = Decision(
        {key: each for key, each in decision.verdicts.items() if key[0] != "Firm.name"}, {}, "r"
    )
    denial = Judge({}, seen, index(), tests_rows=True).denial(facts, place, ())

    assert denial is not None
    assert denial.cause.partition(".")[0] == "Firm"


@pytest.mark.parametrize(
    ("filters", "is_seen"), [({"Citizen": OF_S}, True), ({"Citizen": NORTH}, False), ({}, False)]
)
def test_consent_is_a_way_to_its_subjects_rows_only(
    filters: dict[str, Any], *, is_seen: bool
) -> None:
    request = question(NAMELESS, consents=(CONSENT,))
    asked = RowQuestion(request, index())
    denied = [name for name in ALL if name != "Citizen.name"]
    answer = partial(decide, denied=denied, consented=["Citizen.name"], filters=filters)
    more = answer(asked.about(asked.fields(("Citizen",))))
    decision = asked.settle(answer(request), more, ("Citizen",))

    assert decision.row_rights["Citizen"].is_given == is_seen


def test_a_filter_that_cannot_be_read_is_no_way() -> None:
    request = question(NAMELESS)
    asked = RowQuestion(request, index())
    more = replace(
        decide(asked.about(asked.fields(("Citizen",)))),
        row_filters={"Citizen": None},
    )

    decision = asked.settle(decide(request), more, ("Citizen",))
    assert not decision.row_rights["Citizen"].is_given


def test_filters_of_the_operation_hold_besides() -> None:
    request = question(NAMELESS)
    asked = RowQuestion(request, index())
    first = decide(request, filters={"Citizen": OF_S})
    more = replace(decide(asked.about(asked.fields(("Citizen",)))), rows=bound(name=NORTH))
    denying = decide(
        asked.about(asked.fields(("Citizen",))),
        denied=[name for name in ALL if name != "Citizen.name"],
    )
    decision = asked.settle(first, replace(denying, rows=more.rows), ("Citizen",))

    condition = decision.row_filters["Citizen"]
    assert condition is not None
    assert condition.to_json() == {"and": [OF_S, NORTH]}

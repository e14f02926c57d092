"""The question that one operation makes."""

import sys

import pytest

from federation.access import MAX_COORDINATES, Asker, ask
from federation.errors import OperationTooLarge
from tests.unit.access.world import CALLER, NOW, index, operation, question, uses


def test_aliases_fragments_and_typename_leave_only_coordinates() -> None:
    text = """
        { a: citizen(idNumber: 1) { __typename n: name ...F } __schema { queryType { name } } }
        fragment F on Citizen { name nick }
    """
    assert uses(text) == {
        "Query.citizen": ["select"],
        "Citizen.idNumber": ["filter"],
        "Citizen.name": ["select"],
        "Citizen.nick": ["select"],
    }


def test_interfaces_are_asked_for_every_object_type_they_could_meet() -> None:
    asked = uses("{ things { label ... on Boat { id } } }")
    assert set(asked) == {"Query.things", "Car.label", "Boat.label", "Boat.id"}


def test_fragments_on_a_union_ask_only_for_their_member() -> None:
    asked = uses("{ party(id: 1) { ... on Firm { name } } }")
    assert {name for name in asked if not name.startswith("Query")} == {"Firm.name"}


def test_inputs_of_requires_are_asked_with_all_they_feed() -> None:
    asked = uses("{ citizen(idNumber: 1) { limit bonus } }")
    assert asked["Citizen.income"] == ["join Citizen.bonus Citizen.limit"]
    assert asked["Citizen.limitBase"] == ["join Citizen.bonus"]


def test_keys_are_not_asked_where_an_entity_is_entered() -> None:
    asked = uses("{ firms { citizens { account { balance } } } }")
    assert not any("idNumber" in name or "number" in name for name in asked)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ('{ citizens(where: {and: [{name: "x"}]}) { totalCount } }', {}),
        ("query($w: CitizenFilter) { citizens(where: $w) { totalCount } }", {"w": {"name": "x"}}),
        ("query($n: String) { citizens(where: {name: $n}) { totalCount } }", {"n": "x"}),
        ("query($w: CitizenFilter) { citizens(where: $w) { totalCount } }", {"w": {"name": None}}),
    ],
)
def test_supplied_filter_is_asked_wherever_its_value_stands(
    text: str, variables: dict[str, object]
) -> None:
    assert uses(text, variables)["Citizen.name"] == ["filter"]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("query($w: CitizenFilter) { citizens(where: $w) { totalCount } }", {}),
        ("query($n: String) { citizens(where: {name: $n}) { totalCount } }", {}),
        ("{ citizens(first: 3) { totalCount } }", {}),
    ],
)
def test_inputs_without_a_value_and_paging_ask_nothing(
    text: str, variables: dict[str, object]
) -> None:
    asked = {name: each for name, each in uses(text, variables).items() if "Citizen." in name}
    assert asked == {}


def test_filter_on_an_input_object_covers_the_fields_inside() -> None:
    asked = uses('{ citizens(where: {born: {from: "2000"}}) { totalCount } }')
    assert asked["Citizen.birthDate"] == ["filter"]
    assert "Query.citizens(where:)" not in asked


def test_ordering_is_asked_by_enum_value_and_its_direction_tells_nothing() -> None:
    asked = uses("{ citizens(orderBy: {by: BORN, direction: DESC}) { totalCount } }")
    assert asked["Citizen.birthDate"] == ["sort"]
    assert "Query.citizens(orderBy:)" not in asked


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ ranked(by: {direction: DESC}) { nick } }", {}),
        ("{ ranked(by: {}) { nick } }", {}),
        ("query($c: CitizenColumn) { ranked(by: {by: $c}) { nick } }", {}),
        ("query($r: Ranking) { ranked(by: $r) { nick } }", {"r": {"note": "n"}}),
    ],
)
def test_what_defaults_add_to_a_value_is_asked_like_what_is_written(
    text: str, variables: dict[str, object]
) -> None:
    asked = uses(text, variables)
    assert asked["Citizen.birthDate"] == ["sort"]
    assert asked["Citizen.name"] == ["filter"]
    # The client has told nothing by a default that nobody explained.
    assert "Query.ranked(by:)" not in asked


@pytest.mark.parametrize(
    ("text", "sorted_by", "filtered"),
    [
        ("{ sorted { nick } }", "birthDate", True),
        ("query($c: CitizenColumn) { sorted(by: $c) { nick } }", "birthDate", True),
        ("{ sorted(by: NAME) { nick } }", "name", True),
        ("{ sorted(like: {}) { nick } }", "birthDate", False),
    ],
)
def test_arguments_that_are_not_given_are_asked_by_their_defaults(
    text: str, sorted_by: str, filtered: bool
) -> None:
    asked = uses(text)
    assert {name for name, each in asked.items() if "sort" in each} == {f"Citizen.{sorted_by}"}
    assert ("filter" in asked.get("Citizen.name", ())) == filtered
    # The client has told nothing by a default that nobody explained.
    assert "Query.sorted(odd:)" not in asked


def test_what_is_written_in_place_of_a_default_is_asked_instead() -> None:
    asked = uses("{ ranked(by: {by: NAME, filter: {}}) { nick } }")
    assert asked["Citizen.name"] == ["sort"]
    assert asked["Citizen.nick"] == ["select"]
    assert "Citizen.birthDate" not in asked


@pytest.mark.parametrize(
    "arguments", ['mystery: "x"', 'where: {odd: "x"}', "orderBy: {by: NAME, kind: POOR}"]
)
def test_input_that_nobody_explained_is_asked_by_its_own_name(arguments: str) -> None:
    name = arguments.partition(":")[0]
    asked = uses(f"{{ citizens({arguments}) {{ totalCount }} }}")
    assert asked[f"Query.citizens({name}:)"] == ["filter"]


def test_arguments_of_a_mutation_change_and_do_not_test() -> None:
    asked = uses('mutation { rename(idNumber: 1, name: "x") { nick } }')
    assert asked == {"Mutation.rename": ["select"], "Citizen.nick": ["select"]}


def test_key_of_a_question_differs_by_caller_and_not_by_time() -> None:
    text = "{ citizen(idNumber: 1) { name } }"
    now, later, other = (
        ask(operation(text), {}, asker, index())
        for asker in (
            Asker(CALLER, "p", (), NOW),
            Asker(CALLER, "p", (), NOW + 9),
            Asker(CALLER, "q", (), NOW),
        )
    )
    assert now.key == later.key != other.key
    assert now.asked_by(other.asker).key == other.key


def test_question_of_too_many_coordinates_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["federation.access.ask"], "MAX_COORDINATES", 3)
    assert MAX_COORDINATES == 2_000
    with pytest.raises(OperationTooLarge):
        question("{ citizen(idNumber: 1) { name nick birthDate } }")

"""Testing or ordering by what may not be read reads it: a denied input denies its field."""

import pytest

from tests.no_leak.city import City, grants, uses
from tests.no_leak.departments import ANN, BEN

RIGHTS = grants(
    "Citizen.birthDate", Citizen__name=uses("select", "filter"), Firm__title=uses("select")
)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query($n: ID!) { citizen(idNumber: $n) { name } }", {"n": ANN}),
        (f'{{ citizen(idNumber: "{ANN}") {{ name }} }}', {}),
        ('{ citizens(where: {born: "1990-01-01"}) { totalCount } }', {}),
        ('{ citizens(where: {all: [{born: "1990-01-01"}]}) { totalCount } }', {}),
        (
            "query($w: CitizenFilter) { citizens(where: $w) { totalCount } }",
            {"w": {"all": [{"name": "N"}, {"born": "1990-01-01"}]}},
        ),
        (
            'query($b: String = "1990-01-01") { citizens(where: {born: $b}) { totalCount } }',
            {},
        ),
        ("{ citizens(order: [ANY, BIRTH]) { edges { cursor } } }", {}),
        ("{ citizens(order: BIRTH) { edges { cursor } } }", {}),
        (
            "query($o: [CitizenOrder!] = [BIRTH]) { citizens(order: $o) { totalCount } }",
            {},
        ),
        ("query($o: [CitizenOrder!]) { citizens(order: $o) { totalCount } }", {"o": "BIRTH"}),
        # What a default adds to a value, or stands for, orders as well.
        ("{ sorted { name } }", {}),
        ("{ sorted(first: 1) { name } }", {}),
        ("query($c: CitizenOrder) { sorted(by: $c) { name } }", {}),
        ("{ ranked(by: {direction: DESC}) { name } }", {}),
        ("query($c: CitizenOrder) { ranked(by: {by: $c}) { name } }", {}),
        ("query($b: Ranking) { ranked(by: $b) { name } }", {"b": {}}),
        (f'{{ party(id: "{ANN}") {{ __typename }} }}', {}),
        # Of a plain list, this turns no page.
        ('{ newcomers(after: "1990-01-01") { name } }', {}),
        ("query($a: String) { newcomers(after: $a, first: 9) { name } }", {"a": "1990-01-01"}),
        # Nor does what cannot be a cursor.
        ("{ citizens(before: 1990) { edges { cursor } } }", {}),
    ],
)
def test_a_denied_input_denies_its_field_and_is_never_dropped(
    city: City, query: str, variables: dict[str, object]
) -> None:
    wire = city.gateway(RIGHTS).ask(query, variables)

    assert {code for code, _ in wire.codes()} == {"ACCESS_DENIED"}
    assert wire.sent == ()
    assert "20222" not in wire.body
    assert "CURSOR" not in wire.body
    # Records and lines name coordinates, never what was typed in.
    assert not wire.shows(ANN) & {"log", "audit"}
    assert not wire.shows("1990-01-01") & {"log", "audit"}


def test_paging_takes_no_right(city: City) -> None:
    gateway = city.gateway(RIGHTS)

    assert gateway.ask("{ newcomers(first: 9) { name } }").data == {
        "newcomers": [{"name": "NAME-BEN"}]
    }
    wire = gateway.ask('{ citizens(first: 9, after: "c") { edges { node { name } } } }')
    assert len(wire.data["citizens"]["edges"]) == 2


def test_what_is_not_supplied_is_not_asked(city: City) -> None:
    query = "query($n: String, $b: String) { citizens(where: {name: $n, born: $b}) { totalCount } }"
    without = city.gateway(RIGHTS).ask(query, {"n": "N"})
    with_it = city.gateway(RIGHTS).ask(query, {"n": "N", "b": "1985-02-02"})

    assert without.data == {"citizens": {"totalCount": 20_222}}
    assert [code for code, _ in with_it.codes()] == ["ACCESS_DENIED"]
    assert with_it.sent == ()


def test_the_right_to_filter_is_none_to_read(city: City) -> None:
    rights = grants("Citizen.name", Citizen__idNumber=uses("filter"))
    wire = city.gateway(rights).ask(
        "query($n: ID!) { citizen(idNumber: $n) { name idNumber } }", {"n": BEN}
    )

    assert wire.data == {"citizen": None}
    assert wire.shows(BEN) <= {"people"}


def test_variables_of_what_was_taken_out_go_nowhere(city: City) -> None:
    wire = city.gateway(RIGHTS).ask(
        "query($n: ID!, $m: String) {"
        " citizen(idNumber: $n) { name } citizens(where: {name: $m}) { totalCount } }",
        {"n": ANN, "m": "N"},
    )

    assert wire.data == {"citizens": {"totalCount": 20_222}, "citizen": None}
    assert wire.shows(ANN) == set()
    assert [each.variables for each in wire.sent] == [{"m": "N"}]

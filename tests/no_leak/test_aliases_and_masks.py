"""Other names for a field change nothing: not aliases, not a shared response key."""

import pytest

from tests.no_leak.city import City, grants, masked
from tests.no_leak.departments import ANN

NUMBER = {"uses": {"select": True, "filter": True}, "mask": "last4"}


def test_an_alias_shows_no_more_than_the_field(city: City) -> None:
    gateway = city.gateway(grants("Citizen.name", Citizen__idNumber=NUMBER))
    wire = gateway.ask(
        "query($n: ID!) { citizen(idNumber: $n) { a: phone b: idNumber idNumber: name } }",
        {"n": ANN},
    )

    assert wire.data == {"citizen": {"b": "*" * 14 + "1239", "idNumber": "NAME-ANN", "a": None}}
    assert wire.shows("PHONE-ANN") == set()
    assert "phone" not in wire.asked("people")
    # The number is the query's own argument; it goes to the department and into nothing else.
    assert wire.shows(ANN) == {"people"}


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ mayor { __typename: name } }", {"mayor": {"__typename": "NAME-BEN"}}),
        (
            "{ papers { __typename: stamp } }",
            {"papers": [{"__typename": "STAMP-LICENCE"}, {"__typename": "STAMP-SENTENCE"}]},
        ),
        (
            "{ papers { __typename: text of: __typename } }",
            {
                "papers": [
                    {"__typename": "TEXT-LICENCE", "of": "Licence"},
                    {"__typename": None, "of": "Sentence"},
                ]
            },
        ),
        ("{ mayor { __empty: name } }", {"mayor": {"__empty": "NAME-BEN"}}),
        ("{ mayor { idNumber: phone name } }", {"mayor": {"idNumber": None, "name": "NAME-BEN"}}),
    ],
)
def test_an_alias_called_like_what_the_gateway_fetches_is_nothing_else(
    city: City, query: str, data: object
) -> None:
    gateway = city.gateway(
        grants("Citizen.name", "Licence.text", "Licence.stamp", "Sentence.stamp")
    )
    # At first interpreted, then compiled.
    wires = [gateway.ask(query) for _ in range(3)]

    assert [wire.data for wire in wires] == [data] * 3
    # What stood there would be taken for the type of the object.
    assert all(" __typename:" not in each.text for wire in wires for each in wire.sent)


def test_one_response_key_in_sibling_fragments_keeps_the_rights_of_each_type(city: City) -> None:
    wire = city.gateway(grants("Firm.title", "Citizen.name")).ask(
        "{ parties { ... on Citizen { key: phone } ... on Firm { key: title } } }"
    )

    assert wire.data == {"parties": [{"key": None}, {"key": "FIRM-TITLE"}]}
    assert wire.codes() == [("ACCESS_DENIED", "parties")]
    assert wire.shows("PHONE-ANN") == set()
    assert "phone" not in wire.asked("people")


def test_a_mask_of_one_type_does_not_depend_on_the_way_to_it(city: City) -> None:
    rights = grants(
        "Citizen.father", "Firm.owner", Citizen__name=masked("initial"), Citizen__idNumber=NUMBER
    )
    wire = city.gateway(rights).ask(
        "{ mayor { n: name } citizens { edges { node { m: name father { name } } } }"
        " parties { ... on Citizen { name } ... on Firm { owner { o: name } } } }"
    )

    assert wire.body.count("N**") >= 5
    assert wire.shows("NAME-ANN") | wire.shows("NAME-BEN") == set()


def test_a_mask_that_cannot_hide_a_whole_denies_it(city: City) -> None:
    rights = grants(
        "Account.balance",
        Citizen__account=masked("null"),
        Citizen__diary=masked("null"),
        Citizen__name=masked("null"),
        Citizen__phone=masked("null"),
    )
    wire = city.gateway(rights).ask("{ mayor { account { balance } diary phone } }")

    assert wire.data == {"mayor": {"phone": None, "account": None, "diary": None}}
    assert [code for code, _ in wire.codes()] == ["ACCESS_DENIED"] * 2
    assert wire.shows(440_044) | wire.shows("DIARY-BEN") | wire.shows("PHONE-BEN") == set()

    wire = city.gateway(rights).ask("{ citizens { edges { node { name } } } }")

    assert wire.data == {"citizens": {"edges": [{"node": None}, {"node": None}]}}
    assert wire.shows("NAME-ANN") == set()


def test_a_masked_key_joins_and_stays_masked(city: City) -> None:
    rights = grants("Citizen.account", "Account.balance", Citizen__idNumber=NUMBER)
    wire = city.gateway(rights).ask("{ mayor { idNumber account { balance } } }")

    assert wire.data == {"mayor": {"idNumber": "*" * 14 + "2348", "account": {"balance": 440_044}}}
    assert wire.shows("990103198502022348") == {"fund"}

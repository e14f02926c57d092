"""A consent opens one person's rows to one application for one purpose, and nothing beside."""

import time
from typing import Any

import pytest

from subgraphs.world.demo import CONSENTING, OTHER, SPOUSE
from tests.no_leak.city import FOR_EVER, City, grants
from tests.no_leak.offices import NOBODY, Offices
from tests.support.issuer import Issuer

PERSON = "query($n: IdNumber!) { citizen(idNumber: $n) { name housingFund { status balance } } }"
LIST = "{ citizens(first: 100) { totalCount edges { node { name } } pageInfo { hasNextPage } } }"
ME, THEM = CONSENTING.id_number, OTHER.id_number


def test_a_consent_opens_the_rows_of_its_subject(offices: Offices) -> None:
    wire = offices.ask(PERSON, offices.bank(offices.consent(ME)), n=ME)

    assert wire.data["citizen"]["name"] == f"{CONSENTING.name[0]}**"
    assert wire.data["citizen"]["housingFund"]["status"] == "NORMAL"


def test_with_one_persons_consent_another_person_is_as_one_who_does_not_exist(
    offices: Offices,
) -> None:
    headers = offices.bank(offices.consent(ME))
    other = offices.ask(PERSON, headers, n=THEM)
    nobody = offices.ask(PERSON, headers, n=NOBODY)

    assert other.body == nobody.body == '{"data":{"citizen":null}}'
    assert other.shows(OTHER.name) == set()


def test_a_list_shows_and_counts_only_who_consented(offices: Offices) -> None:
    one = offices.ask(LIST, offices.bank(offices.consent(ME)))
    two = offices.ask(LIST, offices.bank(offices.consent(ME), offices.consent(THEM)))
    none = offices.ask(LIST, offices.bank())

    assert one.data["citizens"] == {
        "totalCount": 1,
        "edges": [{"node": {"name": f"{CONSENTING.name[0]}**"}}],
        "pageInfo": {"hasNextPage": False},
    }
    names = {edge["node"]["name"] for edge in two.data["citizens"]["edges"]}
    assert names == {f"{CONSENTING.name[0]}**", f"{OTHER.name[0]}**"}
    assert none.json["data"] is None or "**" not in none.body
    assert "consent_required" in none.body


def test_what_one_consent_does_not_name_is_not_opened_by_its_neighbour(offices: Offices) -> None:
    named = ["Citizen.idNumber", "Citizen.name"]
    narrow = offices.consent(THEM, fields=named)
    wire = offices.ask(PERSON, offices.bank(offices.consent(ME), narrow), n=THEM)

    assert "balance" not in str(wire.json["data"])
    assert wire.json["data"]["citizen"]["housingFund"] is None
    assert ("ACCESS_DENIED", "citizen.housingFund") in wire.codes()


def test_relatives_are_not_opened_along(offices: Offices) -> None:
    query = "query($n: IdNumber!) { citizen(idNumber: $n) { name household { members { name } } } }"
    wire = offices.ask(query, offices.bank(offices.consent(ME)), n=ME)

    assert wire.data["citizen"]["household"] is None
    assert wire.shows(SPOUSE.name) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another-app"},
        {"purpose": "property-registration"},
        {"purpose": None},
        {"exp": int(time.time()) - 60},
        {"nbf": int(time.time()) + 3_600},
        {"iss": "https://consent.somewhere.example"},
        {"iss": "https://issuer.heming.example"},
        {"fields": []},
        {"jti": None},
    ],
)
def test_a_borrowed_foreign_or_ended_consent_refuses_the_request(
    offices: Offices, changes: dict[str, Any]
) -> None:
    wire = offices.ask(PERSON, offices.bank(offices.consent(ME, **changes)), n=ME)

    assert wire.status == 403
    assert "data" not in wire.json
    assert not wire.shows(ME) & {"response", "log", "audit"}


def test_a_forged_consent_refuses_the_request(offices: Offices) -> None:
    forger = Issuer(int(time.time()))
    good = offices.consent(ME).split(".")
    other = offices.consent(THEM).split(".")
    forged = [
        forger.consent(sub=ME),
        ".".join([good[0], other[1], good[2]]),
        ".".join([good[0], good[1], ""]),
        "eyJhbGciOiJub25lIn0." + good[1] + ".",
    ]
    for consent in forged:
        wire = offices.ask(PERSON, offices.bank(consent), n=ME)

        assert (wire.status, "data" in wire.json) == (403, False)


def test_a_consent_is_no_token_and_a_token_no_consent(offices: Offices) -> None:
    token = offices.gateway.city.issuer.token()
    as_token = {"authorization": f"Bearer {offices.consent(ME, aud='datong')}"}

    assert offices.ask(PERSON, as_token, n=ME).status == 401
    assert offices.ask(PERSON, offices.bank(token), n=ME).status == 403


@pytest.mark.parametrize(
    ("span", "status"),
    [
        ({"expires": FOR_EVER}, 200),
        ({"expires": int(time.time())}, 403),
        ({"expires": FOR_EVER, "starts": FOR_EVER - 1}, 403),
    ],
    ids=["current", "ended", "not begun"],
)
def test_a_purpose_counts_only_while_a_grant_names_it(
    city: City, span: dict[str, int], status: int
) -> None:
    gateway = city.gateway(grants(Citizen__name={"uses": {"select": True}, **span}))
    wire = gateway.ask("{ mayor { name } }", None, gateway.caller(purposes=None))

    assert wire.status == status
    assert bool(wire.sent) == (status == 200)
    assert [record["purpose"] for record in wire.records] == ["work" if status == 200 else None]


@pytest.mark.parametrize(("roles", "status"), [(["clerk"], 200), (["guest"], 403), ([], 403)])
def test_a_purpose_of_a_grant_to_one_role_is_not_borrowed_by_another(
    city: City, roles: list[str], status: int
) -> None:
    gateway = city.gateway(
        grants(Citizen__name={"uses": {"select": True}, "roles": {"clerk": True}})
    )
    wire = gateway.ask("{ mayor { name } }", None, gateway.caller(purposes=None, roles=roles))

    assert wire.status == status
    assert bool(wire.sent) == (status == 200)

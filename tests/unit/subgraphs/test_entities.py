"""Reference resolvers: one statement per batch, null for what is not there, faults stay alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from subgraphs.world import demo
from tests.support.departments import Client, statements

OWN_COUNTY = {"Citizen": {"field": "regionCode", "op": "starts_with", "value": "990102"}}


@pytest.fixture
def police(client: Callable[[str], Client]) -> Client:
    return client("public_security")


@dataclass(frozen=True)
class Person:
    id_number: str
    name: str


@pytest.fixture
def people(police: Client) -> Sequence[Person]:
    """Fifty people."""
    query = "{ citizens(first: 50) { edges { node { idNumber name } } } }"
    edges = police.ask(query).data["citizens"]["edges"]
    return [Person(edge["node"]["idNumber"], edge["node"]["name"]) for edge in edges]


def _references(people: Sequence[Person]) -> list[dict[str, str]]:
    return [{"__typename": "Citizen", "idNumber": person.id_number} for person in people]


def test_batch_of_one_type_is_one_statement_in_order(
    police: Client, people: Sequence[Person]
) -> None:
    with statements() as sent:
        reply = police.entities("{ ... on Citizen { name } }", *_references(people))

    assert [each["name"] for each in reply.data["_entities"]] == [each.name for each in people]
    assert len(sent) == 1


def test_repeated_representations_are_looked_up_once(
    police: Client, people: Sequence[Person]
) -> None:
    with statements() as sent:
        reply = police.entities("{ ... on Citizen { name } }", *_references([people[0]] * 30))

    assert len({each["name"] for each in reply.data["_entities"]}) == 1
    assert len(sent) == 1


def test_nested_fields_of_a_batch_are_one_statement_each(
    police: Client, people: Sequence[Person]
) -> None:
    selection = """{ ... on Citizen {
        registeredAddress { text } household { members { name } head { name } } region { name }
    } }"""

    with statements() as sent:
        reply = police.entities(selection, *_references(people))

    first = reply.data["_entities"][0]
    assert people[0].name in {member["name"] for member in first["household"]["members"]}
    # Citizens, addresses, households, regions, members, and heads that were not among them.
    assert len(sent) == 6


def test_counts_of_many_divisions_are_one_statement(police: Client) -> None:
    codes = ["990100", *(f"99010{number}" for number in range(1, 7))]
    regions = [{"__typename": "Region", "code": code} for code in codes]

    with statements() as sent:
        reply = police.entities("{ ... on Region { population } }", *regions)

    city, *counties = [each["population"] for each in reply.data["_entities"]]
    assert city == sum(counties) == 400
    assert len(sent) == 2


def test_both_keys_lead_to_the_same_person(police: Client) -> None:
    person = demo.CONSENTING
    keys = [{"idNumber": person.id_number}, {"personId": person.person_id}]

    reply = police.entities(
        "{ ... on Citizen { name } }", *({"__typename": "Citizen"} | k for k in keys)
    )

    assert reply.data["_entities"] == [{"name": person.name}] * 2


def test_unknown_key_is_null_without_an_error(police: Client) -> None:
    unknown = {"__typename": "Citizen", "idNumber": "990102190001010000"}
    known = {"__typename": "Citizen", "idNumber": demo.OTHER.id_number}

    reply = police.entities("{ ... on Citizen { name } }", unknown, known)

    assert reply.data["_entities"] == [None, {"name": demo.OTHER.name}]


@pytest.mark.parametrize(
    "bad",
    [
        {"__typename": "Citizen"},
        {"__typename": "Citizen", "idNumber": 5},
        {"__typename": "Citizen", "idNumber": None},
        {"__typename": "Citizen", "idNumber": "zero\0"},
        {"__typename": "Citizen", "idNumber": ["x"]},
        {"__typename": "Nobody", "id": "1"},
        {"__typename": "PageInfo"},
        {"__typename": ["Citizen"]},
        {"idNumber": "x"},
        "Citizen",
        5,
    ],
    ids=str,
)
def test_bad_representation_is_null_with_an_error_and_spoils_no_other(
    police: Client, bad: object
) -> None:
    good = {"__typename": "Citizen", "idNumber": demo.OTHER.id_number}

    reply = police.entities("{ ... on Citizen { name } }", bad, good)

    assert reply.body["data"]["_entities"] == [None, {"name": demo.OTHER.name}]
    assert reply.codes == ["BAD_REPRESENTATION"]
    assert reply.body["errors"][0]["path"] == ["_entities", 0]


def test_hidden_row_is_null_exactly_like_an_unknown_one(police: Client) -> None:
    people = [demo.CONSENTING, demo.OTHER]
    references = [{"__typename": "Citizen", "idNumber": person.id_number} for person in people]

    reply = police.entities("{ ... on Citizen { name } }", *references, filters=OWN_COUNTY)

    assert reply.data["_entities"] == [{"name": demo.CONSENTING.name}, None]


def test_hidden_row_leaves_lists_counts_and_aggregates(police: Client) -> None:
    query = """{ citizens(first: 100) { totalCount edges { node { regionCode } } } }"""

    listed = police.ask(query, OWN_COUNTY).data["citizens"]
    regions = [{"__typename": "Region", "code": code} for code in ("990102", "990103", "990100")]
    counted = police.entities("{ ... on Region { population } }", *regions, filters=OWN_COUNTY)

    codes = [edge["node"]["regionCode"] for edge in listed["edges"]]
    assert codes
    assert all(code.startswith("990102") for code in codes)
    own, foreign, city = [each["population"] for each in counted.data["_entities"]]
    assert own == city == listed["totalCount"]
    assert foreign == 0


def test_key_only_stub_of_a_hidden_person_is_null(client: Callable[[str], Client]) -> None:
    only = {"Citizen": {"field": "idNumber", "op": "eq", "value": demo.CONSENTING.id_number}}
    people = [demo.CONSENTING, demo.OTHER]
    references = [{"__typename": "Citizen", "idNumber": person.id_number} for person in people]

    reply = client("tax").entities("{ ... on Citizen { annualIncome } }", *references, filters=only)

    found, hidden = reply.data["_entities"]
    assert found["annualIncome"] is not None
    assert hidden is None


def test_reference_to_a_hidden_person_nulls_like_one_that_does_not_exist(
    client: Callable[[str], Client],
) -> None:
    only = {"Citizen": {"field": "idNumber", "op": "eq", "value": demo.OTHER.id_number}}
    query = "query($n: ID!) { housingFundAccount(accountNumber: $n) { status owner { idNumber } } }"

    shown = client("housing_fund").ask(query, n=demo.ACCOUNT_NUMBER)
    hidden = client("housing_fund").ask(query, only, n=demo.ACCOUNT_NUMBER)

    owner = shown.data["housingFundAccount"]["owner"]
    assert owner == {"idNumber": demo.CONSENTING.id_number}
    assert hidden.body["data"] == {"housingFundAccount": None}
    assert hidden.body["errors"][0]["path"] == ["housingFundAccount", "owner"]


@pytest.mark.parametrize(
    ("name", "type_name", "subject", "field"),
    [
        ("housing_fund", "HousingFundAccount", "ownerIdNumber", "housingFund { balance }"),
        ("human_resources", "InsuranceEnrolment", "insuredIdNumber", "socialInsurance { status }"),
        ("tax", "TaxReturn", "taxpayerIdNumber", "taxReturns(first: 1) { edges { cursor } }"),
    ],
)
def test_rows_about_one_person_are_filtered_by_their_data_subject(
    client: Callable[[str], Client], name: str, type_name: str, subject: str, field: str
) -> None:
    only = {type_name: {"field": subject, "op": "eq", "value": demo.CONSENTING.id_number}}
    people = [demo.CONSENTING, demo.OTHER]
    references = [{"__typename": "Citizen", "idNumber": person.id_number} for person in people]
    selection = f"{{ ... on Citizen {{ {field} }} }}"

    free = client(name).entities(selection, *references).data["_entities"]
    filtered = client(name).entities(selection, *references, filters=only).data["_entities"]

    (other,) = free[1].values()
    (hidden,) = filtered[1].values()
    assert filtered[0] == free[0]
    assert other not in (None, {"edges": []})
    assert hidden in (None, {"edges": []})


@pytest.mark.parametrize("year", [2**40, 10**30, True, "2026", 1.5, None])
def test_number_that_no_column_holds_spoils_no_other_key(
    client: Callable[[str], Client], year: object
) -> None:
    schools = client("education")
    good = {"__typename": "School", "code": demo.SCHOOL_CODE}
    bad = {"__typename": "SchoolDistrict", "school": {"code": demo.SCHOOL_CODE}, "year": year}

    reply = schools.entities("{ ... on School { code } ... on SchoolDistrict { year } }", bad, good)

    assert reply.body["data"]["_entities"] == [None, {"code": demo.SCHOOL_CODE}]
    assert reply.codes == ["BAD_REPRESENTATION"]

"""What each department answers, over the small world and real HTTP."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from subgraphs.__main__ import NAMES
from subgraphs.world import demo
from subgraphs.world.codes import identity_number
from tests.support.departments import Client, statements

Get = Callable[[str], Client]
CONSENTING = {"__typename": "Citizen", "idNumber": demo.CONSENTING.id_number}


def _one(reply: Any) -> Any:
    (entity,) = reply.data["_entities"]
    return entity


def test_person_is_answered_with_household_and_address(client: Get) -> None:
    query = """query($id: IdNumber!) { citizen(idNumber: $id) {
        name sex birthDate regionCode region { code name }
        registeredAddress { addressId isStale } household { members { name } }
    } }"""

    person = client("public_security").ask(query, id=demo.CONSENTING.id_number).data["citizen"]

    assert person["name"] == demo.CONSENTING.name
    assert person["birthDate"] == demo.CONSENTING.birth_date.isoformat()
    assert person["region"]["code"] == person["regionCode"]
    assert {"name": demo.PUPIL.name} in person["household"]["members"]


def test_objection_is_raised_and_found_again(client: Get) -> None:
    police = client("public_security")
    raise_it = """mutation($i: ObjectionInput!) { raiseObjection(input: $i) {
        objectionId status coordinate claimedValue
    } }"""
    objection = {
        "idNumber": demo.OBJECTOR.id_number,
        "coordinate": "Address.text",
        "claimedValue": "elsewhere",
    }

    raised = police.ask(raise_it, i=objection).data["raiseObjection"]
    query = "query($n: ID!) { objection(objectionId: $n) { coordinate claimedValue status } }"
    found = police.ask(query, n=raised["objectionId"]).data["objection"]
    only_other = {"Citizen": {"field": "idNumber", "op": "eq", "value": demo.OTHER.id_number}}
    hidden = police.ask(query, only_other, n=raised["objectionId"]).data["objection"]

    assert raised["status"] == "RAISED"
    assert found == {key: raised[key] for key in ("coordinate", "claimedValue", "status")}
    assert hidden is None


def test_objection_about_nobody_is_refused(client: Get) -> None:
    mutation = "mutation($i: ObjectionInput!) { raiseObjection(input: $i) { objectionId } }"
    nobody = identity_number("990102", datetime.date(1901, 1, 1), 1)
    objection = {"idNumber": nobody, "coordinate": "Citizen.name", "claimedValue": "y"}

    assert client("public_security").ask(mutation, i=objection).codes == ["BAD_INPUT"]


def test_objection_that_its_filter_would_hide_is_not_raised(client: Get) -> None:
    police = client("public_security")
    mutation = "mutation($i: ObjectionInput!) { raiseObjection(input: $i) { objectionId } }"
    names = {"Objection": {"field": "coordinate", "op": "eq", "value": "Citizen.name"}}
    objection = {"idNumber": demo.OBJECTOR.id_number, "claimedValue": "y"}

    raised = police.ask(mutation, names, i=objection | {"coordinate": "Citizen.name"})
    hidden = police.ask(mutation, names, i=objection | {"coordinate": "Address.text"})

    assert raised.data["raiseObjection"]["objectionId"]
    assert hidden.codes == ["ROW_NOT_ADMITTED"]


def test_tax_answers_income_rating_and_returns(client: Get) -> None:
    selection = """{ ... on Citizen { annualIncome creditRating { score grade }
        taxReturns(first: 10) { edges { node { year taxpayer { __typename
            ... on Citizen { idNumber } ... on Company { creditCode } } } } } } }"""

    person = _one(client("tax").entities(selection, CONSENTING))

    assert float(person["annualIncome"]) > 0
    assert person["annualIncome"][-3] == "."
    assert 0 < person["creditRating"]["score"] <= 1000
    payers = [edge["node"]["taxpayer"] for edge in person["taxReturns"]["edges"]]
    assert payers == [CONSENTING] * 2


def test_loan_limit_is_computed_from_what_tax_says(client: Get) -> None:
    fund = client("housing_fund")

    def limit(**inputs: Any) -> Any:
        return _one(fund.entities("{ ... on Citizen { loanLimit } }", CONSENTING | inputs))

    rich = limit(annualIncome="300000.00", creditRating={"score": 800})["loanLimit"]
    poor = limit(annualIncome="30000.00", creditRating={"score": 800})["loanLimit"]
    risky = limit(annualIncome="300000.00", creditRating={"score": 100})["loanLimit"]

    assert float(rich) >= float(poor) > 0
    assert risky == "0.00"
    assert limit(annualIncome=None, creditRating={"score": 800}) == {"loanLimit": None}
    assert limit(annualIncome="300000.00", creditRating=None) == {"loanLimit": None}


def test_bad_requirement_of_one_person_spoils_no_other(client: Get) -> None:
    bad = CONSENTING | {"annualIncome": 5, "creditRating": {"score": 800}}
    good = CONSENTING | {"annualIncome": "100000.00", "creditRating": {"score": 800}}

    reply = client("housing_fund").entities("{ ... on Citizen { loanLimit } }", bad, good)

    first, second = reply.body["data"]["_entities"]
    assert first is None
    assert float(second["loanLimit"]) > 0
    assert reply.codes == ["BAD_REPRESENTATION"]


def test_insurance_names_employer_and_card(client: Get) -> None:
    selection = """{ ... on Citizen {
        socialInsurance { status monthsPaid contributionBase employer { creditCode employeeCount }
            insured { idNumber } }
        socialSecurityCard { certificateNumber holder { ... on Citizen { idNumber } } }
    } }"""

    person = _one(client("human_resources").entities(selection, CONSENTING))

    insurance = person["socialInsurance"]
    assert insurance["employer"]["creditCode"] == demo.EMPLOYER.credit_code
    assert insurance["employer"]["employeeCount"] >= 1
    assert insurance["insured"]["idNumber"] == demo.CONSENTING.id_number
    assert person["socialSecurityCard"]["holder"]["idNumber"] == demo.CONSENTING.id_number


def test_company_register_answers_licences_and_representative(client: Get) -> None:
    query = """query($code: CreditCode!) { company(creditCode: $code) {
        name status regionCode registeredCapital legalRepresentative { idNumber name }
        licences { __typename licenceNumber licensee { creditCode }
            ... on BusinessLicence { certificateNumber issuedOn holder { __typename } } }
    } }"""
    register = client("market_regulation")

    company = register.ask(query, code=demo.EMPLOYER.credit_code).data["company"]
    licence = next(each for each in company["licences"] if each["__typename"] == "BusinessLicence")

    assert company["name"] == demo.EMPLOYER.name
    assert company["legalRepresentative"]["name"]
    assert licence["licensee"] == {"creditCode": demo.EMPLOYER.credit_code}
    assert licence["holder"] == {"__typename": "Company"}
    reference = {"__typename": "Licence", "licenceNumber": licence["licenceNumber"]}
    by_interface = register.entities(
        "{ __typename ... on BusinessLicence { issuedOn } }", reference
    )
    expected = {"__typename": "BusinessLicence", "issuedOn": licence["issuedOn"]}
    assert _one(by_interface) == expected


def test_certificate_index_leads_to_other_departments(client: Get) -> None:
    selection = "{ ... on Citizen { certificates { __typename certificateNumber } } }"

    found = _one(client("market_regulation").entities(selection, CONSENTING))["certificates"]
    card = next(each for each in found if each["__typename"] == "SocialSecurityCard")
    there = client("human_resources").entities("{ ... on SocialSecurityCard { issuedOn } }", card)

    assert _one(there)["issuedOn"]
    query = "query($n: ID!) { certificate(number: $n) { __typename } }"
    reply = client("market_regulation").ask(query, n=card["certificateNumber"])
    assert reply.data["certificate"] == {"__typename": "SocialSecurityCard"}


def test_shared_property_has_two_owners(client: Get) -> None:
    query = """query($n: ID!) { realProperty(propertyNumber: $n) {
        owners { share owner { __typename ... on Citizen { idNumber } } }
        parcel { regionCode parcelNumber region { name parent { level } }
            boundary { longitude latitude } centre { latitude } }
        address { addressId location { longitude } parcel { landUse } }
        certificate { issuedOn property { propertyNumber } }
    } }"""

    found = client("natural_resources").ask(query, n=demo.SHARED_PROPERTY).data["realProperty"]

    assert sum(each["share"] for each in found["owners"]) == 1
    assert {each["owner"]["__typename"] for each in found["owners"]} == {"Citizen", "Company"}
    assert (found["parcel"]["regionCode"], found["parcel"]["parcelNumber"]) == demo.SHARED_PARCEL
    assert found["parcel"]["boundary"][0] == found["parcel"]["boundary"][-1]
    assert found["certificate"]["property"] == {"propertyNumber": demo.SHARED_PROPERTY}


def test_divisions_form_a_tree(client: Get) -> None:
    query = "{ regions(level: COUNTY) { code parent { code } children { code level } } }"

    counties = client("natural_resources").ask(query).data["regions"]

    assert len(counties) == 6
    for county in counties:
        assert county["parent"] == {"code": "990100"}
        assert all(each["code"].startswith(county["code"]) for each in county["children"])


def test_compound_key_finds_the_parcel_in_both_departments(client: Get) -> None:
    region, number = demo.SHARED_PARCEL
    reference = {"__typename": "Parcel", "regionCode": region, "parcelNumber": number}
    unknown = reference | {"parcelNumber": "none"}

    tax = client("tax").entities("{ ... on Parcel { assessedValue } }", reference, unknown)
    land = client("natural_resources").entities("{ ... on Parcel { landUse } }", reference)

    assert tax.data["_entities"][0]["assessedValue"]
    assert tax.data["_entities"][1] is None
    assert _one(land)["landUse"]


def test_health_answers_encounters_and_hygiene(client: Get) -> None:
    person = {"__typename": "Citizen", "personId": demo.CONSENTING.person_id}
    licence = {"__typename": "Licence", "licenceNumber": "nobody's"}
    selection = """{ __typename
        ... on Citizen { bloodType encounters(first: 3) { edges { node {
            occurredOn facility { name region { code } } patient { personId } } } } }
        ... on Licence { hygieneGrade } }"""

    citizen, place = client("health").entities(selection, person, licence).data["_entities"]

    for edge in citizen["encounters"]["edges"]:
        assert edge["node"]["patient"] == {"personId": demo.CONSENTING.person_id}
    assert place == {"__typename": "Licence", "hygieneGrade": None}


def test_school_eligibility_is_yes_or_no(client: Get) -> None:
    pupil = {
        "__typename": "Citizen",
        "personId": demo.PUPIL.person_id,
        "registeredAddress": {"regionCode": demo.PUPIL.region_code},
    }
    selection = f"""{{ ... on Citizen {{
        here: eligibleForSchool(code: "{demo.SCHOOL_CODE}")
        there: eligibleForSchool(code: "{demo.OTHER_SCHOOL_CODE}")
        nowhere: eligibleForSchool(code: "none")
        enrolment {{ grade school {{ code enrolledCount }} }}
    }} }}"""

    person = _one(client("education").entities(selection, pupil))

    assert (person["here"], person["there"], person["nowhere"]) == (True, False, False)


def test_school_district_is_found_by_address_and_by_nested_key(client: Get) -> None:
    address = {
        "__typename": "Address",
        "addressId": demo.PUPIL.address_id,
        "regionCode": demo.PUPIL.region_code,
    }
    selection = "{ ... on Address { schoolDistrict { year regionCodes school { code } } } }"
    schools = client("education")

    district = _one(schools.entities(selection, address))["schoolDistrict"]
    key = {"__typename": "SchoolDistrict", "school": district["school"], "year": district["year"]}
    again = schools.entities("{ ... on SchoolDistrict { regionCodes } }", key)

    assert demo.PUPIL.region_code in district["regionCodes"]
    assert _one(again)["regionCodes"] == district["regionCodes"]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("public_security", ["population"]),
        ("market_regulation", ["companyCount"]),
        ("human_resources", ["insuredCount"]),
        ("housing_fund", ["housingFundAccountCount"]),
        ("health", ["facilityCount", "hospitalBeds"]),
        ("education", ["schoolCount", "pupilCount"]),
    ],
)
def test_counts_of_counties_add_up_to_the_city(client: Get, name: str, fields: list[str]) -> None:
    codes = ["990100", *(f"99010{number}" for number in range(1, 7))]
    selection = "{ ... on Region { " + " ".join(fields) + " } }"

    reply = client(name).entities(selection, *({"__typename": "Region", "code": c} for c in codes))

    city, *counties = reply.data["_entities"]
    for field in fields:
        assert city[field] == sum(county[field] for county in counties) > 0


@pytest.mark.parametrize("name", NAMES)
def test_every_list_of_the_query_pages(client: Get, name: str) -> None:
    schema = client(name).ask(
        "{ __schema { queryType { fields { name type { ofType { name } } } } } }"
    )
    lists = [
        field["name"]
        for field in schema.data["__schema"]["queryType"]["fields"]
        if str((field["type"]["ofType"] or {}).get("name")).endswith("Connection")
    ]

    for field_name in lists:
        with statements() as sent:
            text = f"{{ {field_name}(first: 2) {{ totalCount edges {{ cursor }} }} }}"
            page = client(name).ask(text).data[field_name]
        assert page["totalCount"] > len(page["edges"]) == 2
        assert len(sent) == 2

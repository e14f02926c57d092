"""What the named inhabitants are promised to have holds in every size."""

from typing import Any

import pytest

from subgraphs.world import demo
from subgraphs.world.departments import DEPARTMENTS, rows_of
from subgraphs.world.generation import World
from subgraphs.world.values import Rows


@pytest.fixture(params=["small", "full", "other seed"])
def rows(request: pytest.FixtureRequest, small: World, full: World) -> dict[str, Rows]:
    worlds = {"small": small, "full": full}
    world = worlds.get(request.param) or World.generate("small", seed=1)
    return {department: rows_of(department, world) for department in DEPARTMENTS}


def test_named_people_come_first_and_are_as_their_constants_say(rows: dict[str, Rows]) -> None:
    citizens = rows["public_security"]["citizen"][: len(demo.PEOPLE)]

    for citizen, person in zip(citizens, demo.PEOPLE, strict=True):
        for name in ("id_number", "person_id", "name", "sex", "birth_date", "address_id"):
            assert citizen[name] == getattr(person, name)
        assert citizen["household_id"] == person.household_id
    assert list(demo.people().values()) == list(demo.PEOPLE)


@pytest.mark.parametrize("person", [demo.CONSENTING, demo.OTHER], ids=["CONSENTING", "OTHER"])
def test_a_loan_applicant_has_all_that_a_bank_asks_for(
    rows: dict[str, Rows], person: demo.DemoPerson
) -> None:
    number = person.id_number
    enrolment = _one(rows["human_resources"]["insurance_enrolment"], id_number=number)
    account = _one(rows["housing_fund"]["housing_fund_account"], id_number=number)
    taxpayer = _one(rows["tax"]["citizen"], id_number=number)

    assert enrolment["status"] == "ACTIVE"
    assert enrolment["employer_credit_code"] == demo.EMPLOYER.credit_code
    assert account["status"] == "NORMAL"
    assert not account["has_mortgage"]
    assert account["balance"] > 10_000_000
    assert taxpayer["annual_income"] > 15_000_000
    assert taxpayer["credit_score"] >= 700
    assert [r["year"] for r in _all(rows["tax"]["tax_return"], id_number=number)] == [2024, 2025]
    assert len(_all(rows["housing_fund"]["deposit"], account_number=account["account_number"])) == 6
    assert _all(rows["natural_resources"]["ownership"], owner_id_number=number)


def test_the_two_loan_applicants_are_registered_in_different_counties(
    rows: dict[str, Rows],
) -> None:
    citizens = rows["public_security"]["citizen"]

    assert _one(citizens, id_number=demo.CONSENTING.id_number)["region_code"] == "990102001"
    assert _one(citizens, id_number=demo.OTHER.id_number)["region_code"] == "990103001"


def test_numbers_of_the_consenting_citizen_are_the_constants(rows: dict[str, Rows]) -> None:
    account = _one(rows["housing_fund"]["housing_fund_account"], account_number=demo.ACCOUNT_NUMBER)
    tax_return = _one(rows["tax"]["tax_return"], return_number=demo.RETURN_NUMBER)

    assert account["id_number"] == tax_return["id_number"] == demo.CONSENTING.id_number


def test_the_shared_property_is_owned_by_half_a_citizen_and_half_a_company(
    rows: dict[str, Rows],
) -> None:
    land = rows["natural_resources"]
    unit = _one(land["real_property"], property_number=demo.SHARED_PROPERTY)
    shares = _all(land["ownership"], property_number=demo.SHARED_PROPERTY)

    assert unit["address_id"] == demo.CONSENTING.address_id
    assert (unit["region_code"], unit["parcel_number"]) == demo.SHARED_PARCEL
    assert [
        (share["share"], share["owner_id_number"], share["owner_credit_code"]) for share in shares
    ] == [(0.5, demo.CONSENTING.id_number, None), (0.5, None, demo.LANDLORD.credit_code)]


def test_the_pupil_has_no_place_yet_and_one_of_the_two_schools_is_hers(
    rows: dict[str, Rows],
) -> None:
    education = rows["education"]
    pupil = _one(rows["public_security"]["citizen"], person_id=demo.PUPIL.person_id)
    districts = {
        region["school_code"]
        for region in _all(
            education["school_district_region"], region_code=pupil["region_code"], year=2026
        )
    }

    assert not _all(education["enrolment"], person_id=demo.PUPIL.person_id)
    assert demo.SCHOOL_CODE in districts
    assert demo.OTHER_SCHOOL_CODE not in districts
    assert _one(education["school"], code=demo.OTHER_SCHOOL_CODE)["kind"] == "PRIMARY"


def test_the_sibling_goes_to_the_pupils_school(rows: dict[str, Rows]) -> None:
    enrolment = _one(rows["education"]["enrolment"], person_id=demo.SIBLING.person_id)

    assert (enrolment["school_code"], enrolment["grade"]) == (demo.SCHOOL_CODE, 3)


def test_the_objector_is_registered_where_he_does_not_live(rows: dict[str, Rows]) -> None:
    recorded = _one(rows["public_security"]["address"], address_id=demo.OBJECTOR.address_id)
    true = _one(rows["natural_resources"]["address"], address_id=demo.OBJECTOR.address_id)

    assert recorded["is_stale"]
    assert recorded["region_code"] == demo.OBJECTOR_STALE_REGION
    assert true["region_code"] == demo.OBJECTOR.region_code
    assert not _all(rows["public_security"]["objection"], id_number=demo.OBJECTOR.id_number)


def test_named_companies_trade_and_one_of_them_has_a_stale_scope(rows: dict[str, Rows]) -> None:
    for named in demo.COMPANIES:
        company = _one(rows["market_regulation"]["company"], credit_code=named.credit_code)
        assert (company["name"], company["status"]) == (named.name, "ACTIVE")
        assert (company["address_id"], company["region_code"]) == (
            named.address_id,
            named.region_code,
        )
        assert company["scope_is_stale"] == (named is demo.STALE_COMPANY)
    kinds = {
        licence["kind"]
        for licence in _all(
            rows["market_regulation"]["licence"], credit_code=demo.STALE_COMPANY.credit_code
        )
    }
    assert kinds == {"BUSINESS", "FOOD"}


def _all(rows: list[dict[str, Any]], **values: object) -> list[dict[str, Any]]:
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


def _one(rows: list[dict[str, Any]], **values: object) -> dict[str, Any]:
    found = _all(rows, **values)
    assert len(found) == 1, found
    return found[0]

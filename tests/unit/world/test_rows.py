"""Departments agree: every row fits its table, every reference to another department resolves."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest

from subgraphs.education.models import SchoolKind
from subgraphs.health.models import FacilityKind
from subgraphs.housing_fund.models import AccountStatus
from subgraphs.human_resources.models import EnrolmentStatus
from subgraphs.market_regulation.models import CertificateKind, CompanyStatus, LicenceKind
from subgraphs.natural_resources.models import LandUse, RegionLevel
from subgraphs.public_security.models import Sex
from subgraphs.tax.rows import grade, income_tax
from subgraphs.world.departments import DEPARTMENTS, metadata_of, rows_of
from subgraphs.world.generation import World
from subgraphs.world.values import Rows

_KEYS = {
    "id": ("public_security", "citizen", "id_number"),
    "person": ("public_security", "citizen", "person_id"),
    "credit": ("market_regulation", "company", "credit_code"),
    "address": ("public_security", "address", "address_id"),
    "region": ("natural_resources", "region", "code"),
    "certificate": ("market_regulation", "certificate", "certificate_number"),
    "licence": ("market_regulation", "licence", "licence_number"),
}
"""What a foreign reference points at, by the kind of key."""

_KIND_BY_COLUMN = {
    "id_number": "id",
    "head_id_number": "id",
    "legal_representative_id_number": "id",
    "holder_id_number": "id",
    "owner_id_number": "id",
    "person_id": "person",
    "credit_code": "credit",
    "employer_credit_code": "credit",
    "holder_credit_code": "credit",
    "owner_credit_code": "credit",
    "paid_by_credit_code": "credit",
    "address_id": "address",
    "region_code": "region",
    "parent_code": "region",
    "certificate_number": "certificate",
    "licence_number": "licence",
}
_OWN_KEYS = {
    "account_number",
    "objection_id",
    "household_id",
    "enrolment_number",
    "deposit_id",
    "parcel_number",
    "property_number",
    "ownership_id",
    "return_number",
    "facility_id",
    "encounter_id",
    "school_code",
    "enrolment_id",
}
"""Keys that stay inside a department, where its own constraints hold them."""


def _references() -> Iterator[tuple[str, str, str, str]]:
    for department in DEPARTMENTS:
        for table in metadata_of(department).sorted_tables:
            for column in table.columns:
                if column.name in _KIND_BY_COLUMN:
                    yield department, table.name, column.name, _KIND_BY_COLUMN[column.name]


def test_no_column_that_looks_like_a_key_is_left_out_here() -> None:
    endings = ("_number", "_code", "_id")
    columns = {
        column.name
        for department in DEPARTMENTS
        for table in metadata_of(department).sorted_tables
        for column in table.columns
        if column.name.endswith(endings)
    }

    assert columns <= set(_KIND_BY_COLUMN) | _OWN_KEYS


@pytest.mark.parametrize(("department", "table", "column", "kind"), list(_references()))
def test_every_reference_resolves(
    full_rows: dict[str, Rows], department: str, table: str, column: str, kind: str
) -> None:
    owner, owner_table, key = _KEYS[kind]
    known = {row[key] for row in full_rows[owner][owner_table]}
    used = {row[column] for row in full_rows[department][table]} - {None}

    assert used
    assert used <= known


@pytest.mark.parametrize("department", DEPARTMENTS)
@pytest.mark.parametrize("size", ["small", "full"])
def test_rows_fill_exactly_the_columns_of_all_tables(
    size: str, department: str, request: pytest.FixtureRequest
) -> None:
    rows = rows_of(department, request.getfixturevalue(size))
    tables = metadata_of(department).tables

    assert set(rows) == set(tables)
    for name, table in tables.items():
        assert rows[name], name
        assert all(set(row) == {column.name for column in table.columns} for row in rows[name])


@pytest.mark.parametrize(
    ("department", "table", "key"),
    [
        ("tax", "parcel", ("region_code", "parcel_number")),
        ("natural_resources", "parcel", ("region_code", "parcel_number")),
        ("natural_resources", "address", ("address_id",)),
        ("health", "citizen", ("person_id",)),
    ],
)
def test_departments_that_hold_an_entity_together_hold_all_of_it(
    full: World, full_rows: dict[str, Rows], department: str, table: str, key: tuple[str, ...]
) -> None:
    expected = {
        "parcel": {(parcel.region_code, parcel.parcel_number) for parcel in full.parcels},
        "address": {(place.address_id,) for place in full.homes + full.premises},
        "citizen": {(person.person_id,) for person in full.people},
    }

    keys = {tuple(row[name] for name in key) for row in full_rows[department][table]}

    assert keys == expected[table]


@pytest.mark.parametrize(
    ("department", "table", "column", "values"),
    [
        ("public_security", "citizen", "sex", Sex),
        ("market_regulation", "company", "status", CompanyStatus),
        ("market_regulation", "licence", "kind", LicenceKind),
        ("market_regulation", "certificate", "kind", CertificateKind),
        ("human_resources", "insurance_enrolment", "status", EnrolmentStatus),
        ("housing_fund", "housing_fund_account", "status", AccountStatus),
        ("natural_resources", "region", "level", RegionLevel),
        ("natural_resources", "parcel", "land_use", LandUse),
        ("health", "facility", "kind", FacilityKind),
        ("education", "school", "kind", SchoolKind),
    ],
)
def test_columns_of_choices_hold_every_choice_and_nothing_else(
    full_rows: dict[str, Rows], department: str, table: str, column: str, values: type[StrEnum]
) -> None:
    found = {row[column] for row in full_rows[department][table]}

    assert found == {value.value for value in values}
    assert all(value.name == value.value for value in values)


def test_the_index_of_certificates_has_each_certificate_once_with_its_holder(
    full_rows: dict[str, Rows],
) -> None:
    index = {
        row["certificate_number"]: row for row in full_rows["market_regulation"]["certificate"]
    }
    cards = full_rows["human_resources"]["social_security_card"]
    titles = full_rows["natural_resources"]["property_certificate"]

    assert len(index) == len(full_rows["market_regulation"]["certificate"])
    for card in cards:
        assert index[card["certificate_number"]]["holder_id_number"] == card["id_number"]
        assert index[card["certificate_number"]]["kind"] == "SOCIAL_SECURITY_CARD"
    for title in titles:
        entry = index[title["certificate_number"]]
        assert entry["kind"] == "PROPERTY_CERTIFICATE"
        assert entry["holder_id_number"] == title["holder_id_number"]
        assert entry["holder_credit_code"] == title["holder_credit_code"]


def test_deposits_follow_the_insured_wage(full_rows: dict[str, Rows]) -> None:
    base_by_person = {
        row["id_number"]: row["contribution_base"]
        for row in full_rows["human_resources"]["insurance_enrolment"]
    }

    for account in full_rows["housing_fund"]["housing_fund_account"]:
        if account["status"] == "CLOSED":
            assert account["monthly_deposit"] == account["balance"] == 0
            continue
        share = account["monthly_deposit"] / base_by_person[account["id_number"]]
        assert 0.095 <= share <= 0.245
        assert account["monthly_deposit"] % 100 == 0


def test_who_pays_off_a_mortgage_owns_a_mortgaged_property(full_rows: dict[str, Rows]) -> None:
    land = full_rows["natural_resources"]
    mortgaged = {row["property_number"] for row in land["real_property"] if row["is_mortgaged"]}
    owners = {
        row["owner_id_number"] for row in land["ownership"] if row["property_number"] in mortgaged
    }
    payers = {
        row["id_number"]
        for row in full_rows["housing_fund"]["housing_fund_account"]
        if row["has_mortgage"]
    }

    assert payers
    assert payers <= owners


def test_recorded_and_true_region_of_an_address_differ_exactly_when_stale(
    full_rows: dict[str, Rows],
) -> None:
    true = {
        row["address_id"]: row["region_code"] for row in full_rows["natural_resources"]["address"]
    }

    for row in full_rows["public_security"]["address"]:
        assert (true[row["address_id"]] != row["region_code"]) == row["is_stale"]


def test_pupils_go_to_a_school_whose_district_holds_their_recorded_address(
    full_rows: dict[str, Rows],
) -> None:
    education = full_rows["education"]
    region_by_person = {
        row["person_id"]: row["region_code"] for row in full_rows["public_security"]["citizen"]
    }
    district: set[tuple[str, str]] = {
        (row["school_code"], row["region_code"])
        for row in education["school_district_region"]
        if row["year"] == 2025
    }

    def goes_there(enrolment: dict[str, Any]) -> bool:
        school, home = enrolment["school_code"], region_by_person[enrolment["person_id"]]
        is_senior = enrolment["grade"] > 9
        return school[1:7] == home[:6] if is_senior else (school, home) in district

    assert all(goes_there(enrolment) for enrolment in education["enrolment"])


@pytest.mark.parametrize(
    ("taxable", "tax"),
    [(0, 0), (36_000, 1_080), (144_000, 11_880), (300_000, 43_080), (1_000_000, 268_080)],
)
def test_income_tax_is_that_of_the_law(taxable: int, tax: int) -> None:
    assert income_tax(taxable) == pytest.approx(tax)


@pytest.mark.parametrize(("score", "letter"), [(950, "A"), (750, "A"), (749, "B"), (350, "D")])
def test_grades_follow_scores(score: int, letter: str) -> None:
    assert grade(score) == letter

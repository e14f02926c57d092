"""The named inhabitants of the demo world: the same in every size and for every seed.

Stories, tests and documentation use these constants instead of searching the data.
"""

import datetime
from dataclasses import dataclass

from subgraphs.world.codes import credit_code, identity_number


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A citizen that the demo promises; ``region_code`` is the township of the true address."""

    id_number: str
    person_id: str
    name: str
    sex: str
    birth_date: datetime.date
    region_code: str
    address_id: str
    household_id: str


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """A company that the demo promises."""

    credit_code: str
    name: str
    region_code: str
    address_id: str


def _person(
    serial: int, name: str, sex: str, birth_date: datetime.date, region_code: str, home: int
) -> DemoPerson:
    # Sequences below 10 of each day are kept free for these people.
    sequence = 1 if sex == "MALE" else 2
    return DemoPerson(
        id_number=identity_number(region_code[:6], birth_date, sequence),
        person_id=f"P10000000{serial}",
        name=name,
        sex=sex,
        birth_date=birth_date,
        region_code=region_code,
        address_id=f"A{home:08d}",
        household_id=f"H{home:08d}",
    )


def _company(body: str, name: str, region_code: str, place: int) -> DemoCompany:
    return DemoCompany(
        credit_code=credit_code(region_code[:6], body),
        name=name,
        region_code=region_code,
        address_id=f"A{place:08d}",
    )


CONSENTING = _person(1, "林知远", "MALE", datetime.date(1988, 5, 12), "990102001", 1)
"""Has housing fund, insurance, tax returns, a good rating and property; gives consent."""

SPOUSE = _person(2, "苏婉清", "FEMALE", datetime.date(1989, 9, 3), "990102001", 1)
"""Lives with CONSENTING."""

PUPIL = _person(3, "林书禾", "FEMALE", datetime.date(2020, 4, 20), "990102001", 1)
"""Child of CONSENTING, old enough for school in September 2026 and not enrolled yet."""

SIBLING = _person(4, "林书言", "MALE", datetime.date(2016, 10, 8), "990102001", 1)
"""Child of CONSENTING, pupil of SCHOOL_CODE."""

OTHER = _person(5, "沈若兰", "FEMALE", datetime.date(1990, 11, 3), "990103001", 2)
"""Has what CONSENTING has, in another county, and gives no consent."""

OBJECTOR = _person(6, "顾长风", "MALE", datetime.date(1975, 2, 17), "990104001", 3)
"""Registered at a stale address: the population base has another township than the true one."""

OBJECTOR_STALE_REGION = "990104002"
"""Township that the population base still records for OBJECTOR."""

EMPLOYER = _company("MA00DT01", "鹤鸣市松涛数据科技有限公司", "990102002", 4)
"""Employs CONSENTING and OTHER; its business scope is up to date."""

LANDLORD = _company("MA00DT02", "鹤鸣市云溪置业有限公司", "990102002", 5)
"""Owns the other half of SHARED_PROPERTY."""

STALE_COMPANY = _company("MA00DT03", "鹤鸣市长亭餐饮管理有限公司", "990102004", 6)
"""A licensed food business whose recorded business scope is stale."""

SHARED_PROPERTY = "990102001GB00001F0001"
"""Property number: CONSENTING's home, owned half by CONSENTING and half by LANDLORD."""

SHARED_PARCEL = ("990102001", "GB00001")
"""Region code and parcel number of SHARED_PROPERTY."""

SCHOOL_CODE = "S990102001P1"
"""Primary school whose district holds PUPIL's address."""

OTHER_SCHOOL_CODE = "S990103001P1"
"""Primary school whose district does not hold PUPIL's address."""

ACCOUNT_NUMBER = "HF00000001"
"""CONSENTING's housing fund account."""

RETURN_NUMBER = "TR2025C000001"
"""CONSENTING's tax return of 2025."""

PEOPLE: tuple[DemoPerson, ...] = (CONSENTING, SPOUSE, PUPIL, SIBLING, OTHER, OBJECTOR)
COMPANIES: tuple[DemoCompany, ...] = (EMPLOYER, LANDLORD, STALE_COMPANY)


def people() -> dict[str, DemoPerson]:
    """The named persons by the names that the stories use."""
    return {
        "CONSENTING": CONSENTING,
        "SPOUSE": SPOUSE,
        "PUPIL": PUPIL,
        "SIBLING": SIBLING,
        "OTHER": OTHER,
        "OBJECTOR": OBJECTOR,
    }

"""What each story must answer, put together from what the departments themselves say.

Nothing here goes through the gateway: joins are written out by hand, so that they check its joins.
"""

from __future__ import annotations

import asyncio
from typing import Any

from federation.cli.demo.departments import Departments


def initial(text: str) -> str:
    """A name as the mask `initial` leaves it."""
    return f"{text[:1]}**"


def first6(text: str) -> str:
    """A text as the mask `first6` leaves it."""
    return f"{text[:6] if len(text) > 6 else text[:1]}**"


def last4(text: str) -> str:
    """A number as the mask `last4` leaves it."""
    return "*" * (len(text) - 4) + text[-4:]


async def loan(departments: Departments, id_number: str) -> dict[str, Any]:
    """The loan story for a person who consented: four departments, joined by hand."""
    key = {"idNumber": id_number}
    person, taxed, insured = await asyncio.gather(
        departments.entity("public_security", "Citizen", key, "name"),
        departments.entity("tax", "Citizen", key, "annualIncome creditRating { score grade }"),
        departments.entity(
            "human_resources", "Citizen", key, "socialInsurance { status monthsPaid }"
        ),
    )
    inputs = {
        **key,
        "annualIncome": taxed["annualIncome"],
        "creditRating": {"score": taxed["creditRating"]["score"]},
    }
    fund = await departments.entity(
        "housing_fund", "Citizen", inputs, "loanLimit housingFund { status balance }"
    )
    return {
        "citizen": {
            "name": initial(person["name"]),
            "loanLimit": fund["loanLimit"],
            "creditRating": taxed["creditRating"],
            "housingFund": fund["housingFund"],
            "socialInsurance": insured["socialInsurance"],
        }
    }


async def property_record(departments: Departments, number: str) -> dict[str, Any]:
    """The registration story: one property with what five departments know of it."""
    data = await departments.ask(
        "natural_resources",
        """query ($number: ID!) { realProperty(propertyNumber: $number) {
             propertyNumber floorArea isMortgaged address { addressId }
             parcel { regionCode parcelNumber landUse }
             owners { share owner { __typename ... on Citizen { idNumber }
                                    ... on Company { creditCode } } } } }""",
        number=number,
    )
    found = data["realProperty"]
    place = {name: found["parcel"].pop(name) for name in ("regionCode",)}
    place["parcelNumber"] = found["parcel"]["parcelNumber"]
    found["parcel"] |= await departments.entity(
        "tax", "Parcel", place, "assessedValue annualPropertyTax"
    )
    found["address"] = await departments.entity(
        "public_security", "Address", found["address"], "text"
    )
    for each in found["owners"]:
        owner = each["owner"]
        if owner.pop("__typename") == "Company":
            each["owner"] = await departments.entity(
                "market_regulation", "Company", owner, "name creditCode status"
            )
        else:
            person, fund = await asyncio.gather(
                departments.entity("public_security", "Citizen", owner, "name"),
                departments.entity("housing_fund", "Citizen", owner, "housingFund { hasMortgage }"),
            )
            each["owner"] = {**person, **fund}
    return {"realProperty": found}


async def county(departments: Departments, region: str, first: int) -> dict[str, Any]:
    """The data return story: the first citizens of one county, in the department's own order."""
    rows: list[dict[str, Any]] = []
    total, after = 0, None
    while True:
        data = await departments.ask(
            "public_security",
            """query ($after: String) { citizens(first: 100, after: $after) {
                 edges { node { idNumber name sex birthDate regionCode } }
                 pageInfo { hasNextPage endCursor } } }""",
            after=after,
        )
        page = data["citizens"]
        for edge in page["edges"]:
            node = edge["node"]
            if node["regionCode"].startswith(region):
                total += 1
                rows.append({**node, "idNumber": last4(node["idNumber"])})
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    return {"citizens": {"totalCount": total, "edges": [{"node": row} for row in rows[:first]]}}


SMALLEST_COUNT = 5
"""Of those that are shown to whoever sees none of the rows: `access.smallest_count`."""

COUNTS_OF_PERSONS = ("population", "insuredCount", "housingFundAccountCount", "pupilCount")
"""The dashboard's caller may see none of the rows behind these."""


def withheld(expected: dict[str, Any]) -> dict[str, str]:
    """What the dashboard is told of counts that are too small for it, by coordinate."""
    return {
        f"Region.{name}": "count_too_small"
        for region in expected["regions"]
        for name in COUNTS_OF_PERSONS
        if region[name] is None
    }


async def dashboard(departments: Departments) -> dict[str, Any]:
    """The dashboard story: counts of six departments for every county."""
    data = await departments.ask("natural_resources", "{ regions(level: COUNTY) { code name } }")
    counts = {
        "public_security": "population",
        "market_regulation": "companyCount",
        "human_resources": "insuredCount",
        "housing_fund": "housingFundAccountCount",
        "health": "facilityCount hospitalBeds",
        "education": "schoolCount pupilCount",
    }
    for region in data["regions"]:
        key = {"code": region["code"]}
        for name, fields in counts.items():
            region.update(await departments.entity(name, "Region", key, fields))
        for name in COUNTS_OF_PERSONS:
            if region[name] < SMALLEST_COUNT:
                region[name] = None
    return data


async def enrolment(
    departments: Departments, id_number: str, school: str, *, masked: bool = True
) -> dict[str, Any]:
    """The school story: eligibility from the district, the address only as far as its county."""
    person = await departments.entity(
        "public_security",
        "Citizen",
        {"idNumber": id_number},
        "personId name registeredAddress { text regionCode }",
    )
    address = person["registeredAddress"]
    inputs = {
        "personId": person["personId"],
        "registeredAddress": {"__typename": "Address", "regionCode": address["regionCode"]},
    }
    checked = await departments.entity(
        "education", "Citizen", inputs, f'eligibleForSchool(code: "{school}")'
    )
    return {
        "citizen": {
            "name": initial(person["name"]) if masked else person["name"],
            "eligibleForSchool": checked["eligibleForSchool"],
            "registeredAddress": {"text": first6(address["text"]) if masked else address["text"]},
        }
    }

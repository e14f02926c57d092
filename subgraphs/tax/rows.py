"""Rows of the tax department: who declared what, how they are rated, what land is worth.

Income tax is reckoned on the year's income less the basic allowance and insurance, by the seven
brackets of comprehensive income; companies pay a quarter of their profit, small ones a twentieth.

Source:
    Individual Income Tax Law (2018), annex 1; Enterprise Income Tax Law, article 4.
"""

import datetime
from random import Random
from typing import Any

from subgraphs.world.generation import World
from subgraphs.world.values import Company, Livelihood, Parcel, Rows

YEARS = (2024, 2025)
RATED_ON = datetime.date(2026, 4, 1)

# Upper end in yuan, rate, amount to deduct in yuan.
_BRACKETS = (
    (36_000, 0.03, 0),
    (144_000, 0.10, 2_520),
    (300_000, 0.20, 16_920),
    (420_000, 0.25, 31_920),
    (660_000, 0.30, 52_920),
    (960_000, 0.35, 85_920),
    (float("inf"), 0.45, 181_920),
)
_ALLOWANCE = 60_000
_INSURANCE_SHARE = 0.105
_SMALL_PROFIT = 3_000_000
_GRADES = ((750, "A"), (650, "B"), (550, "C"), (0, "D"))
# 1.2 % of 70 % of the value of business land; homes and fields pay nothing.
_PROPERTY_TAX_RATE = 0.0084


def rows(world: World) -> Rows:
    """All rows by table."""
    random = Random(f"{world.seed}/tax")  # noqa: S311  data, no secrets
    earners = [livelihood for livelihood in world.livelihoods if livelihood.income_by_year]
    returns = [
        _declare_income(random, livelihood, year) for livelihood in earners for year in YEARS
    ]
    returns += [
        _declare_profit(random, number, company, year)
        for number, company in enumerate(world.companies, start=1)
        for year in YEARS
        if company.registered_on.year <= year
    ]
    return {
        "citizen": [
            {
                "id_number": livelihood.person.id_number,
                "annual_income": livelihood.income_by_year[YEARS[-1]],
                "credit_score": livelihood.credit_score,
                "credit_grade": grade(livelihood.credit_score),
                "credit_rated_on": RATED_ON,
            }
            for livelihood in earners
        ],
        "company": [_rate(random, company) for company in world.companies],
        "tax_return": returns,
        "parcel": [_assess(parcel) for parcel in world.parcels],
    }


def grade(score: int) -> str:
    """The grade from A to D of a credit score of 350 to 950."""
    return next(name for least, name in _GRADES if score >= least)


def income_tax(taxable: float) -> float:
    """A year's tax on a year's taxable income, both in yuan."""
    return next(taxable * rate - deduction for end, rate, deduction in _BRACKETS if taxable <= end)


def _declare_income(random: Random, livelihood: Livelihood, year: int) -> dict[str, Any]:
    income = livelihood.income_by_year[year] / 100
    taxable = max(0.0, round(income * (1 - _INSURANCE_SHARE) - _ALLOWANCE, 2))
    return {
        "return_number": f"TR{year}C{livelihood.serial:06d}",
        "id_number": livelihood.person.id_number,
        "credit_code": None,
        "year": year,
        "taxable_income": round(taxable * 100),
        "tax_paid": round(income_tax(taxable) * 100),
        "filed_on": _draw_filing(random, year),
    }


def _declare_profit(random: Random, number: int, company: Company, year: int) -> dict[str, Any]:
    profit = round(company.weight * 300_000 * random.uniform(-0.2, 1.5))
    taxable = max(0, profit) if company.status == "ACTIVE" else 0
    rate = 0.05 if taxable <= _SMALL_PROFIT else 0.25
    return {
        "return_number": f"TR{year}K{number:06d}",
        "id_number": None,
        "credit_code": company.credit_code,
        "year": year,
        "taxable_income": taxable * 100,
        "tax_paid": round(taxable * rate * 100),
        "filed_on": _draw_filing(random, year),
    }


def _draw_filing(random: Random, year: int) -> datetime.date:
    """A day from March to May of the year after."""
    return datetime.date(year + 1, 3, 1) + datetime.timedelta(days=random.randint(0, 91))


def _rate(random: Random, company: Company) -> dict[str, Any]:
    usual = 690 if company.status == "ACTIVE" else 520
    score = min(max(round(random.gauss(usual, 75)), 350), 950)
    return {
        "credit_code": company.credit_code,
        "credit_score": score,
        "credit_grade": grade(score),
        "credit_rated_on": RATED_ON,
    }


def _assess(parcel: Parcel) -> dict[str, Any]:
    is_business = parcel.land_use in ("COMMERCIAL", "INDUSTRIAL")
    return {
        "region_code": parcel.region_code,
        "parcel_number": parcel.parcel_number,
        "assessed_value": parcel.assessed_value,
        "annual_property_tax": round(parcel.assessed_value * _PROPERTY_TAX_RATE)
        if is_business
        else 0,
    }

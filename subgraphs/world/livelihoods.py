"""How adults live: jobs, income of two years, insurance, housing fund share, credit score.

Incomes are log-normal around the usual wage, raised by age and by how well the employer pays;
contributions follow from income within the limits that social insurance sets.
"""

import datetime
from dataclasses import dataclass
from itertools import accumulate
from math import log
from random import Random

from subgraphs.world import demo
from subgraphs.world.values import TODAY, Company, Livelihood, Person

LOWEST_SCORE, HIGHEST_SCORE = 350, 950

_YUAN = 100
_MEDIAN_WAGE = 82_000
_LOWEST_BASE, _HIGHEST_BASE = 4_500, 25_000
# Share of a month's wage that worker and employer pay into the housing fund together.
_FUND_RATES = (0.10, 0.12, 0.16, 0.20, 0.24)


@dataclass(frozen=True, slots=True)
class _Promise:
    """What the demo promises about a named person's means; money in yuan."""

    since: datetime.date
    income_2024: int
    income_2025: int
    fund_rate: float
    credit_score: int


_PROMISES = {
    demo.CONSENTING.id_number: _Promise(datetime.date(2012, 7, 1), 204_000, 216_000, 0.24, 782),
    demo.OTHER.id_number: _Promise(datetime.date(2015, 3, 1), 151_200, 163_200, 0.20, 701),
}


class _LabourMarket:
    """Active companies, drawn in proportion to their size, mostly in a person's own county."""

    def __init__(self, companies: list[Company]) -> None:
        active = [company for company in companies if company.status == "ACTIVE"]
        self._city = _weigh(active)
        counties = sorted({company.place.region_code[:6] for company in active})
        self._companies_by_county = {
            county: _weigh([c for c in active if c.place.region_code.startswith(county)])
            for county in counties
        }

    def draw_employer(self, random: Random, county: str) -> Company:
        pool = self._companies_by_county.get(county, self._city)
        companies, weights = pool if random.random() < 0.7 else self._city
        return random.choices(companies, cum_weights=weights)[0]


def build_livelihoods(
    random: Random, people: list[Person], companies: list[Company]
) -> list[Livelihood]:
    """The livelihoods of all who are insured, in the order of ``people``."""
    market = _LabourMarket(companies)
    employer = next(c for c in companies if c.credit_code == demo.EMPLOYER.credit_code)
    company_by_representative = {
        company.representative.id_number: company
        for company in companies
        if company.status == "ACTIVE"
    }
    livelihoods: list[Livelihood] = []
    for person in people:
        promise = _PROMISES.get(person.id_number)
        if promise is not None:
            livelihoods.append(_keep(promise, len(livelihoods) + 1, person, employer))
            continue
        own = company_by_representative.get(person.id_number)
        kind = "EMPLOYED" if own is not None else _draw_kind(random, person)
        if kind is not None:
            works_for = None
            if kind == "EMPLOYED":
                works_for = own or market.draw_employer(random, person.place.region_code[:6])
            serial = len(livelihoods) + 1
            livelihoods.append(_draw_livelihood(random, serial, person, kind, works_for))
    return livelihoods


def contribution_base(monthly_wage: int) -> int:
    """What contributions are reckoned on: a month's wage within limits, whole yuan, in fen."""
    yuan = min(max(monthly_wage // _YUAN, _LOWEST_BASE), _HIGHEST_BASE)
    return yuan * _YUAN


def _weigh(companies: list[Company]) -> tuple[list[Company], list[float]]:
    return companies, list(accumulate(company.weight for company in companies))


def _draw_kind(random: Random, person: Person) -> str | None:
    if person.age < 20:
        return None
    if person.age >= (60 if person.sex == "MALE" else 55):
        return "RETIRED" if random.random() < 0.6 else None
    return random.choices(("EMPLOYED", "OWN", "PAUSED", None), (66, 7, 7, 20))[0]


def _draw_livelihood(
    random: Random, serial: int, person: Person, kind: str, employer: Company | None
) -> Livelihood:
    working_years = min(person.age - 19, 35)
    since = TODAY - datetime.timedelta(days=random.randint(60, working_years * 365))
    months = (TODAY.year - since.year) * 12 + TODAY.month - since.month
    pay = employer.pay if employer is not None else 0.75
    experience = 0.8 + min(person.age, 48) / 100
    income = random.lognormvariate(log(_MEDIAN_WAGE * pay * experience), 0.38)
    income_2025 = round(income / 12) * 12 * _YUAN
    income_2024 = round(income / random.uniform(0.97, 1.12) / 12) * 12 * _YUAN
    if kind == "PAUSED":
        income_2025 = income_2025 // 1200 * 300
    fund_rate = 0.0
    if kind == "OWN":
        fund_rate = 0.10 if random.random() < 0.2 else 0.0
    elif kind != "RETIRED" and random.random() < 0.97:
        fund_rate = random.choice(_FUND_RATES)
    wealth = min(max(log(income / _MEDIAN_WAGE), -0.8), 1.2)
    score = round(random.gauss(640, 65) + 60 * wealth)
    return Livelihood(
        serial=serial,
        person=person,
        kind=kind,
        employer=employer,
        since=since,
        months_paid=round(months * random.uniform(0.85, 1.0)),
        income_by_year={} if kind == "RETIRED" else {2024: income_2024, 2025: income_2025},
        contribution_base=contribution_base(income_2024 // 12),
        fund_rate=fund_rate,
        credit_score=min(max(score, LOWEST_SCORE), HIGHEST_SCORE),
    )


def _keep(promise: _Promise, serial: int, person: Person, employer: Company) -> Livelihood:
    since = promise.since
    return Livelihood(
        serial=serial,
        person=person,
        kind="EMPLOYED",
        employer=employer,
        since=since,
        months_paid=(TODAY.year - since.year) * 12 + TODAY.month - since.month,
        income_by_year={2024: promise.income_2024 * _YUAN, 2025: promise.income_2025 * _YUAN},
        contribution_base=contribution_base(promise.income_2024 * _YUAN // 12),
        fund_rate=promise.fund_rate,
        credit_score=promise.credit_score,
    )

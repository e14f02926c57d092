"""Companies: names, trades, representatives, licences; a fixed share has a stale business scope.

A stale scope is that of a trade the company once had; the name tells the present one.
"""

import datetime
from random import Random

from subgraphs.world import demo
from subgraphs.world.codes import credit_code
from subgraphs.world.names import FOOD_TRADES, TRADES, draw_company_name
from subgraphs.world.regions import DIVISION_BY_CODE
from subgraphs.world.values import TODAY, Company, Licence, Person, Place

STALE_SHARE = 0.08

_STATUSES = ("ACTIVE", "SUSPENDED", "REVOKED", "DEREGISTERED")
_ORGANISATION_CHARS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Registered capital in units of 10,000 yuan.
_CAPITALS = (10, 50, 100, 100, 200, 500, 500, 1_000, 2_000, 5_000)
_TRADE_OF_NAMED = {
    demo.EMPLOYER.credit_code: "科技",
    demo.LANDLORD.credit_code: "物业",
    demo.STALE_COMPANY.credit_code: "餐饮",
}


def build_companies(random: Random, premises: list[Place], adults: list[Person]) -> list[Company]:
    """One company in each of ``premises``; the named come first.

    Exactly STALE_SHARE of them, rounded to a whole number, have a stale scope. Representatives are
    drawn from ``adults``, nobody twice.
    """
    stale = set(random.sample(range(3, len(premises)), round(STALE_SHARE * len(premises)) - 1))
    stale.add(2)  # STALE_COMPANY
    able = [person for person in adults if 25 <= person.age <= 68]
    representatives = random.sample(able, k=len(premises))
    named = {company.address_id: company for company in demo.COMPANIES}
    names = {company.name for company in demo.COMPANIES}
    codes = {company.credit_code for company in demo.COMPANIES}
    companies = []
    for position, place in enumerate(premises):
        company = named.get(place.address_id)
        if company is None:
            trade = random.choice(list(TRADES))
            name = _draw_new_name(random, names, place, trade)
            code = _draw_new_code(random, codes, place)
            status = random.choices(_STATUSES, (90, 4, 2, 4))[0]
        else:
            trade = _TRADE_OF_NAMED[company.credit_code]
            name, code, status = company.name, company.credit_code, "ACTIVE"
        is_stale = position in stale
        scope_trade = random.choice([t for t in TRADES if t != trade]) if is_stale else trade
        companies.append(
            Company(
                credit_code=code,
                name=name,
                trade=trade,
                status=status,
                scope=TRADES[scope_trade][1],
                scope_is_stale=is_stale,
                registered_on=TODAY - datetime.timedelta(days=random.randint(200, 9_000)),
                capital=random.choice(_CAPITALS) * 1_000_000,
                place=place,
                representative=representatives[position],
                pay=random.uniform(0.8, 1.5),
                weight=random.paretovariate(1.1),
            )
        )
    return companies


def build_licences(random: Random, companies: list[Company]) -> list[Licence]:
    """A business licence for each company that still exists, a food licence for the food trades."""
    licences = []
    for number, company in enumerate(companies, start=1):
        if company.status == "DEREGISTERED":
            continue
        is_limited = random.random() < 0.3
        licences.append(
            Licence(
                licence_number=f"BL{company.place.region_code[:6]}{number:06d}",
                kind="BUSINESS",
                company=company,
                certificate_number=f"BC{number:08d}",
                valid_until=_after(company.registered_on, 30) if is_limited else None,
                inspected_on=None,
                hygiene_grade=None,
            )
        )
        if company.trade in FOOD_TRADES:
            licences.append(
                Licence(
                    licence_number=f"FL{company.place.region_code[:6]}{number:06d}",
                    kind="FOOD",
                    company=company,
                    certificate_number=None,
                    valid_until=TODAY + datetime.timedelta(days=random.randint(-200, 1_800)),
                    inspected_on=TODAY - datetime.timedelta(days=random.randint(5, 700)),
                    hygiene_grade=random.choices(("A", "B", "C"), (45, 45, 10))[0],
                )
            )
    return licences


def _after(day: datetime.date, years: int) -> datetime.date:
    return day + datetime.timedelta(days=365 * years + years // 4)


def _draw_new_name(random: Random, names: set[str], place: Place, trade: str) -> str:
    town = DIVISION_BY_CODE[place.region_code].name.removesuffix("街道").rstrip("镇乡")
    while True:
        name = draw_company_name(random, f"鹤鸣市{town}", trade)
        if name not in names:
            names.add(name)
            return name


def _draw_new_code(random: Random, codes: set[str], place: Place) -> str:
    while True:
        body = "MA" + "".join(random.choices(_ORGANISATION_CHARS, k=6))
        code = credit_code(place.region_code[:6], body)
        if code not in codes:
            codes.add(code)
            return code

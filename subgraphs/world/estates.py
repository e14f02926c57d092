"""Real property: every place is one registered unit, owned by residents, landlords or companies."""

import datetime
from random import Random

from subgraphs.world import demo
from subgraphs.world.values import (
    TODAY,
    Company,
    Household,
    Ownership,
    Person,
    Place,
    Property,
)

# Nothing is registered before the register was opened.
_REGISTER_OPENED = datetime.date(1998, 1, 1)


def build_properties(
    random: Random,
    places: list[Place],
    households: list[Household],
    companies: list[Company],
) -> list[Property]:
    """One property for each of ``places``, in their order."""
    household_by_address = {household.place.address_id: household for household in households}
    company_by_address = {company.place.address_id: company for company in companies}
    named = {person.id_number for person in demo.PEOPLE}
    landlords = [
        person
        for household in households
        for person in household.members
        if 30 <= person.age <= 85 and person.id_number not in named
    ]
    estates = [c for c in companies if c.trade in ("物业", "建设")] or companies
    units: dict[str, int] = {}
    properties = []
    for serial, place in enumerate(places, start=1):
        parcel = f"{place.region_code}{place.parcel.parcel_number}"
        units[parcel] = units.get(parcel, 0) + 1
        household = household_by_address.get(place.address_id)
        company = company_by_address.get(place.address_id)
        owners: tuple[Ownership, ...]
        if household is not None:
            owners = _draw_home_owners(random, household, landlords, estates)
        elif company is not None and random.random() < 0.4:
            owners = (Ownership(1.0, company),)
        else:
            owners = (Ownership(1.0, _draw_landlord(random, landlords, estates)),)
        is_mortgaged = random.random() < _mortgage_chance(owners[0].owner)
        if household is not None and household.place.address_id == demo.CONSENTING.address_id:
            landlord = next(c for c in companies if c.credit_code == demo.LANDLORD.credit_code)
            owners = (Ownership(0.5, household.members[0]), Ownership(0.5, landlord))
            is_mortgaged = False
        elif household is not None and household.place.address_id == demo.OTHER.address_id:
            owners, is_mortgaged = (Ownership(1.0, household.members[0]),), False
        is_home = place.parcel.land_use == "RESIDENTIAL"
        area = random.uniform(42, 165) if is_home else random.lognormvariate(5.2, 0.7)
        registered_on = _draw_registration(random, owners[0].owner)
        properties.append(
            Property(
                property_number=f"{parcel}F{units[parcel]:04d}",
                place=place,
                floor_area=round(area, 1),
                owners=owners,
                is_mortgaged=is_mortgaged,
                registered_on=registered_on,
                certificate_number=f"PC{registered_on.year}{serial:07d}",
            )
        )
    return properties


def _draw_home_owners(
    random: Random, household: Household, landlords: list[Person], estates: list[Company]
) -> tuple[Ownership, ...]:
    if random.random() < 0.26:
        return (Ownership(1.0, _draw_landlord(random, landlords, estates)),)
    head = household.members[0]
    partner = household.members[1] if len(household.members) > 1 else None
    if partner is not None and partner.age >= 22 and random.random() < 0.45:
        return (Ownership(0.5, head), Ownership(0.5, partner))
    return (Ownership(1.0, head),)


def _draw_landlord(
    random: Random, landlords: list[Person], estates: list[Company]
) -> Person | Company:
    return random.choice(estates) if random.random() < 0.15 else random.choice(landlords)


def _mortgage_chance(owner: Person | Company) -> float:
    if isinstance(owner, Company):
        return 0.2
    return 0.45 if 25 <= owner.age <= 55 else 0.05


def _draw_registration(random: Random, owner: Person | Company) -> datetime.date:
    """A day after the owner came of age or into being."""
    if isinstance(owner, Company):
        earliest = owner.registered_on
    else:
        earliest = owner.birth_date + datetime.timedelta(days=365 * 20)
    earliest = min(max(earliest, _REGISTER_OPENED), TODAY)
    return earliest + datetime.timedelta(days=random.randint(0, (TODAY - earliest).days))

"""Rows of the public security department: everybody, everywhere, as the population base has it."""

import datetime
from typing import Any

from subgraphs.public_security.models import ObjectionStatus
from subgraphs.world import demo
from subgraphs.world.generation import World
from subgraphs.world.regions import DIVISIONS
from subgraphs.world.values import TODAY, Household, Rows

_STATUSES = (ObjectionStatus.RAISED, ObjectionStatus.UNDER_REVIEW, ObjectionStatus.RAISED)


def rows(world: World) -> Rows:
    """All rows by table."""
    return {
        "region": [{"code": division.code, "name": division.name} for division in DIVISIONS],
        "address": [
            {
                "address_id": place.address_id,
                "text": place.recorded_text,
                "region_code": place.recorded_region_code,
                "verified_on": place.verified_on,
                "is_stale": place.is_stale,
            }
            for place in world.homes + world.premises
        ],
        "household": [
            {
                "household_id": household.household_id,
                "head_id_number": household.members[0].id_number,
                "address_id": household.place.address_id,
            }
            for household in world.households
        ],
        "citizen": [
            {
                "id_number": person.id_number,
                "person_id": person.person_id,
                "name": person.name,
                "sex": person.sex,
                "birth_date": person.birth_date,
                "phone": person.phone,
                "region_code": person.place.recorded_region_code,
                "address_id": person.place.address_id,
                "household_id": person.household_id,
            }
            for person in world.people
        ],
        "objection": _object(world.households),
    }


def _object(households: list[Household]) -> list[dict[str, Any]]:
    """A few heads of households have noticed already that their recorded address is wrong."""
    wronged = (
        household
        for household in households
        if household.place.is_stale and household.place.address_id != demo.OBJECTOR.address_id
    )
    return [
        {
            "objection_id": f"OB{number:06d}",
            "id_number": household.members[0].id_number,
            "coordinate": "Address.text",
            "claimed_value": household.place.text,
            "evidence": None,
            "status": str(status),
            "raised_on": TODAY - datetime.timedelta(days=7 * number),
        }
        for number, (household, status) in enumerate(zip(wronged, _STATUSES, strict=False), start=1)
    ]

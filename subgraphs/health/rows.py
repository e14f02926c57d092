"""Rows of the health department: facilities, patients by person id, visits, hygiene grades."""

from random import Random

from subgraphs.world.generation import World
from subgraphs.world.values import Rows

_BLOOD_TYPES, _BLOOD_SHARES = ("O", "A", "B", "AB", None), (31, 28, 27, 9, 5)


def rows(world: World) -> Rows:
    """All rows by table."""
    random = Random(f"{world.seed}/health")  # noqa: S311  data, no secrets
    blood_types = random.choices(_BLOOD_TYPES, _BLOOD_SHARES, k=len(world.people))
    return {
        "citizen": [
            {"person_id": person.person_id, "blood_type": blood_type}
            for person, blood_type in zip(world.people, blood_types, strict=True)
        ],
        "facility": [
            {
                "facility_id": facility.facility_id,
                "name": facility.name,
                "kind": facility.kind,
                "longitude": facility.longitude,
                "latitude": facility.latitude,
                "region_code": facility.region_code,
                "beds": facility.beds,
            }
            for facility in world.facilities
        ],
        "encounter": [
            {
                "encounter_id": encounter.encounter_id,
                "person_id": encounter.patient.person_id,
                "facility_id": encounter.facility.facility_id,
                "occurred_on": encounter.occurred_on,
                "diagnosis": encounter.diagnosis,
            }
            for encounter in world.encounters
        ],
        "licence": [
            {
                "licence_number": licence.licence_number,
                "last_hygiene_inspection": licence.inspected_on,
                "hygiene_grade": licence.hygiene_grade,
            }
            for licence in world.licences
            if licence.kind == "FOOD"
        ],
    }

"""Rows of the education department: schools, districts by year, pupils and graduates."""

from subgraphs.world.generation import World
from subgraphs.world.schooling import DISTRICT_YEARS, SCHOOL_YEAR
from subgraphs.world.values import Rows


def rows(world: World) -> Rows:
    """All rows by table."""
    with_district = [school for school in world.schools if school.district]
    return {
        "school": [
            {
                "code": school.code,
                "name": school.name,
                "kind": school.kind,
                "longitude": school.longitude,
                "latitude": school.latitude,
                "region_code": school.region_code,
                "capacity": school.capacity,
            }
            for school in world.schools
        ],
        "school_district": [
            {"school_code": school.code, "year": year}
            for school in with_district
            for year in DISTRICT_YEARS
        ],
        "school_district_region": [
            {"school_code": school.code, "year": year, "region_code": region_code}
            for school in with_district
            for year in DISTRICT_YEARS
            for region_code in school.district
        ],
        "enrolment": [
            {
                "enrolment_id": enrolment.enrolment_id,
                "person_id": enrolment.pupil.person_id,
                "school_code": enrolment.school.code,
                "school_year": SCHOOL_YEAR,
                "grade": enrolment.grade,
            }
            for enrolment in world.enrolments
        ],
        "diploma": [
            {
                "certificate_number": diploma.certificate_number,
                "person_id": diploma.holder.person_id,
                "issued_on": diploma.issued_on,
            }
            for diploma in world.diplomas
        ],
    }

"""Education: schools with their districts, pupils by age, diplomas of the grown-up."""

import datetime
from random import Random

from subgraphs.world import demo
from subgraphs.world.regions import COUNTIES, TOWNSHIPS, Division
from subgraphs.world.values import Diploma, Enrolment, Person, School

SCHOOL_YEAR = 2025
"""The current school year; it began in September of that year."""

DISTRICT_YEARS = (2024, 2025, 2026)

_JUNIORS_PER_COUNTY = 5
_SENIORS_PER_COUNTY = 2
# Age on 31 August below which a child goes to the stage.
_AGES = (("PRIMARY", 12), ("JUNIOR_SECONDARY", 15), ("SENIOR_SECONDARY", 18))
_FIRST_AGE = 6


def build_schools(random: Random) -> list[School]:
    """90 schools: two primary ones per township, five junior and two senior ones per county.

    The districts of the first primary schools are their townships, those of the second ones reach
    over to the next; the junior schools of a county divide its townships among them.
    """
    schools = []
    for county in COUNTIES:
        own = [township for township in TOWNSHIPS if township.parent_code == county.code]
        for index, township in enumerate(own):
            reach = (township.code, own[(index + 1) % len(own)].code)
            first, second = f"{township.name}中心小学", f"{township.name}第二小学"
            schools.append(_open(random, "P1", township, first, reach[:1]))
            schools.append(_open(random, "P2", township, second, reach))
        for index in range(_JUNIORS_PER_COUNTY):
            township = own[index % len(own)]
            name = f"{county.name}第{'一二三四五'[index]}初级中学"
            district = {t.code for t in own[index::_JUNIORS_PER_COUNTY]} | {township.code}
            schools.append(_open(random, f"J{index + 1}", township, name, tuple(sorted(district))))
        for index in range(_SENIORS_PER_COUNTY):
            name = f"{county.name}第{'一二'[index]}高级中学"
            schools.append(_open(random, f"H{index + 1}", own[index], name, ()))
    return schools


def build_enrolments(
    random: Random, people: list[Person], schools: list[School]
) -> list[Enrolment]:
    """A place for everybody of school age, in a district that holds the recorded address."""
    school_by_code = {school.code: school for school in schools}
    schools_by_stage: dict[tuple[str, str], list[School]] = {}
    for school in schools:
        # Senior schools take pupils of their whole county.
        for code in school.district or (school.region_code[:6],):
            schools_by_stage.setdefault((school.kind, code), []).append(school)
    enrolments: list[Enrolment] = []
    for person in people:
        age = age_at_start(person, SCHOOL_YEAR)
        stage = next((kind for kind, end in _AGES if _FIRST_AGE <= age < end), None)
        if stage is None:
            continue
        township = person.place.recorded_region_code
        region_code = township[:6] if stage == "SENIOR_SECONDARY" else township
        school = random.choice(schools_by_stage[stage, region_code])
        if person.id_number == demo.SIBLING.id_number:
            school = school_by_code[demo.SCHOOL_CODE]
        enrolments.append(
            Enrolment(
                enrolment_id=f"EN{len(enrolments) + 1:06d}",
                pupil=person,
                school=school,
                grade=age - _FIRST_AGE + 1,
            )
        )
    return enrolments


def build_diplomas(random: Random, people: list[Person]) -> list[Diploma]:
    """Diplomas of graduates; the younger, the more of them."""
    graduates = [
        person
        for person in people
        if 23 <= person.age <= 80 and random.random() < 0.75 - person.age / 130
    ]
    return [
        Diploma(f"DP{number:08d}", person, datetime.date(person.birth_date.year + 22, 7, 1))
        for number, person in enumerate(graduates, start=1)
    ]


def age_at_start(person: Person, year: int) -> int:
    """Completed years on 31 August of the year in which a school year begins."""
    born = person.birth_date
    return year - born.year - ((born.month, born.day) > (8, 31))


def _open(
    random: Random, suffix: str, township: Division, name: str, district: tuple[str, ...]
) -> School:
    kind = {"P": "PRIMARY", "J": "JUNIOR_SECONDARY", "H": "SENIOR_SECONDARY"}[suffix[0]]
    return School(
        code=f"S{township.code}{suffix}",
        name=name,
        kind=kind,
        region_code=township.code,
        longitude=round(random.uniform(township.west, township.east), 6),
        latitude=round(random.uniform(township.south, township.north), 6),
        capacity=random.randrange(360, 1_800, 45),
        district=district,
    )

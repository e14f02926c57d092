"""Health: facilities of counties and townships, and who went there with what."""

import datetime
from random import Random

from subgraphs.world.regions import CITY, COUNTIES, DIVISION_BY_CODE, TOWNSHIPS, Division
from subgraphs.world.values import TODAY, Encounter, Facility, Person

ENCOUNTERS_PER_CITIZEN = 1.5

_SPECIALITIES = ("妇幼保健院", "中医医院", "口腔医院", "眼科医院", "精神卫生中心", "康复医院")
# ICD-10 code and name; later ones are those of old age.
_DIAGNOSES = (
    "J06.9 急性上呼吸道感染",
    "J20.9 急性支气管炎",
    "K29.7 胃炎",
    "K02.9 龋齿",
    "H52.1 近视",
    "L30.9 皮炎",
    "S93.4 踝关节扭伤",
    "A09 感染性胃肠炎",
    "G47.0 失眠",
    "M54.5 腰痛",
    "E78.5 高脂血症",
    "I10 原发性高血压",
    "E11.9 2型糖尿病",
    "M17.9 膝骨关节炎",
    "I25.1 冠状动脉粥样硬化性心脏病",
    "J44.9 慢性阻塞性肺疾病",
)
_FIRST_OF_OLD_AGE = 9
_HISTORY_DAYS = 730


def build_facilities(random: Random) -> list[Facility]:
    """60 facilities: per county a general and a special hospital, per township two small ones."""
    sites: list[tuple[str, str, Division, int]] = []
    for index, county in enumerate(COUNTIES):
        seat = DIVISION_BY_CODE[f"{county.code}001"]
        city = DIVISION_BY_CODE[CITY].name
        beds = random.randint(300, 1_200)
        sites.append((f"{city}{county.name}人民医院", "GENERAL_HOSPITAL", seat, beds))
        sites.append(
            (f"{city}{_SPECIALITIES[index]}", "SPECIALIST_HOSPITAL", seat, random.randint(80, 400))
        )
    for township in TOWNSHIPS:
        beds = random.randint(10, 60)
        sites.append((f"{township.name}社区卫生服务中心", "COMMUNITY_CENTRE", township, beds))
        sites.append((f"{township.name}诊所", "CLINIC", township, 0))
    return [
        Facility(
            facility_id=f"F{number:04d}",
            name=name,
            kind=kind,
            region_code=township.code,
            longitude=round(random.uniform(township.west, township.east), 6),
            latitude=round(random.uniform(township.south, township.north), 6),
            beds=beds,
        )
        for number, (name, kind, township, beds) in enumerate(sites, start=1)
    ]


def build_encounters(
    random: Random, people: list[Person], facilities: list[Facility]
) -> list[Encounter]:
    """Visits of the last two years, more of them by the old and the very young."""
    weights = [3 if person.age < 6 else 1 + max(0, person.age - 40) / 12 for person in people]
    patients = random.choices(people, weights, k=round(ENCOUNTERS_PER_CITIZEN * len(people)))
    facilities_by_county = {
        county.code: [f for f in facilities if f.region_code.startswith(county.code)]
        for county in COUNTIES
    }
    encounters = []
    for number, patient in enumerate(patients, start=1):
        near = facilities_by_county[patient.place.region_code[:6]]
        facility = random.choice(near if random.random() < 0.85 else facilities)
        is_old = patient.age >= 50 and random.random() < 0.6
        pool = _DIAGNOSES[_FIRST_OF_OLD_AGE:] if is_old else _DIAGNOSES[:_FIRST_OF_OLD_AGE]
        days = min(_HISTORY_DAYS, (TODAY - patient.birth_date).days)
        encounters.append(
            Encounter(
                encounter_id=f"E{number:07d}",
                patient=patient,
                facility=facility,
                occurred_on=TODAY - datetime.timedelta(days=random.randint(0, days)),
                diagnosis=random.choice(pool),
            )
        )
    return encounters

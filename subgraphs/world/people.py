"""People in households: who lives with whom, since when, under which numbers.

Households follow six patterns (alone, couple, couple with one or two children, one parent, three
generations); ages inside a household fit each other, children carry their father's surname.
"""

import datetime
from collections.abc import Iterator
from random import Random

from subgraphs.world import demo
from subgraphs.world.codes import identity_number
from subgraphs.world.names import draw_given_name, draw_surname
from subgraphs.world.regions import COUNTIES
from subgraphs.world.values import TODAY, Household, Person, Place

# Children leave home at 23 at the latest.
_LAST_CHILD_AGE = 22
_OLDEST = 99


class Registry:
    """Gives out identity numbers and person ids, each once; sequences below 10 stay free."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._taken: set[str] = {person.id_number for person in demo.PEOPLE}
        self._person_ids: set[str] = set()

    def register(self, name: str, sex: str, age: int, place: Place, household_id: str) -> Person:
        """A new citizen of that age, mostly born in the county of ``place``."""
        random = self._random
        birth_date = _draw_birth_date(random, age)
        county = place.recorded_region_code[:6]
        if random.random() < 0.15:
            county = random.choice(COUNTIES).code
        return Person(
            id_number=self._number(county, birth_date, sex),
            person_id=self._person_id(),
            name=name,
            sex=sex,
            birth_date=birth_date,
            phone=draw_phone(random) if age >= 14 else None,
            place=place,
            household_id=household_id,
        )

    def _number(self, county: str, birth_date: datetime.date, sex: str) -> str:
        while True:
            sequence = self._random.randrange(10, 1000, 2) + (sex == "MALE")
            number = identity_number(county, birth_date, sequence)
            if number not in self._taken:
                self._taken.add(number)
                return number

    def _person_id(self) -> str:
        while True:
            person_id = f"P{self._random.randrange(200_000_000, 1_000_000_000)}"
            if person_id not in self._person_ids:
                self._person_ids.add(person_id)
                return person_id


def draw_phone(random: Random) -> str:
    """Eleven digits that no network gives out: mobile numbers never start with 1000."""
    return f"1000{random.randrange(10_000_000):07d}"


def build_households(random: Random, homes: list[Place], citizens: int) -> list[Household]:
    """Households of exactly ``citizens`` people in the first of ``homes``; the named come first."""
    households = _build_named(random, homes)
    registry = Registry(random)
    left = citizens - sum(len(household.members) for household in households)
    for number, place in enumerate(homes[3:], start=4):
        if left == 0:
            return households
        household_id = f"H{number:08d}"
        sketch = list(_sketch_household(random))[:left]
        members = tuple(
            registry.register(surname + draw_given_name(random, sex), sex, age, place, household_id)
            for surname, sex, age in sketch
        )
        households.append(Household(household_id, members, place))
        left -= len(members)
    raise ValueError(f"{len(homes)} homes are too few for {citizens} citizens")


def _build_named(random: Random, homes: list[Place]) -> list[Household]:
    home_by_address = {place.address_id: place for place in homes[:3]}
    people = [
        Person(
            id_number=named.id_number,
            person_id=named.person_id,
            name=named.name,
            sex=named.sex,
            birth_date=named.birth_date,
            phone=draw_phone(random) if named.birth_date.year < 2012 else None,
            place=home_by_address[named.address_id],
            household_id=named.household_id,
        )
        for named in demo.PEOPLE
    ]
    return [
        Household(
            household_id=f"H{number:08d}",
            members=tuple(p for p in people if p.household_id == f"H{number:08d}"),
            place=place,
        )
        for number, place in enumerate(homes[:3], start=1)
    ]


def _draw_birth_date(random: Random, age: int) -> datetime.date:
    # 365.25 days a year, and never within a day of a birthday on TODAY.
    first = TODAY - datetime.timedelta(days=int((age + 1) * 365.25) - 1)
    return first + datetime.timedelta(days=random.randrange(363))


_Member = tuple[str, str, int]
"""Surname, sex, age."""


def _sketch_household(random: Random) -> Iterator[_Member]:
    pattern = random.choices(
        (_alone, _couple, _family, _large_family, _one_parent, _three_generations),
        (14, 22, 29, 11, 4, 20),
    )[0]
    return pattern(random)


def _alone(random: Random) -> Iterator[_Member]:
    age = random.randint(22, 45) if random.random() < 0.6 else random.randint(60, 90)
    yield draw_surname(random), random.choice(("MALE", "FEMALE")), age


def _couple(random: Random) -> Iterator[_Member]:
    age = random.randint(24, 40) if random.random() < 0.35 else random.randint(48, 85)
    yield from _pair(random, draw_surname(random), age)


def _family(random: Random) -> Iterator[_Member]:
    yield from _parents_and_children(random, draw_surname(random), 1)


def _large_family(random: Random) -> Iterator[_Member]:
    yield from _parents_and_children(random, draw_surname(random), 2)


def _one_parent(random: Random) -> Iterator[_Member]:
    child = random.randint(0, _LAST_CHILD_AGE)
    surname = draw_surname(random)
    yield draw_surname(random), "FEMALE", child + random.randint(22, 36)
    yield surname, random.choice(("MALE", "FEMALE")), child


def _three_generations(random: Random) -> Iterator[_Member]:
    surname = draw_surname(random)
    family = list(_parents_and_children(random, surname, random.choice((1, 1, 2))))
    yield from family
    father = family[0][2]
    grandfather = min(father + random.randint(22, 33), _OLDEST)
    couple = list(_pair(random, surname, grandfather))
    yield from couple if random.random() < 0.7 else couple[1:]


def _pair(random: Random, surname: str, age: int) -> Iterator[_Member]:
    yield surname, "MALE", age
    yield draw_surname(random), "FEMALE", max(22, age - random.randint(-2, 5))


def _parents_and_children(random: Random, surname: str, children: int) -> Iterator[_Member]:
    eldest = random.randint(children - 1, _LAST_CHILD_AGE)
    mother = eldest + random.randint(22, 36)
    yield surname, "MALE", max(eldest + 22, mother + random.randint(-2, 5))
    yield draw_surname(random), "FEMALE", mother
    yield surname, random.choice(("MALE", "FEMALE")), eldest
    if children == 2:
        younger = max(0, eldest - random.randint(1, 6))
        yield surname, random.choice(("MALE", "FEMALE")), younger

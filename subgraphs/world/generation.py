"""The whole world from a size and a seed.

Each part draws from a random source of its own, so that a change in one part leaves the others as
they were. Nothing else is random: equal size, seed and Faker version give equal worlds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from subgraphs.world import demo
from subgraphs.world.care import build_encounters, build_facilities
from subgraphs.world.companies import build_companies, build_licences
from subgraphs.world.estates import build_properties
from subgraphs.world.livelihoods import build_livelihoods
from subgraphs.world.people import build_households
from subgraphs.world.places import build_places
from subgraphs.world.schooling import build_diplomas, build_enrolments, build_schools
from subgraphs.world.sizes import CITIZENS_BY_SIZE, DEFAULT_SEED, check_size
from subgraphs.world.values import (
    Company,
    Diploma,
    Encounter,
    Enrolment,
    Facility,
    Household,
    Licence,
    Livelihood,
    Parcel,
    Person,
    Place,
    Property,
    School,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that is true in Heming City, and what its population base believes about addresses."""

    size: str
    seed: int
    parcels: list[Parcel]
    homes: list[Place]
    premises: list[Place]
    households: list[Household]
    people: list[Person]
    companies: list[Company]
    licences: list[Licence]
    livelihoods: list[Livelihood]
    properties: list[Property]
    facilities: list[Facility]
    encounters: list[Encounter]
    schools: list[School]
    enrolments: list[Enrolment]
    diplomas: list[Diploma]

    @classmethod
    def generate(
        cls,
        size: str = "full",
        seed: int = DEFAULT_SEED,
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> "World":
        """The world of that size.

        Args:
            size: A key of CITIZENS_BY_SIZE.
            seed: Any number; the named inhabitants are the same for all.
            on_progress: Told what is being made next.
        """
        citizens = CITIZENS_BY_SIZE[check_size(size)]

        def source(part: str) -> Random:
            on_progress(part)
            return Random(f"{seed}/{part}")  # noqa: S311  data, no secrets

        parcels, homes, premises = build_places(
            source("places"), homes=citizens // 2, premises=citizens // 10
        )
        households = build_households(source("people"), homes, citizens)
        people = [person for household in households for person in household.members]
        unnamed = people[len(demo.PEOPLE) :]
        companies = build_companies(source("companies"), premises, unnamed)
        licences = build_licences(source("licences"), companies)
        livelihoods = build_livelihoods(source("livelihoods"), people, companies)
        properties = build_properties(source("properties"), homes + premises, households, companies)
        facilities = build_facilities(source("facilities"))
        schools = build_schools(source("schools"))
        return cls(
            size=size,
            seed=seed,
            parcels=parcels,
            homes=homes,
            premises=premises,
            households=households,
            people=people,
            companies=companies,
            licences=licences,
            livelihoods=livelihoods,
            properties=properties,
            facilities=facilities,
            encounters=build_encounters(source("encounters"), people, facilities),
            schools=schools,
            enrolments=build_enrolments(source("enrolments"), people, schools),
            diplomas=build_diplomas(source("diplomas"), people),
        )

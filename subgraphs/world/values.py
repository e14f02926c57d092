"""What the world is made of: parcels, places, people, companies, and what happens to them.

Money is whole fen. Rows of the departments are read off these values by each department's
``rows.py``.
"""

import datetime
from dataclasses import dataclass
from typing import Any

Rows = dict[str, list[dict[str, Any]]]
"""A department's rows by table, each a mapping from every column to its value."""

TODAY = datetime.date(2026, 6, 30)
"""The day on which the world is looked at; ages and due dates count from it."""

STALE_AFTER = datetime.timedelta(days=5 * 365)
"""An address not verified for longer than this is stale."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A square of land with its land use and value; ``boundary`` is closed, counter-clockwise."""

    region_code: str
    parcel_number: str
    land_use: str
    area: float
    boundary: tuple[tuple[float, float], ...]
    centre: tuple[float, float]
    assessed_value: int
    street: str


@dataclass(frozen=True, slots=True)
class Place:
    """A unit that can be lived or worked in: the true address, and what the population base says.

    ``recorded_text`` and ``recorded_region_code`` differ from the truth when ``is_stale``.
    """

    address_id: str
    parcel: Parcel
    text: str
    longitude: float
    latitude: float
    recorded_text: str
    recorded_region_code: str
    verified_on: datetime.date
    is_stale: bool

    @property
    def region_code(self) -> str:
        """The township in which the place really lies."""
        return self.parcel.region_code


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen at home in ``place``; ``age`` is in completed years on TODAY."""

    id_number: str
    person_id: str
    name: str
    sex: str
    birth_date: datetime.date
    phone: str | None
    place: Place
    household_id: str

    @property
    def age(self) -> int:
        """Completed years on TODAY."""
        born = self.birth_date
        return TODAY.year - born.year - ((TODAY.month, TODAY.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Household:
    """Members at one place; the head comes first."""

    household_id: str
    members: tuple[Person, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Company:
    """A registered company. ``pay`` multiplies the usual wage; ``scope`` is what is recorded."""

    credit_code: str
    name: str
    trade: str
    status: str
    scope: str
    scope_is_stale: bool
    registered_on: datetime.date
    capital: int
    place: Place
    representative: Person
    pay: float
    weight: float


@dataclass(frozen=True, slots=True)
class Licence:
    """A BUSINESS or FOOD licence of a company; food licences carry a hygiene grade."""

    licence_number: str
    kind: str
    company: Company
    certificate_number: str | None
    valid_until: datetime.date | None
    inspected_on: datetime.date | None
    hygiene_grade: str | None


@dataclass(frozen=True, slots=True)
class Livelihood:
    """How an insured or earning person lives: employed, on one's own, or retired.

    ``income_by_year`` holds 2024 and 2025; it is empty for the retired, whose pension is not
    declared. ``fund_rate`` is the share of a month's wage paid into the housing fund, by worker
    and employer together; 0 without an account. ``kind`` is EMPLOYED, OWN, PAUSED or RETIRED.
    """

    serial: int
    person: Person
    kind: str
    employer: Company | None
    since: datetime.date
    months_paid: int
    income_by_year: dict[int, int]
    contribution_base: int
    fund_rate: float
    credit_score: int

    @property
    def card_number(self) -> str:
        """Certificate number of the social security card."""
        return f"SC{self.serial:08d}"


@dataclass(frozen=True, slots=True)
class Ownership:
    """A share of a property held by a person or a company."""

    share: float
    owner: Person | Company


@dataclass(frozen=True, slots=True)
class Property:
    """A registered unit of real property and its owners; the first one holds the certificate."""

    property_number: str
    place: Place
    floor_area: float
    owners: tuple[Ownership, ...]
    is_mortgaged: bool
    registered_on: datetime.date
    certificate_number: str


@dataclass(frozen=True, slots=True)
class Facility:
    """A health facility."""

    facility_id: str
    name: str
    kind: str
    region_code: str
    longitude: float
    latitude: float
    beds: int


@dataclass(frozen=True, slots=True)
class Encounter:
    """A visit of a patient to a facility."""

    encounter_id: str
    patient: Person
    facility: Facility
    occurred_on: datetime.date
    diagnosis: str


@dataclass(frozen=True, slots=True)
class School:
    """A school and the townships of its district; a senior school has no district."""

    code: str
    name: str
    kind: str
    region_code: str
    longitude: float
    latitude: float
    capacity: int
    district: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diploma:
    """A graduate's certificate."""

    certificate_number: str
    holder: Person
    issued_on: datetime.date


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A pupil's place at a school in the current school year."""

    enrolment_id: str
    pupil: Person
    school: School
    grade: int

"""Tables of the health department: facilities, patients, encounters, hygiene of licensed places.

Patients are known by the internal person id, never by identity number.
"""

import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class FacilityKind(StrEnum):
    """Kind of a health facility."""

    GENERAL_HOSPITAL = "GENERAL_HOSPITAL"
    SPECIALIST_HOSPITAL = "SPECIALIST_HOSPITAL"
    COMMUNITY_CENTRE = "COMMUNITY_CENTRE"
    CLINIC = "CLINIC"


class Base(DeclarativeBase):
    """The department's own metadata; text sorts by code point on every database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String().with_variant(String(collation="C"), "postgresql"),
    }


class Citizen(Base):
    """A person with a health file."""

    __tablename__ = "citizen"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    blood_type: Mapped[str | None]


class Facility(Base):
    """A hospital, community centre or clinic; ``region_code`` is its township (9 digits)."""

    __tablename__ = "facility"

    facility_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(index=True)
    longitude: Mapped[float]
    latitude: Mapped[float]
    region_code: Mapped[str] = mapped_column(index=True)
    beds: Mapped[int] = mapped_column(index=True)


class Encounter(Base):
    """A patient's visit to a facility."""

    __tablename__ = "encounter"
    __table_args__ = (Index("ix_encounter_patient", "person_id", "occurred_on", "encounter_id"),)

    encounter_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("citizen.person_id"))
    facility_id: Mapped[str] = mapped_column(ForeignKey("facility.facility_id"), index=True)
    occurred_on: Mapped[datetime.date] = mapped_column(index=True)
    diagnosis: Mapped[str | None]


class Licence(Base):
    """What hygiene inspections found at a licensed place, by the number of the licence."""

    __tablename__ = "licence"

    licence_number: Mapped[str] = mapped_column(primary_key=True)
    last_hygiene_inspection: Mapped[datetime.date]
    hygiene_grade: Mapped[str]

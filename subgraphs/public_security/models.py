"""Tables of the public security department: the population base and the standard addresses."""

import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Sex(StrEnum):
    """Recorded sex; the 17th digit of the identity number is odd for MALE."""

    MALE = "MALE"
    FEMALE = "FEMALE"


class ObjectionStatus(StrEnum):
    """Where an objection to a recorded value stands."""

    RAISED = "RAISED"
    UNDER_REVIEW = "UNDER_REVIEW"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


class Base(DeclarativeBase):
    """The department's own metadata; text sorts by code point on every database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String().with_variant(String(collation="C"), "postgresql"),
    }


class Region(Base):
    """An administrative division as public security names it."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Address(Base):
    """A standard address; ``region_code`` is the township recorded here, true or stale."""

    __tablename__ = "address"

    address_id: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    region_code: Mapped[str] = mapped_column(index=True)
    verified_on: Mapped[datetime.date | None] = mapped_column(index=True)
    is_stale: Mapped[bool] = mapped_column(index=True)


class Household(Base):
    """People registered together at one address."""

    __tablename__ = "household"

    household_id: Mapped[str] = mapped_column(primary_key=True)
    # No constraint: citizens point at their household, and a cycle cannot be filled in order.
    head_id_number: Mapped[str] = mapped_column(index=True)
    address_id: Mapped[str] = mapped_column(ForeignKey("address.address_id"), index=True)


class Citizen(Base):
    """A registered person; ``region_code`` is that of the registered address."""

    __tablename__ = "citizen"

    id_number: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    sex: Mapped[str] = mapped_column(index=True)
    birth_date: Mapped[datetime.date] = mapped_column(index=True)
    phone: Mapped[str | None]
    region_code: Mapped[str] = mapped_column(index=True)
    address_id: Mapped[str] = mapped_column(ForeignKey("address.address_id"), index=True)
    household_id: Mapped[str] = mapped_column(ForeignKey("household.household_id"), index=True)


class Objection(Base):
    """A claim that a recorded value about a citizen is wrong."""

    __tablename__ = "objection"

    objection_id: Mapped[str] = mapped_column(primary_key=True)
    id_number: Mapped[str] = mapped_column(ForeignKey("citizen.id_number"), index=True)
    coordinate: Mapped[str]
    claimed_value: Mapped[str]
    evidence: Mapped[str | None]
    status: Mapped[str] = mapped_column(index=True)
    raised_on: Mapped[datetime.date] = mapped_column(index=True)

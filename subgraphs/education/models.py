"""Tables of the education department: schools, their districts, pupils, diplomas.

Pupils are known by the internal person id, never by identity number.
"""

import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class SchoolKind(StrEnum):
    """Stage of a school: primary 6 to 11, junior 12 to 14, senior 15 to 17 years of age."""

    PRIMARY = "PRIMARY"
    JUNIOR_SECONDARY = "JUNIOR_SECONDARY"
    SENIOR_SECONDARY = "SENIOR_SECONDARY"


class Base(DeclarativeBase):
    """The department's own metadata; text sorts by code point on every database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String().with_variant(String(collation="C"), "postgresql"),
    }


class School(Base):
    """A school; ``region_code`` is its township (9 digits)."""

    __tablename__ = "school"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(index=True)
    longitude: Mapped[float]
    latitude: Mapped[float]
    region_code: Mapped[str] = mapped_column(index=True)
    capacity: Mapped[int] = mapped_column(index=True)


class SchoolDistrict(Base):
    """The district of a primary or junior school in one year; senior schools have none."""

    __tablename__ = "school_district"

    school_code: Mapped[str] = mapped_column(ForeignKey("school.code"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)


class SchoolDistrictRegion(Base):
    """A township (9 digits) that belongs to a district."""

    __tablename__ = "school_district_region"
    __table_args__ = (
        ForeignKeyConstraint(
            ["school_code", "year"], ["school_district.school_code", "school_district.year"]
        ),
        Index("ix_school_district_region_code", "region_code", "year", "school_code"),
    )

    school_code: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    region_code: Mapped[str] = mapped_column(primary_key=True)


class Enrolment(Base):
    """The current place of a pupil; ``grade`` counts from 1 at primary school to 12."""

    __tablename__ = "enrolment"

    enrolment_id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(unique=True)
    school_code: Mapped[str] = mapped_column(ForeignKey("school.code"), index=True)
    school_year: Mapped[int] = mapped_column(index=True)
    grade: Mapped[int] = mapped_column(index=True)


class Diploma(Base):
    """A person's diploma; a certificate."""

    __tablename__ = "diploma"

    certificate_number: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(unique=True)
    issued_on: Mapped[datetime.date]

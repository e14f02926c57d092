"""Tables of the natural resources department: divisions, parcels, real property, ownership."""

import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class RegionLevel(StrEnum):
    """Level of an administrative division."""

    CITY = "CITY"
    COUNTY = "COUNTY"
    TOWNSHIP = "TOWNSHIP"


class LandUse(StrEnum):
    """What a parcel may be used for."""

    RESIDENTIAL = "RESIDENTIAL"
    COMMERCIAL = "COMMERCIAL"
    INDUSTRIAL = "INDUSTRIAL"
    AGRICULTURAL = "AGRICULTURAL"
    PUBLIC = "PUBLIC"


class Base(DeclarativeBase):
    """The department's own metadata; text sorts by code point on every database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String().with_variant(String(collation="C"), "postgresql"),
    }


class Region(Base):
    """An administrative division; this department is the source of record. Area in square km."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    level: Mapped[str] = mapped_column(index=True)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"), index=True)
    area: Mapped[float]


class Parcel(Base):
    """A parcel of land; ``boundary`` is a closed ring of [longitude, latitude]."""

    __tablename__ = "parcel"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    parcel_number: Mapped[str] = mapped_column(primary_key=True)
    land_use: Mapped[str] = mapped_column(index=True)
    area_square_metres: Mapped[float]
    boundary: Mapped[list[list[float]]] = mapped_column(JSON)
    centre_longitude: Mapped[float]
    centre_latitude: Mapped[float]


class Address(Base):
    """Where a standard address lies; its true division, whatever the population base recorded."""

    __tablename__ = "address"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "parcel_number"], ["parcel.region_code", "parcel.parcel_number"]
        ),
        Index("ix_address_parcel", "region_code", "parcel_number"),
    )

    address_id: Mapped[str] = mapped_column(primary_key=True)
    longitude: Mapped[float]
    latitude: Mapped[float]
    region_code: Mapped[str]
    parcel_number: Mapped[str]


class RealProperty(Base):
    """A unit of real property on a parcel. Floor area in square metres."""

    __tablename__ = "real_property"
    __table_args__ = (
        ForeignKeyConstraint(
            ["region_code", "parcel_number"], ["parcel.region_code", "parcel.parcel_number"]
        ),
        Index("ix_real_property_parcel", "region_code", "parcel_number"),
    )

    property_number: Mapped[str] = mapped_column(primary_key=True)
    region_code: Mapped[str]
    parcel_number: Mapped[str]
    address_id: Mapped[str] = mapped_column(ForeignKey("address.address_id"), index=True)
    floor_area: Mapped[float] = mapped_column(index=True)
    is_mortgaged: Mapped[bool] = mapped_column(index=True)
    registered_on: Mapped[datetime.date] = mapped_column(index=True)


class Ownership(Base):
    """A share of a property; exactly one owner per row, shares of a property add up to 1."""

    __tablename__ = "ownership"
    __table_args__ = (
        CheckConstraint(
            "(owner_id_number IS NULL) <> (owner_credit_code IS NULL)", name="one_owner"
        ),
    )

    ownership_id: Mapped[str] = mapped_column(primary_key=True)
    property_number: Mapped[str] = mapped_column(
        ForeignKey("real_property.property_number"), index=True
    )
    share: Mapped[float]
    owner_id_number: Mapped[str | None] = mapped_column(index=True)
    owner_credit_code: Mapped[str | None] = mapped_column(index=True)


class PropertyCertificate(Base):
    """The certificate of a property, issued to its first owner; exactly one holder."""

    __tablename__ = "property_certificate"
    __table_args__ = (
        CheckConstraint(
            "(holder_id_number IS NULL) <> (holder_credit_code IS NULL)", name="one_holder"
        ),
    )

    certificate_number: Mapped[str] = mapped_column(primary_key=True)
    property_number: Mapped[str] = mapped_column(
        ForeignKey("real_property.property_number"), unique=True
    )
    issued_on: Mapped[datetime.date]
    holder_id_number: Mapped[str | None] = mapped_column(index=True)
    holder_credit_code: Mapped[str | None] = mapped_column(index=True)

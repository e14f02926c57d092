"""Tables of the tax department: taxpayers, their returns and ratings, assessed parcels.

Money is whole fen (hundredths of a yuan).
"""

import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Fen = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    """The department's own metadata; text sorts by code point on every database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String().with_variant(String(collation="C"), "postgresql"),
    }


class Citizen(Base):
    """A natural person who files returns; adults without income have no row."""

    __tablename__ = "citizen"

    id_number: Mapped[str] = mapped_column(primary_key=True)
    annual_income: Mapped[Fen]
    credit_score: Mapped[int]
    credit_grade: Mapped[str]
    credit_rated_on: Mapped[datetime.date]


class Company(Base):
    """A legal entity that files returns."""

    __tablename__ = "company"

    credit_code: Mapped[str] = mapped_column(primary_key=True)
    credit_score: Mapped[int]
    credit_grade: Mapped[str]
    credit_rated_on: Mapped[datetime.date]


class TaxReturn(Base):
    """One year's return of exactly one taxpayer, a citizen or a company."""

    __tablename__ = "tax_return"
    __table_args__ = (
        CheckConstraint("(id_number IS NULL) <> (credit_code IS NULL)", name="one_taxpayer"),
        Index("ix_tax_return_citizen", "id_number", "year", "return_number"),
        Index("ix_tax_return_company", "credit_code", "year", "return_number"),
    )

    return_number: Mapped[str] = mapped_column(primary_key=True)
    id_number: Mapped[str | None] = mapped_column(ForeignKey("citizen.id_number"))
    credit_code: Mapped[str | None] = mapped_column(ForeignKey("company.credit_code"))
    year: Mapped[int] = mapped_column(index=True)
    taxable_income: Mapped[Fen]
    tax_paid: Mapped[Fen]
    filed_on: Mapped[datetime.date] = mapped_column(index=True)


class Parcel(Base):
    """A parcel of land as assessed for property tax."""

    __tablename__ = "parcel"

    region_code: Mapped[str] = mapped_column(primary_key=True)
    parcel_number: Mapped[str] = mapped_column(primary_key=True)
    assessed_value: Mapped[Fen]
    annual_property_tax: Mapped[Fen]

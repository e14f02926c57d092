"""Tables of the market regulation department: companies, licences, the e-licence index.

Money is whole fen (hundredths of a yuan).
"""

import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Fen = Annotated[int, mapped_column(BigInteger)]


class CompanyStatus(StrEnum):
    """Whether a company still trades."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"
    DEREGISTERED = "DEREGISTERED"


class LicenceKind(StrEnum):
    """Which type of the graph a licence row is."""

    BUSINESS = "BUSINESS"
    FOOD = "FOOD"


class CertificateKind(StrEnum):
    """Which type of the graph an entry of the e-licence index names."""

    BUSINESS_LICENCE = "BUSINESS_LICENCE"
    PROPERTY_CERTIFICATE = "PROPERTY_CERTIFICATE"
    SOCIAL_SECURITY_CARD = "SOCIAL_SECURITY_CARD"
    DIPLOMA = "DIPLOMA"


class Base(DeclarativeBase):
    """The department's own metadata; text sorts by code point on every database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String().with_variant(String(collation="C"), "postgresql"),
    }


class Company(Base):
    """A registered legal entity; ``region_code`` is the township (9 digits) of its address."""

    __tablename__ = "company"

    credit_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(index=True)
    business_scope: Mapped[str]
    scope_is_stale: Mapped[bool] = mapped_column(index=True)
    registered_on: Mapped[datetime.date] = mapped_column(index=True)
    registered_capital: Mapped[Fen] = mapped_column(index=True)
    region_code: Mapped[str] = mapped_column(index=True)
    address_id: Mapped[str] = mapped_column(index=True)
    legal_representative_id_number: Mapped[str] = mapped_column(index=True)
    legal_representative_name: Mapped[str]
    employee_count: Mapped[int]


class Licence(Base):
    """A licence of a company; only a BUSINESS licence is a certificate too."""

    __tablename__ = "licence"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'BUSINESS') = (certificate_number IS NOT NULL)", name="business_is_certificate"
        ),
    )

    licence_number: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    credit_code: Mapped[str] = mapped_column(ForeignKey("company.credit_code"), index=True)
    certificate_number: Mapped[str | None] = mapped_column(unique=True)
    valid_until: Mapped[datetime.date | None] = mapped_column(index=True)


class Certificate(Base):
    """An entry of the e-licence index: whose certificate, of which kind; exactly one holder."""

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint(
            "(holder_id_number IS NULL) <> (holder_credit_code IS NULL)", name="one_holder"
        ),
    )

    certificate_number: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    holder_id_number: Mapped[str | None] = mapped_column(index=True)
    holder_credit_code: Mapped[str | None] = mapped_column(index=True)

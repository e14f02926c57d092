"""Tables of the human resources department: social insurance enrolments and cards.

Money is whole fen (hundredths of a yuan).
"""

import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Fen = Annotated[int, mapped_column(BigInteger)]


class EnrolmentStatus(StrEnum):
    """Whether contributions are being paid, are paused, or have become a pension."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    RETIRED = "RETIRED"


class Base(DeclarativeBase):
    """The department's own metadata; text sorts by code point on every database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String().with_variant(String(collation="C"), "postgresql"),
    }


class InsuranceEnrolment(Base):
    """A person's social insurance; the flexibly employed and the retired have no employer."""

    __tablename__ = "insurance_enrolment"

    enrolment_number: Mapped[str] = mapped_column(primary_key=True)
    id_number: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(index=True)
    enrolled_since: Mapped[datetime.date] = mapped_column(index=True)
    months_paid: Mapped[int] = mapped_column(index=True)
    contribution_base: Mapped[Fen]
    employer_credit_code: Mapped[str | None] = mapped_column(index=True)
    region_code: Mapped[str] = mapped_column(index=True)


class SocialSecurityCard(Base):
    """The card of an insured person; a certificate."""

    __tablename__ = "social_security_card"

    certificate_number: Mapped[str] = mapped_column(primary_key=True)
    id_number: Mapped[str] = mapped_column(unique=True)
    issued_on: Mapped[datetime.date]

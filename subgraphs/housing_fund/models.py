"""Tables of the housing fund: accounts and their monthly deposits.

Money is whole fen (hundredths of a yuan).
"""

import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Fen = Annotated[int, mapped_column(BigInteger)]


class AccountStatus(StrEnum):
    """NORMAL is paid into monthly; SEALED has no current employer; CLOSED was paid out."""

    NORMAL = "NORMAL"
    SEALED = "SEALED"
    CLOSED = "CLOSED"


class Base(DeclarativeBase):
    """The department's own metadata; text sorts by code point on every database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String().with_variant(String(collation="C"), "postgresql"),
    }


class HousingFundAccount(Base):
    """The one account of a person."""

    __tablename__ = "housing_fund_account"

    account_number: Mapped[str] = mapped_column(primary_key=True)
    id_number: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str] = mapped_column(index=True)
    balance: Mapped[Fen]
    monthly_deposit: Mapped[Fen]
    opened_on: Mapped[datetime.date]
    has_mortgage: Mapped[bool] = mapped_column(index=True)
    region_code: Mapped[str] = mapped_column(index=True)


class Deposit(Base):
    """One month's payment into an account; ``month`` reads YYYY-MM."""

    __tablename__ = "deposit"
    __table_args__ = (Index("ix_deposit_account", "account_number", "month", "deposit_id"),)

    deposit_id: Mapped[str] = mapped_column(primary_key=True)
    account_number: Mapped[str] = mapped_column(ForeignKey("housing_fund_account.account_number"))
    month: Mapped[str]
    amount: Mapped[Fen]
    paid_by_credit_code: Mapped[str | None] = mapped_column(index=True)

"""The graph of the tax department: returns, income, credit ratings, assessed parcels."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import strawberry

from subgraphs.tax import models
from subgraphs.toolkit import vocabulary
from subgraphs.toolkit.governance import Derivation
from subgraphs.toolkit.paging import DEFAULT_PAGE, After, Connection, First
from subgraphs.toolkit.scalars import CreditCode, IdNumber, Money, RegionCode
from subgraphs.toolkit.schema import Department, FederatedSchema, Representation, key_text
from subgraphs.toolkit.scope import Info, Page, Scope, present
from subgraphs.toolkit.sources import Reference, Source
from subgraphs.toolkit.types import argument, item, node, resolved, root, union
from subgraphs.toolkit.vocabulary import shared_node

# The housing fund may derive a person's loan limit from these, and grade it lower than they are.
LOAN_LIMIT = [Derivation(of="Citizen.loanLimit", by="housing_fund", level=2)]


@shared_node(vocabulary.CREDIT_RATING)
class CreditRating:
    score: int = item("Score, 0 to 1000.", "信用分，0至1000。", 2, derivations=LOAN_LIMIT)
    grade: str = item("Grade, A to D.", "信用等级，A至D。", 2)
    rated_on: datetime.date = item("Date of the rating.", "评定日期。")


@shared_node(vocabulary.CITIZEN, keys=["idNumber"])
class Citizen:
    id_number: IdNumber = item("Identity number.", "公民身份号码。", 3, subject=True)

    @resolved(
        "Taxable income of the last full year.",
        "上一完整年度应税收入。",
        3,
        derivations=LOAN_LIMIT,
        source_of_record=True,
    )
    async def annual_income(self, info: Info) -> Money | None:
        row = await info.context.row(self.id_number, models.Citizen.id_number)
        return None if row is None else Money(row.annual_income)

    @resolved("Credit rating.", "纳税信用评级。", 3, derivations=LOAN_LIMIT, source_of_record=True)
    async def credit_rating(self, info: Info) -> CreditRating | None:
        return _rating(await info.context.row(self.id_number, models.Citizen.id_number))

    @resolved("Tax returns.", "纳税申报记录。", 3)
    async def tax_returns(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection["TaxReturn"]:
        column = models.TaxReturn.id_number
        page = Page(first, after)
        return await info.context.connect_within(TAX_RETURNS, page, column, self.id_number)


@shared_node(vocabulary.COMPANY, keys=["creditCode"])
class Company:
    credit_code: CreditCode = item("Unified social credit code.", "统一社会信用代码。")

    @resolved("Credit rating.", "纳税信用评级。", 2, source_of_record=True)
    async def credit_rating(self, info: Info) -> CreditRating | None:
        return _rating(await info.context.row(self.credit_code, models.Company.credit_code))

    @resolved("Tax returns.", "纳税申报记录。", 3)
    async def tax_returns(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection["TaxReturn"]:
        column = models.TaxReturn.credit_code
        page = Page(first, after)
        return await info.context.connect_within(TAX_RETURNS, page, column, self.credit_code)


Party: TypeAlias = Annotated[
    Citizen | Company,
    union("Party", "A natural person or a legal entity.", "自然人或法人。"),
]


@node(
    "A tax return of one year.",
    "纳税申报。",
    3,
    keys=["returnNumber"],
    theme="tax",
    updates="P1Y",
    source_of_record=True,
)
class TaxReturn:
    return_number: strawberry.ID = item("Number of the return.", "申报编号。", 2)
    id_number: IdNumber | None = item(
        "Identity number of the taxpayer, if a natural person.",
        "自然人纳税人的公民身份号码。",
        3,
        name="taxpayerIdNumber",
        subject=True,
    )
    credit_code: strawberry.Private[str | None]
    year: int = item("Year that it is about.", "所属年度。", 2)
    taxable_income: Money = item("Taxable income.", "应税收入。", 3)
    tax_paid: Money = item("Tax paid.", "已缴税额。", 3)
    filed_on: datetime.date = item("Date of filing.", "申报日期。", 2)

    @resolved("Whose return it is.", "纳税人。", 2)
    async def taxpayer(self, info: Info) -> Party:
        if self.id_number is not None:
            return present(info.context.refer(CITIZENS, id_number=self.id_number))
        return present(info.context.refer(COMPANIES, credit_code=self.credit_code))


@shared_node(vocabulary.PARCEL, keys=["regionCode parcelNumber"])
class Parcel:
    region_code: RegionCode = item("Township of the parcel.", "所属区划代码。", division=True)
    parcel_number: str = item("Number within the township.", "宗地编号。")
    assessed_value: Money | None = item("Assessed value.", "评估价值。", 2)
    annual_property_tax: Money | None = item("Property tax of a year.", "年房产税额。", 2)


CITIZENS = Reference(Citizen)
COMPANIES = Reference(Company)
TAX_RETURNS = Source(TaxReturn, models.TaxReturn)
PARCELS = Source(Parcel, models.Parcel)


@root("What can be asked.", "查询入口。")
class Query:
    @resolved("The tax return with this number.", "按编号查询纳税申报。")
    async def tax_return(
        self,
        info: Info,
        return_number: Annotated[
            strawberry.ID, argument("Its number.", "申报编号。", "TaxReturn.returnNumber")
        ],
    ) -> TaxReturn | None:
        return await info.context.find(TAX_RETURNS, return_number)


def _rating(row: models.Citizen | models.Company | None) -> CreditRating | None:
    if row is None:
        return None
    return CreditRating(
        score=row.credit_score, grade=row.credit_grade, rated_on=row.credit_rated_on
    )


def _citizen(scope: Scope, key: Representation) -> Citizen | None:
    return scope.refer(CITIZENS, id_number=key_text(key, "idNumber"))


def _company(scope: Scope, key: Representation) -> Company | None:
    return scope.refer(COMPANIES, credit_code=key_text(key, "creditCode"))


async def _tax_return(scope: Scope, key: Representation) -> TaxReturn | None:
    return await scope.find(TAX_RETURNS, key_text(key, "returnNumber"))


async def _parcel(scope: Scope, key: Representation) -> Parcel | None:
    return await scope.find(PARCELS, (key_text(key, "regionCode"), key_text(key, "parcelNumber")))


SOURCES: Sequence[Reference[Any]] = (CITIZENS, COMPANIES, TAX_RETURNS, PARCELS)

DEPARTMENT = Department(
    name="tax",
    schema=FederatedSchema(
        Query,
        entities={
            Citizen: _citizen,
            Company: _company,
            TaxReturn: _tax_return,
            Parcel: _parcel,
        },
    ),
    sources=SOURCES,
    metadata=models.Base.metadata,
)

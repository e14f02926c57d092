"""The graph of the housing fund: accounts, deposits, and what may be lent on them."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from subgraphs.housing_fund import models
from subgraphs.toolkit import vocabulary
from subgraphs.toolkit.divisions import sum_within
from subgraphs.toolkit.paging import DEFAULT_PAGE, After, Connection, First
from subgraphs.toolkit.scalars import CreditCode, IdNumber, Money, RegionCode
from subgraphs.toolkit.schema import (
    Department,
    FederatedSchema,
    Representation,
    key_money,
    key_number,
    key_object,
    key_text,
)
from subgraphs.toolkit.scope import Info, Page, Scope, present
from subgraphs.toolkit.sources import Reference, Source
from subgraphs.toolkit.types import argument, choices, item, node, resolved, root, stub_key
from subgraphs.toolkit.vocabulary import shared_node

choices(
    models.AccountStatus,
    "Status of an account.",
    "账户状态。",
    NORMAL="Paid into every month. / 正常缴存。",
    SEALED="No employer pays at present. / 封存。",
    CLOSED="Paid out and closed. / 销户。",
)

# Limit of a loan in whole fen: at most this much, this many years of income, and this many times
# the balance, all scaled by the credit score.
_LARGEST_LOAN = 120_000_000
_YEARS_OF_INCOME = 5
_TIMES_BALANCE = 20
_LOWEST_SCORE, _FULL_SCORE = 450, 750


@shared_node(vocabulary.CREDIT_RATING)
class CreditRating:
    score: int = item("Score, 0 to 1000.", "信用分，0至1000。", 2, external=True)


@shared_node(vocabulary.COMPANY, keys=[stub_key("creditCode")])
class Company:
    credit_code: CreditCode = item("Unified social credit code.", "统一社会信用代码。")


@node("A month's payment into an account.", "月度缴存记录。", 3, theme="housing", updates="P1M")
class Deposit:
    deposit_id: strawberry.ID = item("Number of the payment.", "缴存编号。", 2)
    month: str = item("Month, YYYY-MM.", "缴存月份，格式为YYYY-MM。", 2)
    amount: Money = item("Amount.", "缴存金额。", 3)
    paid_by_credit_code: strawberry.Private[str | None]

    @resolved("The employer that paid.", "缴存单位。", 2)
    async def paid_by(self, info: Info) -> Company | None:
        if self.paid_by_credit_code is None:
            return None
        return info.context.refer(COMPANIES, credit_code=self.paid_by_credit_code)


@node(
    "A person's housing fund account.",
    "住房公积金账户。",
    2,
    keys=["accountNumber"],
    theme="housing",
    updates="P1D",
    source_of_record=True,
)
class HousingFundAccount:
    account_number: strawberry.ID = item("Account number.", "账号。", 2)
    id_number: IdNumber = item(
        "Identity number of the owner.",
        "账户所有人的公民身份号码。",
        3,
        name="ownerIdNumber",
        subject=True,
    )
    status: models.AccountStatus = item("Status.", "账户状态。", 2)
    balance: Money = item("Balance.", "账户余额。", 3)
    monthly_deposit: Money = item("What is paid in a month.", "月缴存额。", 3)
    opened_on: datetime.date = item("Date of opening.", "开户日期。", 2)
    has_mortgage: bool = item("Whether a loan runs on it.", "是否有公积金贷款。", 2)

    @resolved("Whose account it is.", "账户所有人。", 2)
    async def owner(self, info: Info) -> "Citizen":
        return present(info.context.refer(CITIZENS, id_number=self.id_number))

    @resolved("Payments, by month.", "缴存记录。", 3)
    async def deposits(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[Deposit]:
        column = models.Deposit.account_number
        page = Page(first, after)
        return await info.context.connect_within(DEPOSITS, page, column, self.account_number)


@shared_node(vocabulary.CITIZEN, keys=["idNumber"])
class Citizen:
    id_number: IdNumber = item("Identity number.", "公民身份号码。", 3, subject=True)
    annual_income: Money | None = item(
        "Taxable income of a year, from the tax department.",
        "年度应税收入（税务部门）。",
        3,
        external=True,
    )
    credit_rating: CreditRating | None = item(
        "Credit rating, from the tax department.", "纳税信用评级（税务部门）。", 3, external=True
    )

    @resolved("The person's account.", "公积金账户。", 2)
    async def housing_fund(self, info: Info) -> HousingFundAccount | None:
        column = models.HousingFundAccount.id_number
        return await info.context.find(ACCOUNTS, self.id_number, column)

    @resolved(
        "The most that may be lent, from income, credit score and balance.",
        "可贷额度，依据收入、信用分和账户余额计算。",
        2,
        requires=["annualIncome", "creditRating { score }"],
    )
    async def loan_limit(self, info: Info) -> Money | None:
        account = await self.housing_fund(info)
        if self.annual_income is None or self.credit_rating is None or account is None:
            return None
        return lend(self.annual_income, self.credit_rating.score, account)


@shared_node(vocabulary.REGION, keys=["code"])
class Region:
    code: RegionCode = item("Division code.", "行政区划代码。")

    @resolved("Accounts of inhabitants.", "公积金账户数。", derived_from=["HousingFundAccount"])
    async def housing_fund_account_count(self, info: Info) -> int | None:
        rows = await info.context.tally(models.HousingFundAccount.region_code)
        return int(sum_within(self.code, rows))


CITIZENS = Reference(Citizen)
COMPANIES = Reference(Company)
REGIONS = Reference(Region)
ACCOUNTS = Source(HousingFundAccount, models.HousingFundAccount)
DEPOSITS = Source(Deposit, models.Deposit)


def lend(income: int, score: int, account: HousingFundAccount) -> Money:
    """The largest loan in whole fen, a multiple of 1,000 yuan; nothing while a loan runs."""
    if account.has_mortgage or score < _LOWEST_SCORE:
        return Money(0)
    limit = min(_LARGEST_LOAN, income * _YEARS_OF_INCOME, account.balance * _TIMES_BALANCE)
    scaled = limit * min(score, _FULL_SCORE) // _FULL_SCORE
    return Money(scaled // 100_000 * 100_000)


@root("What can be asked.", "查询入口。")
class Query:
    @resolved("The account with this number.", "按账号查询公积金账户。")
    async def housing_fund_account(
        self,
        info: Info,
        account_number: Annotated[
            strawberry.ID, argument("Its number.", "账号。", "HousingFundAccount.accountNumber")
        ],
    ) -> HousingFundAccount | None:
        return await info.context.find(ACCOUNTS, account_number)


def _citizen(scope: Scope, key: Representation) -> Citizen | None:
    rating = key_object(key, "creditRating")
    return scope.refer(
        CITIZENS,
        id_number=key_text(key, "idNumber"),
        annual_income=key_money(key, "annualIncome"),
        credit_rating=None if rating is None else CreditRating(score=key_number(rating, "score")),
    )


async def _account(scope: Scope, key: Representation) -> HousingFundAccount | None:
    return await scope.find(ACCOUNTS, key_text(key, "accountNumber"))


def _region(scope: Scope, key: Representation) -> Region | None:
    return scope.refer(REGIONS, code=key_text(key, "code"))


SOURCES: Sequence[Reference[Any]] = (CITIZENS, COMPANIES, REGIONS, ACCOUNTS, DEPOSITS)

DEPARTMENT = Department(
    name="housing_fund",
    schema=FederatedSchema(
        Query,
        entities={
            Citizen: _citizen,
            HousingFundAccount: _account,
            Region: _region,
        },
    ),
    sources=SOURCES,
    metadata=models.Base.metadata,
)

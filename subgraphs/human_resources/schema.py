"""The graph of human resources: social insurance enrolments and cards."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import strawberry

from subgraphs.human_resources import models
from subgraphs.toolkit import vocabulary
from subgraphs.toolkit.divisions import sum_within
from subgraphs.toolkit.inputs import at_least, at_most, checks, equals, filter_input
from subgraphs.toolkit.paging import DEFAULT_PAGE, After, Connection, First
from subgraphs.toolkit.scalars import CreditCode, IdNumber, Money, RegionCode
from subgraphs.toolkit.schema import Department, FederatedSchema, Representation, key_text
from subgraphs.toolkit.scope import Info, Page, Scope, present
from subgraphs.toolkit.sources import Reference, Source
from subgraphs.toolkit.types import argument, choices, item, node, resolved, root, union
from subgraphs.toolkit.vocabulary import shared_node

choices(
    models.EnrolmentStatus,
    "Status of an enrolment.",
    "参保状态。",
    ACTIVE="Contributions are being paid. / 正常参保。",
    PAUSED="Contributions are paused. / 暂停缴费。",
    RETIRED="Receives a pension. / 已退休。",
)


@shared_node(vocabulary.CITIZEN, keys=["idNumber"])
class Citizen:
    id_number: IdNumber = item("Identity number.", "公民身份号码。", 3, subject=True)

    @resolved("The person's enrolment.", "社会保险参保信息。", 2)
    async def social_insurance(self, info: Info) -> "InsuranceEnrolment | None":
        column = models.InsuranceEnrolment.id_number
        return await info.context.find(ENROLMENTS, self.id_number, column)

    @resolved("The person's card.", "社会保障卡。", 2)
    async def social_security_card(self, info: Info) -> "SocialSecurityCard | None":
        return await info.context.find(CARDS, self.id_number, models.SocialSecurityCard.id_number)


@shared_node(vocabulary.COMPANY, keys=["creditCode"])
class Company:
    credit_code: CreditCode = item("Unified social credit code.", "统一社会信用代码。")

    @resolved(
        "People insured through this company.",
        "参保职工人数。",
        override="market_regulation",
        derived_from=["InsuranceEnrolment"],
    )
    async def employee_count(self, info: Info) -> int | None:
        column = models.InsuranceEnrolment.employer_credit_code
        counts = dict(await info.context.tally(column))
        return int(counts.get(self.credit_code, 0))


Party: TypeAlias = Annotated[
    Citizen | Company,
    union("Party", "A natural person or a legal entity.", "自然人或法人。"),
]


@shared_node(vocabulary.CERTIFICATE, interface=True)
class Certificate:
    certificate_number: strawberry.ID = item("Number of the certificate.", "证照编号。")
    issued_on: datetime.date = item("Date of issue.", "签发日期。")

    @resolved("Whose certificate it is.", "持证主体。", 2)
    async def holder(self, info: Info) -> Party | None:
        raise NotImplementedError


@shared_node(vocabulary.SOCIAL_SECURITY_CARD, keys=["certificateNumber"], source_of_record=True)
class SocialSecurityCard(Certificate):
    id_number: strawberry.Private[str]

    @resolved("Whose card it is.", "持卡人。", 2)
    async def holder(self, info: Info) -> Party | None:
        return info.context.refer(CITIZENS, id_number=self.id_number)


@node(
    "A person's social insurance.",
    "社会保险参保信息。",
    2,
    keys=["enrolmentNumber"],
    theme="insurance",
    updates="P1M",
    source_of_record=True,
)
class InsuranceEnrolment:
    enrolment_number: strawberry.ID = item("Number of the enrolment.", "参保编号。", 2)
    id_number: IdNumber = item(
        "Identity number of the insured.",
        "参保人的公民身份号码。",
        3,
        name="insuredIdNumber",
        subject=True,
    )
    employer_credit_code: strawberry.Private[str | None]
    status: models.EnrolmentStatus = item("Status.", "参保状态。", 2)
    enrolled_since: datetime.date = item("First day of insurance.", "首次参保日期。", 2)
    months_paid: int = item("Months paid so far.", "累计缴费月数。", 2)
    contribution_base: Money = item("Monthly contribution base.", "月缴费基数。", 3)

    @resolved("Who pays; nobody for the flexibly employed.", "用人单位，灵活就业人员为空。", 2)
    async def employer(self, info: Info) -> Company | None:
        if self.employer_credit_code is None:
            return None
        return info.context.refer(COMPANIES, credit_code=self.employer_credit_code)

    @resolved("Who is insured.", "参保人。", 2)
    async def insured(self, info: Info) -> Citizen:
        return present(info.context.refer(CITIZENS, id_number=self.id_number))


@shared_node(vocabulary.REGION, keys=["code"])
class Region:
    code: RegionCode = item("Division code.", "行政区划代码。")

    @resolved("Insured inhabitants.", "参保人数。", derived_from=["InsuranceEnrolment"])
    async def insured_count(self, info: Info) -> int | None:
        rows = await info.context.tally(models.InsuranceEnrolment.region_code)
        return int(sum_within(self.code, rows))


CITIZENS = Reference(Citizen)
COMPANIES = Reference(Company)
REGIONS = Reference(Region)
ENROLMENTS = Source(InsuranceEnrolment, models.InsuranceEnrolment)
CARDS = Source(SocialSecurityCard, models.SocialSecurityCard)


@filter_input("Which enrolments.", "参保信息筛选条件。")
class InsuranceEnrolmentFilter:
    status: models.EnrolmentStatus | None = checks(
        ENROLMENTS, "status", equals, "In this status.", "参保状态等于。"
    )
    enrolled_until: datetime.date | None = checks(
        ENROLMENTS,
        "enrolledSince",
        at_most,
        "Insured since this day or before.",
        "不晚于此日参保。",
    )
    months_paid_at_least: int | None = checks(
        ENROLMENTS, "monthsPaid", at_least, "At least so many months paid.", "累计缴费月数不少于。"
    )
    employer: CreditCode | None = checks(
        ENROLMENTS,
        "employer",
        equals,
        "Through this employer.",
        "用人单位为。",
        column=models.InsuranceEnrolment.employer_credit_code,
    )


@root("What can be asked.", "查询入口。")
class Query:
    @resolved("Social insurance enrolments.", "参保信息列表。")
    async def insurance_enrolments(
        self,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        where: Annotated[
            InsuranceEnrolmentFilter | None, argument("Which enrolments.", "筛选条件。")
        ] = None,
    ) -> Connection[InsuranceEnrolment]:
        return await info.context.connect(ENROLMENTS, Page(first, after, where))


def _citizen(scope: Scope, key: Representation) -> Citizen | None:
    return scope.refer(CITIZENS, id_number=key_text(key, "idNumber"))


def _company(scope: Scope, key: Representation) -> Company | None:
    return scope.refer(COMPANIES, credit_code=key_text(key, "creditCode"))


def _region(scope: Scope, key: Representation) -> Region | None:
    return scope.refer(REGIONS, code=key_text(key, "code"))


async def _enrolment(scope: Scope, key: Representation) -> InsuranceEnrolment | None:
    return await scope.find(ENROLMENTS, key_text(key, "enrolmentNumber"))


async def _card(scope: Scope, key: Representation) -> SocialSecurityCard | None:
    return await scope.find(CARDS, key_text(key, "certificateNumber"))


SOURCES: Sequence[Reference[Any]] = (CITIZENS, COMPANIES, REGIONS, ENROLMENTS, CARDS)

DEPARTMENT = Department(
    name="human_resources",
    schema=FederatedSchema(
        Query,
        entities={
            Citizen: _citizen,
            Company: _company,
            Region: _region,
            InsuranceEnrolment: _enrolment,
            SocialSecurityCard: _card,
        },
    ),
    sources=SOURCES,
    metadata=models.Base.metadata,
)

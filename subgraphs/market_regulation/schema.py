"""The graph of market regulation: the legal entity base, licences, the e-licence index."""

import asyncio
import datetime
from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any, TypeAlias

import strawberry

from subgraphs.market_regulation import models
from subgraphs.toolkit import vocabulary
from subgraphs.toolkit.divisions import sum_within
from subgraphs.toolkit.inputs import (
    at_least,
    checks,
    contains,
    equals,
    filter_input,
    order_enum,
    sort,
    within,
)
from subgraphs.toolkit.paging import DEFAULT_PAGE, After, Connection, First
from subgraphs.toolkit.scalars import CreditCode, IdNumber, Money, RegionCode
from subgraphs.toolkit.schema import Department, FederatedSchema, Representation, key_text
from subgraphs.toolkit.scope import Info, Page, Scope, present
from subgraphs.toolkit.sources import Reference, Source
from subgraphs.toolkit.types import (
    argument,
    choices,
    item,
    node,
    resolved,
    root,
    stub_key,
    union,
)
from subgraphs.toolkit.vocabulary import shared_node

choices(
    models.CompanyStatus,
    "Status of a company.",
    "企业登记状态。",
    ACTIVE="Trades. / 存续。",
    SUSPENDED="Has suspended business. / 歇业。",
    REVOKED="Its licence was revoked. / 吊销。",
    DEREGISTERED="No longer exists. / 注销。",
)


@shared_node(vocabulary.ADDRESS, keys=[stub_key("addressId")])
class Address:
    address_id: strawberry.ID = item("Id of the standard address.", "标准地址编号。")


@shared_node(vocabulary.CERTIFICATE, interface=True)
class Certificate:
    certificate_number: strawberry.ID = item("Number of the certificate.", "证照编号。")


@shared_node(vocabulary.PROPERTY_CERTIFICATE, keys=[stub_key("certificateNumber")])
class PropertyCertificate(Certificate):
    pass


@shared_node(vocabulary.SOCIAL_SECURITY_CARD, keys=[stub_key("certificateNumber")])
class SocialSecurityCard(Certificate):
    pass


@shared_node(vocabulary.DIPLOMA, keys=[stub_key("certificateNumber")])
class Diploma(Certificate):
    pass


@shared_node(vocabulary.CITIZEN, keys=["idNumber"])
class Citizen:
    id_number: IdNumber = item("Identity number.", "公民身份号码。", 3, subject=True)
    name: str = item("Name.", "姓名。", 2, external=True)

    @resolved("Companies that the person represents.", "担任法定代表人的企业。", 2)
    async def companies_represented(self, info: Info) -> list["Company"]:
        column = models.Company.legal_representative_id_number
        return await info.context.children(COMPANIES, column, self.id_number)

    @resolved("Certificates in the e-licence index.", "电子证照索引。", 2)
    async def certificates(self, info: Info) -> list[Certificate]:
        rows = await info.context.rows_of(
            models.Certificate.holder_id_number,
            self.id_number,
            (models.Certificate.certificate_number,),
        )
        found = await asyncio.gather(*(_certificate(info.context, row) for row in rows))
        return [certificate for certificate in found if certificate is not None]


@shared_node(vocabulary.COMPANY, keys=["creditCode"], source_of_record=True)
class Company:
    credit_code: CreditCode = item(
        "Unified social credit code.", "统一社会信用代码。", source_of_record=True
    )
    name: str = item("Registered name.", "企业名称。")
    status: models.CompanyStatus = item("Status.", "登记状态。")
    business_scope: str = item("What it may do.", "经营范围。")
    scope_is_stale: bool = item("Whether the scope is outdated.", "经营范围是否已过期。")
    registered_on: datetime.date = item("Date of registration.", "成立日期。")
    registered_capital: Money = item("Registered capital.", "注册资本。", 2)
    region_code: RegionCode = item("Township of its address.", "所在区划代码。", division=True)
    address_id: strawberry.Private[str]
    legal_representative_id_number: strawberry.Private[str]
    legal_representative_name: strawberry.Private[str]
    employee_count: int | None = item("People insured through this company.", "参保职工人数。")

    @resolved("Division of its address.", "所在行政区划。")
    async def region(self, info: Info) -> "Region":
        return present(info.context.refer(REGIONS, code=self.region_code))

    @resolved("Its address.", "注册地址。", 2)
    async def registered_address(self, info: Info) -> Address | None:
        return info.context.refer(ADDRESSES, address_id=self.address_id)

    @resolved("Who represents it.", "法定代表人。", 2, provides=["name"])
    async def legal_representative(self, info: Info) -> Citizen | None:
        return info.context.refer(
            CITIZENS,
            id_number=self.legal_representative_id_number,
            name=self.legal_representative_name,
        )

    @resolved("Its licences.", "许可证照。")
    async def licences(self, info: Info) -> list["Licence"]:
        rows = await info.context.rows_of(
            models.Licence.credit_code, self.credit_code, (models.Licence.licence_number,)
        )
        return [_licence(row) for row in rows]


Party: TypeAlias = Annotated[
    Citizen | Company,
    union("Party", "A natural person or a legal entity.", "自然人或法人。"),
]


@shared_node(vocabulary.LICENCE, keys=["licenceNumber"], interface=True)
class Licence:
    licence_number: strawberry.ID = item("Number of the licence.", "许可证编号。")
    credit_code: strawberry.Private[str]
    valid_until: datetime.date | None = item("Last day; none if unlimited.", "有效期至，长期为空。")

    @resolved("Who may do business on it.", "被许可企业。")
    async def licensee(self, info: Info) -> Company:
        return await info.context.require(COMPANIES, self.credit_code)


@node(
    "A business licence, which is a certificate too.",
    "营业执照。",
    keys=["licenceNumber", "certificateNumber"],
    theme="companies",
    source_of_record=True,
)
class BusinessLicence(Certificate, Licence):
    @resolved("Date of issue.", "签发日期。")
    async def issued_on(self, info: Info) -> datetime.date:
        company = await info.context.require(COMPANIES, self.credit_code)
        return present(None if company is None else company.registered_on)

    @resolved("The company that holds it.", "持证主体。", 2)
    async def holder(self, info: Info) -> Party | None:
        return await info.context.find(COMPANIES, self.credit_code)


@node(
    "A food business licence.",
    "食品经营许可证。",
    keys=["licenceNumber"],
    theme="companies",
    source_of_record=True,
)
class FoodLicence(Licence):
    pass


@shared_node(vocabulary.REGION, keys=["code"])
class Region:
    code: RegionCode = item("Division code.", "行政区划代码。")

    @resolved("Registered companies.", "企业数。", derived_from=["Company"])
    async def company_count(self, info: Info) -> int:
        return int(sum_within(self.code, await info.context.tally(models.Company.region_code)))


ADDRESSES = Reference(Address)
PROPERTY_CERTIFICATES = Reference(PropertyCertificate)
SOCIAL_SECURITY_CARDS = Reference(SocialSecurityCard)
DIPLOMAS = Reference(Diploma)
CITIZENS = Reference(Citizen)
REGIONS = Reference(Region)
COMPANIES = Source(Company, models.Company)
BUSINESS_LICENCES = Source(
    BusinessLicence, models.Licence, only=models.Licence.kind == models.LicenceKind.BUSINESS.value
)
FOOD_LICENCES = Source(
    FoodLicence, models.Licence, only=models.Licence.kind == models.LicenceKind.FOOD.value
)


@filter_input("Which companies.", "企业筛选条件。")
class CompanyFilter:
    credit_code: CreditCode | None = checks(
        COMPANIES, "creditCode", equals, "This credit code.", "统一社会信用代码等于。"
    )
    region_code: RegionCode | None = checks(
        COMPANIES, "regionCode", within, "Registered in this division.", "所在区划内。"
    )
    status: models.CompanyStatus | None = checks(
        COMPANIES, "status", equals, "In this status.", "登记状态等于。"
    )
    name_contains: str | None = checks(
        COMPANIES, "name", contains, "The name holds this text.", "名称包含。"
    )
    scope_is_stale: bool | None = checks(
        COMPANIES, "scopeIsStale", equals, "With an outdated scope.", "经营范围是否已过期。"
    )
    registered_from: datetime.date | None = checks(
        COMPANIES, "registeredOn", at_least, "Registered on this day or later.", "成立不早于。"
    )
    capital_at_least: Money | None = checks(
        COMPANIES, "registeredCapital", at_least, "With at least this capital.", "注册资本不低于。"
    )


@order_enum("In which order.", "企业排序方式。")
class CompanyOrder(Enum):
    CREDIT_CODE = sort(COMPANIES, "creditCode", "By credit code.", "按统一社会信用代码。")
    NAME = sort(COMPANIES, "name", "By name.", "按名称。")
    NEWEST_FIRST = sort(
        COMPANIES, "registeredOn", "Newest first.", "按成立日期从新到旧。", descending=True
    )
    LARGEST_CAPITAL_FIRST = sort(
        COMPANIES,
        "registeredCapital",
        "Largest capital first.",
        "按注册资本从大到小。",
        descending=True,
    )


@root("What can be asked.", "查询入口。")
class Query:
    @resolved("The company with this credit code.", "按统一社会信用代码查询企业。")
    async def company(
        self,
        info: Info,
        credit_code: Annotated[
            CreditCode, argument("Its credit code.", "统一社会信用代码。", "Company.creditCode")
        ],
    ) -> Company | None:
        return await info.context.find(COMPANIES, credit_code)

    @resolved("Registered companies.", "企业列表。")
    async def companies(
        self,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        where: Annotated[CompanyFilter | None, argument("Which companies.", "筛选条件。")] = None,
        order_by: Annotated[CompanyOrder | None, argument("In which order.", "排序。")] = None,
    ) -> Connection[Company]:
        return await info.context.connect(COMPANIES, Page(first, after, where, order_by))

    @resolved("The certificate with this number.", "按编号查询证照。")
    async def certificate(
        self,
        info: Info,
        number: Annotated[
            strawberry.ID, argument("Its number.", "证照编号。", "Certificate.certificateNumber")
        ],
    ) -> Certificate | None:
        row = await info.context.row(number, models.Certificate.certificate_number)
        return None if row is None else await _certificate(info.context, row)


async def _certificate(scope: Scope, row: models.Certificate) -> Certificate | None:
    """The node of an entry of the index."""
    number = strawberry.ID(row.certificate_number)
    match models.CertificateKind(row.kind):
        case models.CertificateKind.BUSINESS_LICENCE:
            column = models.Licence.certificate_number
            return await scope.find(BUSINESS_LICENCES, number, column)
        case models.CertificateKind.PROPERTY_CERTIFICATE:
            return scope.refer(PROPERTY_CERTIFICATES, certificate_number=number)
        case models.CertificateKind.SOCIAL_SECURITY_CARD:
            return scope.refer(SOCIAL_SECURITY_CARDS, certificate_number=number)
        case models.CertificateKind.DIPLOMA:
            return scope.refer(DIPLOMAS, certificate_number=number)


def _licence(row: models.Licence) -> Licence:
    """The node of a row of the licence table."""
    is_business = row.kind == models.LicenceKind.BUSINESS.value
    return BUSINESS_LICENCES.build(row) if is_business else FOOD_LICENCES.build(row)


async def _any_licence(scope: Scope, key: Representation) -> Licence | None:
    row = await scope.row(key_text(key, "licenceNumber"), models.Licence.licence_number)
    return None if row is None else _licence(row)


async def _business_licence(scope: Scope, key: Representation) -> BusinessLicence | None:
    if "licenceNumber" in key:
        return await scope.find(BUSINESS_LICENCES, key_text(key, "licenceNumber"))
    column = models.Licence.certificate_number
    return await scope.find(BUSINESS_LICENCES, key_text(key, "certificateNumber"), column)


async def _food_licence(scope: Scope, key: Representation) -> FoodLicence | None:
    return await scope.find(FOOD_LICENCES, key_text(key, "licenceNumber"))


def _citizen(scope: Scope, key: Representation) -> Citizen | None:
    return scope.refer(CITIZENS, id_number=key_text(key, "idNumber"), name=None)


async def _company(scope: Scope, key: Representation) -> Company | None:
    return await scope.find(COMPANIES, key_text(key, "creditCode"))


def _region(scope: Scope, key: Representation) -> Region | None:
    return scope.refer(REGIONS, code=key_text(key, "code"))


SOURCES: Sequence[Reference[Any]] = (
    ADDRESSES,
    PROPERTY_CERTIFICATES,
    SOCIAL_SECURITY_CARDS,
    DIPLOMAS,
    CITIZENS,
    REGIONS,
    COMPANIES,
    BUSINESS_LICENCES,
    FOOD_LICENCES,
)

DEPARTMENT = Department(
    name="market_regulation",
    schema=FederatedSchema(
        Query,
        types=[PropertyCertificate, SocialSecurityCard, Diploma],
        entities={
            Citizen: _citizen,
            Company: _company,
            Region: _region,
            Licence: _any_licence,
            BusinessLicence: _business_licence,
            FoodLicence: _food_licence,
        },
    ),
    sources=SOURCES,
    metadata=models.Base.metadata,
)

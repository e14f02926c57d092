"""The graph of public security: the population base, households and standard addresses."""

import datetime
import uuid
from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any

import strawberry
from sqlalchemy import func

from subgraphs.public_security import models
from subgraphs.toolkit import vocabulary
from subgraphs.toolkit.divisions import sum_within
from subgraphs.toolkit.errors import RequestRefused
from subgraphs.toolkit.governance import Derivation
from subgraphs.toolkit.inputs import (
    at_least,
    at_most,
    checks,
    contains,
    equals,
    filter_input,
    order_enum,
    sort,
    within,
)
from subgraphs.toolkit.paging import DEFAULT_PAGE, After, Connection, First
from subgraphs.toolkit.scalars import IdNumber, RegionCode
from subgraphs.toolkit.schema import Department, FederatedSchema, Representation, key_text
from subgraphs.toolkit.scope import Info, Page, Scope
from subgraphs.toolkit.sources import Reference, Source
from subgraphs.toolkit.types import argument, choices, given, input_type, item, node, resolved, root
from subgraphs.toolkit.vocabulary import shared_node

choices(
    models.Sex,
    "Recorded sex.",
    "登记性别。",
    MALE="Male. / 男。",
    FEMALE="Female. / 女。",
)
choices(
    models.ObjectionStatus,
    "Where an objection stands.",
    "异议处理状态。",
    RAISED="Raised, not looked at yet. / 已提出。",
    UNDER_REVIEW="Being checked. / 核查中。",
    ACCEPTED="The record was corrected. / 已采纳并更正。",
    REJECTED="The record stands. / 未采纳。",
)


@shared_node(vocabulary.REGION, keys=["code"])
class Region:
    code: RegionCode = item("Division code.", "行政区划代码。")

    name: str = item("Name of the division.", "行政区划名称。", shareable=True)

    @resolved("Registered inhabitants.", "户籍人口数。", derived_from=["Citizen"])
    async def population(self, info: Info) -> int | None:
        return int(sum_within(self.code, await info.context.tally(models.Citizen.region_code)))

    @resolved(
        "Average age in full years at the turn of this year.",
        "平均年龄（按本年初计算）。",
        derived_from=["Citizen"],
    )
    async def average_age(self, info: Info) -> float | None:
        born = func.sum(func.extract("year", models.Citizen.birth_date))
        rows = await info.context.tally(models.Citizen.region_code, func.count(), born)
        people = sum_within(self.code, [(code, count) for code, count, _ in rows])
        years = sum_within(self.code, [(code, float(total)) for code, _, total in rows])
        this_year = datetime.datetime.now(datetime.UTC).year
        return round(this_year - 1 - years / people, 1) if people else None


@shared_node(vocabulary.ADDRESS, keys=["addressId"], source_of_record=True)
class Address:
    address_id: strawberry.ID = item("Id of the standard address.", "标准地址编号。")
    text: str = item("The address as written.", "地址全文。", 3)
    region_code: RegionCode = item("Township of the address.", "所属区划代码。", division=True)
    verified_on: datetime.date | None = item("Last checked on the spot.", "最近核实日期。")
    is_stale: bool = item("Known to be outdated.", "是否已过期。")


@node(
    "People registered together at one address.",
    "户。",
    2,
    keys=["householdId"],
    theme="population",
    updates="P1D",
    source_of_record=True,
)
class Household:
    household_id: strawberry.ID = item("Number of the household register.", "户号。", 2)
    head_id_number: strawberry.Private[str]
    address_id: strawberry.Private[str]

    @resolved("Head of the household.", "户主。", 3)
    async def head(self, info: Info) -> "Citizen":
        return await info.context.require(CITIZENS, self.head_id_number)

    @resolved("Everybody in the household.", "家庭成员。", 3)
    async def members(self, info: Info) -> list["Citizen"]:
        column = models.Citizen.household_id
        return await info.context.children(CITIZENS, column, self.household_id)

    @resolved("Where the household is registered.", "户籍地址。", 2)
    async def address(self, info: Info) -> Address:
        return await info.context.require(ADDRESSES, self.address_id)


@shared_node(vocabulary.CITIZEN, keys=["idNumber", "personId"], source_of_record=True)
class Citizen:
    id_number: IdNumber = item(
        "Identity number.", "公民身份号码。", 3, subject=True, source_of_record=True
    )
    person_id: strawberry.ID = item(*vocabulary.PERSON_ID, 2, inaccessible=True)
    # Shared because the company register provides the names of legal representatives.
    name: str = item("Name.", "姓名。", 2, shareable=True)
    sex: models.Sex = item("Recorded sex.", "性别。", 2)
    birth_date: datetime.date = item("Date of birth.", "出生日期。", 2)
    phone: str | None = item("Telephone number.", "联系电话。", 3)
    region_code: RegionCode = item("Township of registration.", "户籍所在区划代码。", division=True)
    address_id: strawberry.Private[str]
    household_id: strawberry.Private[str]

    @resolved("Division of registration.", "户籍所在行政区划。")
    async def region(self, info: Info) -> Region:
        return await info.context.require(REGIONS, self.region_code)

    @resolved(
        "Registered address.",
        "户籍地址。",
        2,
        derivations=[Derivation(of="Citizen.eligibleForSchool", by="education", level=1)],
    )
    async def registered_address(self, info: Info) -> Address | None:
        return await info.context.find(ADDRESSES, self.address_id)

    @resolved("The household.", "所属户。", 3)
    async def household(self, info: Info) -> Household | None:
        return await info.context.find(HOUSEHOLDS, self.household_id)


@node("A claim that a recorded value is wrong.", "数据异议。", 2, theme="population")
class Objection:
    objection_id: strawberry.ID = item("Number of the objection.", "异议编号。")
    coordinate: str = item("The field objected to, Type.field.", "被提出异议的字段。")
    claimed_value: str = item("What the value should be.", "主张的正确值。", 3)
    status: models.ObjectionStatus = item("Where it stands.", "处理状态。")
    raised_on: datetime.date = item("When it was raised.", "提出日期。")


REGIONS = Source(Region, models.Region)
ADDRESSES = Source(Address, models.Address)
HOUSEHOLDS = Source(Household, models.Household)
CITIZENS = Source(Citizen, models.Citizen)
OBJECTIONS = Source(Objection, models.Objection)


@filter_input("Which citizens.", "公民筛选条件。")
class CitizenFilter:
    id_number: IdNumber | None = checks(
        CITIZENS, "idNumber", equals, "This identity number.", "公民身份号码等于。"
    )
    region_code: RegionCode | None = checks(
        CITIZENS, "regionCode", within, "Registered in this division.", "户籍在此区划内。"
    )
    sex: models.Sex | None = checks(CITIZENS, "sex", equals, "Of this sex.", "性别等于。")
    name_contains: str | None = checks(
        CITIZENS, "name", contains, "The name holds this text.", "姓名包含。"
    )
    born_from: datetime.date | None = checks(
        CITIZENS, "birthDate", at_least, "Born on this day or later.", "出生日期不早于。"
    )
    born_until: datetime.date | None = checks(
        CITIZENS, "birthDate", at_most, "Born on this day or before.", "出生日期不晚于。"
    )


@order_enum("In which order.", "公民排序方式。")
class CitizenOrder(Enum):
    ID_NUMBER = sort(CITIZENS, "idNumber", "By identity number.", "按身份号码。")
    NAME = sort(CITIZENS, "name", "By name.", "按姓名。")
    YOUNGEST_FIRST = sort(
        CITIZENS, "birthDate", "Youngest first.", "按年龄从小到大。", descending=True
    )
    OLDEST_FIRST = sort(CITIZENS, "birthDate", "Oldest first.", "按年龄从大到小。")
    REGION = sort(CITIZENS, "regionCode", "By division.", "按行政区划。")


@input_type("An objection to a recorded value.", "数据异议内容。")
class ObjectionInput:
    id_number: IdNumber = given("The person concerned.", "异议涉及的公民。", "Citizen.idNumber")
    coordinate: str = given("The field objected to, Type.field.", "被提出异议的字段。")
    claimed_value: str = given("What the value should be.", "主张的正确值。")
    evidence: str | None = given("What proves it.", "证明材料。", default=None)


@root("What can be asked.", "查询入口。")
class Query:
    @resolved("The person with this identity number.", "按身份号码查询公民。")
    async def citizen(
        self,
        info: Info,
        id_number: Annotated[
            IdNumber, argument("Identity number.", "公民身份号码。", "Citizen.idNumber")
        ],
    ) -> Citizen | None:
        return await info.context.find(CITIZENS, id_number)

    @resolved("People in the population base.", "公民列表。")
    async def citizens(
        self,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        where: Annotated[CitizenFilter | None, argument("Which citizens.", "筛选条件。")] = None,
        order_by: Annotated[CitizenOrder | None, argument("In which order.", "排序。")] = None,
    ) -> Connection[Citizen]:
        return await info.context.connect(CITIZENS, Page(first, after, where, order_by))

    @resolved("The objection with this number.", "按编号查询异议。")
    async def objection(
        self,
        info: Info,
        objection_id: Annotated[
            strawberry.ID, argument("Its number.", "异议编号。", "Objection.objectionId")
        ],
    ) -> Objection | None:
        row = await info.context.row(objection_id, models.Objection.objection_id)
        # An objection says something about a person, so it is as visible as the person.
        if row is None or await info.context.find(CITIZENS, row.id_number) is None:
            return None
        return OBJECTIONS.build(row)


@root("What can be changed.", "变更入口。")
class Mutation:
    @resolved("Object to a recorded value.", "提出数据异议。")
    async def raise_objection(
        self,
        info: Info,
        objection: Annotated[
            ObjectionInput, argument("What is wrong.", "异议内容。", name="input")
        ],
    ) -> Objection:
        if await info.context.find(CITIZENS, objection.id_number) is None:
            raise RequestRefused("BAD_INPUT", "no such citizen")
        record = models.Objection(
            objection_id=f"OBJ-{uuid.uuid4().hex[:12].upper()}",
            id_number=objection.id_number,
            coordinate=objection.coordinate,
            claimed_value=objection.claimed_value,
            evidence=objection.evidence,
            status=models.ObjectionStatus.RAISED.value,
            raised_on=datetime.datetime.now(datetime.UTC).date(),
        )
        await info.context.session.add(record)
        return OBJECTIONS.build(record)


async def _citizen(scope: Scope, key: Representation) -> Citizen | None:
    if "idNumber" in key:
        return await scope.find(CITIZENS, key_text(key, "idNumber"))
    return await scope.find(CITIZENS, key_text(key, "personId"), models.Citizen.person_id)


async def _address(scope: Scope, key: Representation) -> Address | None:
    return await scope.find(ADDRESSES, key_text(key, "addressId"))


async def _household(scope: Scope, key: Representation) -> Household | None:
    return await scope.find(HOUSEHOLDS, key_text(key, "householdId"))


async def _region(scope: Scope, key: Representation) -> Region | None:
    return await scope.find(REGIONS, key_text(key, "code"))


SOURCES: Sequence[Reference[Any]] = (REGIONS, ADDRESSES, HOUSEHOLDS, CITIZENS, OBJECTIONS)

DEPARTMENT = Department(
    name="public_security",
    schema=FederatedSchema(
        Query,
        mutation=Mutation,
        entities={
            Citizen: _citizen,
            Address: _address,
            Household: _household,
            Region: _region,
        },
    ),
    sources=SOURCES,
    metadata=models.Base.metadata,
)

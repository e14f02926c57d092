"""The graph of the education department: schools, their districts, pupils and diplomas."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import strawberry
from sqlalchemy import func

from subgraphs.education import models
from subgraphs.toolkit import vocabulary
from subgraphs.toolkit.divisions import sum_within
from subgraphs.toolkit.geo import GeoPoint
from subgraphs.toolkit.inputs import at_least, checks, contains, equals, filter_input, within
from subgraphs.toolkit.paging import DEFAULT_PAGE, After, Connection, First
from subgraphs.toolkit.scalars import CreditCode, RegionCode
from subgraphs.toolkit.schema import (
    Department,
    FederatedSchema,
    Representation,
    key_number,
    key_object,
    key_text,
)
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
    models.SchoolKind,
    "Stage of a school.",
    "学校类别。",
    PRIMARY="Primary school. / 小学。",
    JUNIOR_SECONDARY="Junior secondary school. / 初中。",
    SENIOR_SECONDARY="Senior secondary school. / 高中。",
)


@shared_node(vocabulary.REGION, keys=["code"])
class Region:
    code: RegionCode = item("Division code.", "行政区划代码。")

    @resolved("Schools.", "学校数。", derived_from=["School"])
    async def school_count(self, info: Info) -> int:
        return int(sum_within(self.code, await info.context.tally(models.School.region_code)))

    @resolved("Pupils of its schools.", "在校学生数。", derived_from=["Enrolment"])
    async def pupil_count(self, info: Info) -> int | None:
        rows = await info.context.tally(
            models.School.region_code,
            func.count(models.Enrolment.enrolment_id),
            joined=models.Enrolment,
        )
        return int(sum_within(self.code, rows))


@node(
    "A school.",
    "学校。",
    keys=["code"],
    theme="education",
    updates="P1Y",
    source_of_record=True,
)
class School:
    code: strawberry.ID = item("Code of the school.", "学校标识码。")
    name: str = item("Name.", "学校名称。")
    kind: models.SchoolKind = item("Stage.", "学校类别。")
    longitude: strawberry.Private[float]
    latitude: strawberry.Private[float]
    region_code: strawberry.Private[str]
    capacity: int | None = item("Places.", "学位数。")

    @resolved("Its point on the map.", "坐标。")
    async def location(self) -> GeoPoint | None:
        return GeoPoint(longitude=self.longitude, latitude=self.latitude)

    @resolved("Its township.", "所在行政区划。")
    async def region(self, info: Info) -> Region:
        return present(info.context.refer(REGIONS, code=self.region_code))

    @resolved("Pupils enrolled.", "在校学生数。", derived_from=["Enrolment"])
    async def enrolled_count(self, info: Info) -> int | None:
        counts = dict(await info.context.tally(models.Enrolment.school_code))
        return int(counts.get(self.code, 0))


@node(
    "Where the pupils of a school come from in one year.",
    "学区。",
    keys=["school { code } year"],
    theme="education",
    updates="P1Y",
    source_of_record=True,
)
class SchoolDistrict:
    school_code: strawberry.Private[str]
    year: int = item("School year.", "学年。")

    @resolved("The school.", "学校。")
    async def school(self, info: Info) -> School:
        return await info.context.require(SCHOOLS, self.school_code)

    @resolved("Townships of the district.", "学区包含的区划代码。")
    async def region_codes(self, info: Info) -> list[RegionCode]:
        part = models.SchoolDistrictRegion
        rows = await info.context.rows_of(part.school_code, self.school_code, (part.region_code,))
        return [RegionCode(row.region_code) for row in rows if row.year == self.year]


@shared_node(vocabulary.ADDRESS, keys=["addressId"])
class Address:
    address_id: strawberry.ID = item("Id of the standard address.", "标准地址编号。")
    region_code: RegionCode = item(
        "Township of the address, from public security.",
        "所属区划代码（公安机关）。",
        external=True,
    )

    @resolved(
        "District of the primary school for this address; the latest year unless one is given.",
        "该地址对应的小学学区，默认最近学年。",
        requires=["regionCode"],
    )
    async def school_district(
        self,
        info: Info,
        year: Annotated[
            int | None, argument("School year.", "学年。", "SchoolDistrict.year")
        ] = None,
    ) -> SchoolDistrict | None:
        part = models.SchoolDistrictRegion
        order = (part.year.desc(), part.school_code)
        rows = await info.context.rows_of(part.region_code, self.region_code, order)
        for row in rows:
            if year is None or row.year == year:
                school = await info.context.find(SCHOOLS, row.school_code)
                if school is not None and school.kind is models.SchoolKind.PRIMARY:
                    return await info.context.find(DISTRICTS, (row.school_code, row.year))
        return None


@shared_node(vocabulary.CITIZEN, keys=["personId"])
class Citizen:
    person_id: strawberry.ID = item(*vocabulary.PERSON_ID, 2, inaccessible=True)
    registered_address: Address | None = item(
        "Registered address, from public security.", "户籍地址（公安机关）。", 2, external=True
    )

    @resolved("The current place at school.", "在读信息。", 2)
    async def enrolment(self, info: Info) -> "Enrolment | None":
        return await info.context.find(ENROLMENTS, self.person_id, models.Enrolment.person_id)

    @resolved("The diploma.", "学历证书。", 2)
    async def diploma(self, info: Info) -> "Diploma | None":
        return await info.context.find(DIPLOMAS, self.person_id, models.Diploma.person_id)

    @resolved(
        "Whether the registered address lies in the district of this school.",
        "户籍地址是否在该校学区内。",
        requires=["registeredAddress { regionCode }"],
    )
    async def eligible_for_school(
        self,
        info: Info,
        code: Annotated[strawberry.ID, argument("The school.", "学校标识码。", "School.code")],
    ) -> bool:
        school = await info.context.find(SCHOOLS, code)
        if school is None or self.registered_address is None:
            return False
        # Senior secondary schools have no districts: they take pupils by examination.
        if school.kind is models.SchoolKind.SENIOR_SECONDARY:
            return True
        part = models.SchoolDistrictRegion
        rows = await info.context.rows_of(part.school_code, code, (part.year.desc(),))
        home = self.registered_address.region_code
        return any(row.region_code == home for row in rows if row.year == rows[0].year)


@node(
    "A pupil's place at a school.",
    "学籍。",
    2,
    keys=["enrolmentId"],
    theme="education",
    updates="P1Y",
    source_of_record=True,
)
class Enrolment:
    enrolment_id: strawberry.ID = item("Number of the place.", "学籍编号。", 2)
    person_id: strawberry.Private[str]
    school_code: strawberry.Private[str]
    school_year: int = item("School year.", "学年。", 2)
    grade: int = item("Grade, 1 to 12.", "年级，1至12。", 2)

    @resolved("Who goes to school.", "学生。", 2)
    async def pupil(self, info: Info) -> Citizen:
        return present(_citizen_of(info.context, self.person_id))

    @resolved("The school.", "学校。", 2)
    async def school(self, info: Info) -> School:
        return await info.context.require(SCHOOLS, self.school_code)


@shared_node(vocabulary.COMPANY, keys=[stub_key("creditCode")])
class Company:
    credit_code: CreditCode = item("Unified social credit code.", "统一社会信用代码。")


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


@shared_node(vocabulary.DIPLOMA, keys=["certificateNumber"], source_of_record=True)
class Diploma(Certificate):
    person_id: strawberry.Private[str]

    @resolved("Whose diploma it is.", "持证人。", 2)
    async def holder(self, info: Info) -> Party | None:
        return _citizen_of(info.context, self.person_id)


ADDRESSES = Reference(Address)
CITIZENS = Reference(Citizen)
COMPANIES = Reference(Company)
REGIONS = Reference(Region)
SCHOOLS = Source(School, models.School)
DISTRICTS = Source(SchoolDistrict, models.SchoolDistrict)
ENROLMENTS = Source(Enrolment, models.Enrolment)
DIPLOMAS = Source(Diploma, models.Diploma)


@filter_input("Which schools.", "学校筛选条件。")
class SchoolFilter:
    kind: models.SchoolKind | None = checks(
        SCHOOLS, "kind", equals, "Of this stage.", "学校类别等于。"
    )
    region_code: RegionCode | None = checks(
        SCHOOLS,
        "region",
        within,
        "In this division.",
        "所在区划内。",
        column=models.School.region_code,
    )
    name_contains: str | None = checks(
        SCHOOLS, "name", contains, "The name holds this text.", "名称包含。"
    )
    capacity_at_least: int | None = checks(
        SCHOOLS, "capacity", at_least, "With at least so many places.", "学位数不少于。"
    )


@root("What can be asked.", "查询入口。")
class Query:
    @resolved("The school with this code.", "按标识码查询学校。")
    async def school(
        self,
        info: Info,
        code: Annotated[strawberry.ID, argument("Its code.", "学校标识码。", "School.code")],
    ) -> School | None:
        return await info.context.find(SCHOOLS, code)

    @resolved("Schools.", "学校列表。")
    async def schools(
        self,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        where: Annotated[SchoolFilter | None, argument("Which schools.", "筛选条件。")] = None,
    ) -> Connection[School]:
        return await info.context.connect(SCHOOLS, Page(first, after, where))


def _citizen_of(
    scope: Scope, person_id: str, address: Representation | None = None
) -> Citizen | None:
    registered = None if address is None else _address_of(address)
    return scope.refer(CITIZENS, person_id=person_id, registered_address=registered)


def _address_of(key: Representation) -> Address:
    region_code = RegionCode(key_text(key, "regionCode"))
    return Address(address_id=strawberry.ID(str(key.get("addressId", ""))), region_code=region_code)


def _citizen(scope: Scope, key: Representation) -> Citizen | None:
    return _citizen_of(scope, key_text(key, "personId"), key_object(key, "registeredAddress"))


def _address(scope: Scope, key: Representation) -> Address | None:
    return scope.refer(
        ADDRESSES, address_id=key_text(key, "addressId"), region_code=key.get("regionCode")
    )


def _region(scope: Scope, key: Representation) -> Region | None:
    return scope.refer(REGIONS, code=key_text(key, "code"))


async def _school(scope: Scope, key: Representation) -> School | None:
    return await scope.find(SCHOOLS, key_text(key, "code"))


async def _district(scope: Scope, key: Representation) -> SchoolDistrict | None:
    code = key_text(key_object(key, "school") or {}, "code")
    return await scope.find(DISTRICTS, (code, key_number(key, "year")))


async def _enrolment(scope: Scope, key: Representation) -> Enrolment | None:
    return await scope.find(ENROLMENTS, key_text(key, "enrolmentId"))


async def _diploma(scope: Scope, key: Representation) -> Diploma | None:
    return await scope.find(DIPLOMAS, key_text(key, "certificateNumber"))


SOURCES: Sequence[Reference[Any]] = (
    ADDRESSES,
    CITIZENS,
    COMPANIES,
    REGIONS,
    SCHOOLS,
    DISTRICTS,
    ENROLMENTS,
    DIPLOMAS,
)

DEPARTMENT = Department(
    name="education",
    schema=FederatedSchema(
        Query,
        entities={
            Citizen: _citizen,
            Address: _address,
            Region: _region,
            School: _school,
            SchoolDistrict: _district,
            Enrolment: _enrolment,
            Diploma: _diploma,
        },
    ),
    sources=SOURCES,
    metadata=models.Base.metadata,
)

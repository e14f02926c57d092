"""The graph of natural resources: divisions, parcels, real property and who owns it."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import strawberry

from subgraphs.natural_resources import models
from subgraphs.toolkit import vocabulary
from subgraphs.toolkit.geo import GeoPoint
from subgraphs.toolkit.inputs import at_least, at_most, checks, equals, filter_input, within
from subgraphs.toolkit.paging import DEFAULT_PAGE, After, Connection, First
from subgraphs.toolkit.scalars import CreditCode, IdNumber, RegionCode
from subgraphs.toolkit.schema import Department, FederatedSchema, Representation, key_text
from subgraphs.toolkit.scope import Info, Page, Scope, present
from subgraphs.toolkit.sources import Reference, Source
from subgraphs.toolkit.types import argument, choices, item, node, resolved, root, union
from subgraphs.toolkit.vocabulary import shared_node

choices(
    models.RegionLevel,
    "Level of a division.",
    "行政区划级别。",
    CITY="A city. / 地级市。",
    COUNTY="A county or district. / 县、区。",
    TOWNSHIP="A township or street. / 乡镇、街道。",
)
choices(
    models.LandUse,
    "What a parcel may be used for.",
    "土地用途。",
    RESIDENTIAL="For living. / 住宅用地。",
    COMMERCIAL="For business. / 商服用地。",
    INDUSTRIAL="For industry. / 工业用地。",
    AGRICULTURAL="For farming. / 农用地。",
    PUBLIC="For the public. / 公共管理与公共服务用地。",
)


@shared_node(vocabulary.REGION, keys=["code"], source_of_record=True)
class Region:
    code: RegionCode = item("Division code.", "行政区划代码。")
    name: str = item("Name of the division.", "行政区划名称。", shareable=True)
    level: models.RegionLevel = item("Level.", "级别。")
    parent_code: strawberry.Private[str | None]
    area: float | None = item("Area in square kilometres.", "面积（平方公里）。")

    @resolved("The division that it is part of.", "上级区划。")
    async def parent(self, info: Info) -> "Region | None":
        if self.parent_code is None:
            return None
        return await info.context.find(REGIONS, self.parent_code)

    @resolved("The divisions that it consists of.", "下级区划。")
    async def children(self, info: Info) -> list["Region"]:
        return await info.context.children(REGIONS, models.Region.parent_code, self.code)


@shared_node(vocabulary.PARCEL, keys=["regionCode parcelNumber"], source_of_record=True)
class Parcel:
    region_code: RegionCode = item("Township of the parcel.", "所属区划代码。", division=True)
    parcel_number: str = item("Number within the township.", "宗地编号。")
    land_use: models.LandUse = item("What it may be used for.", "土地用途。")
    area_square_metres: float = item("Area in square metres.", "面积（平方米）。")
    ring: strawberry.Private[list[list[float]]]
    centre: GeoPoint = item("A point inside.", "中心点。")

    @resolved("Its boundary, a closed ring.", "边界（闭合环）。", 2)
    async def boundary(self) -> list[GeoPoint]:
        return [GeoPoint(longitude=point[0], latitude=point[1]) for point in self.ring]

    @resolved("Its township.", "所属行政区划。")
    async def region(self, info: Info) -> Region:
        return await info.context.require(REGIONS, self.region_code)


class ParcelSource(Source[Parcel]):
    """Parcels, whose points are spread over columns."""

    def build(self, row: models.Parcel) -> Parcel:
        """The node of a row."""
        return Parcel(
            region_code=RegionCode(row.region_code),
            parcel_number=row.parcel_number,
            land_use=models.LandUse(row.land_use),
            area_square_metres=row.area_square_metres,
            ring=row.boundary,
            centre=GeoPoint(longitude=row.centre_longitude, latitude=row.centre_latitude),
        )


@shared_node(vocabulary.ADDRESS, keys=["addressId"])
class Address:
    address_id: strawberry.ID = item("Id of the standard address.", "标准地址编号。")
    longitude: strawberry.Private[float]
    latitude: strawberry.Private[float]
    region_code: strawberry.Private[str]
    parcel_number: strawberry.Private[str]

    @resolved("Its point on the map.", "坐标。", 3)
    async def location(self) -> GeoPoint | None:
        return GeoPoint(longitude=self.longitude, latitude=self.latitude)

    @resolved("The parcel that it stands on.", "所在宗地。", 2)
    async def parcel(self, info: Info) -> Parcel | None:
        return await info.context.find(PARCELS, (self.region_code, self.parcel_number))


@shared_node(vocabulary.CITIZEN, keys=["idNumber"])
class Citizen:
    id_number: IdNumber = item("Identity number.", "公民身份号码。", 3, subject=True)

    @resolved("Real property of the person.", "名下不动产。", 3)
    async def properties(self, info: Info) -> list["RealProperty"]:
        return await _owned(info.context, models.Ownership.owner_id_number, self.id_number)


@shared_node(vocabulary.COMPANY, keys=["creditCode"])
class Company:
    credit_code: CreditCode = item("Unified social credit code.", "统一社会信用代码。")

    @resolved("Real property of the company.", "名下不动产。", 2)
    async def properties(self, info: Info) -> list["RealProperty"]:
        return await _owned(info.context, models.Ownership.owner_credit_code, self.credit_code)


Party: TypeAlias = Annotated[
    Citizen | Company,
    union("Party", "A natural person or a legal entity.", "自然人或法人。"),
]


@node("A share of real property.", "不动产份额。", 2, theme="property", updates="P1D")
class Ownership:
    ownership_id: strawberry.Private[str]
    owner_id_number: strawberry.Private[str | None]
    owner_credit_code: strawberry.Private[str | None]
    share: float = item("Part of the whole, 0 to 1.", "份额，0至1。", 2)

    @resolved("Who owns it.", "权利人。", 2)
    async def owner(self, info: Info) -> Party:
        scope = info.context
        if self.owner_id_number is not None:
            return present(scope.refer(CITIZENS, id_number=self.owner_id_number))
        return present(scope.refer(COMPANIES, credit_code=self.owner_credit_code))


@shared_node(vocabulary.CERTIFICATE, interface=True)
class Certificate:
    certificate_number: strawberry.ID = item("Number of the certificate.", "证照编号。")
    issued_on: datetime.date = item("Date of issue.", "签发日期。")

    @resolved("Whose certificate it is.", "持证主体。", 2)
    async def holder(self, info: Info) -> Party | None:
        raise NotImplementedError


@shared_node(vocabulary.PROPERTY_CERTIFICATE, keys=["certificateNumber"], source_of_record=True)
class PropertyCertificate(Certificate):
    property_number: strawberry.Private[str]
    holder_id_number: strawberry.Private[str | None]
    holder_credit_code: strawberry.Private[str | None]

    @resolved("Whose certificate it is.", "持证主体。", 2)
    async def holder(self, info: Info) -> Party | None:
        if self.holder_id_number is not None:
            return info.context.refer(CITIZENS, id_number=self.holder_id_number)
        return info.context.refer(COMPANIES, credit_code=self.holder_credit_code)

    @resolved("The property.", "不动产。", 2, name="property")
    async def real_property(self, info: Info) -> "RealProperty":
        return await info.context.require(PROPERTIES, self.property_number)


@node(
    "A unit of real property.",
    "不动产单元。",
    keys=["propertyNumber"],
    theme="property",
    updates="P1D",
    source_of_record=True,
)
class RealProperty:
    property_number: strawberry.ID = item("Unit number.", "不动产单元号。")
    region_code: strawberry.Private[str]
    parcel_number: strawberry.Private[str]
    address_id: strawberry.Private[str]
    floor_area: float | None = item("Floor area in square metres.", "建筑面积（平方米）。")
    is_mortgaged: bool = item("Whether it is mortgaged.", "是否抵押。", 2)
    registered_on: datetime.date | None = item("Date of registration.", "登记日期。")

    @resolved("The parcel that it stands on.", "所在宗地。")
    async def parcel(self, info: Info) -> Parcel:
        return await info.context.require(PARCELS, (self.region_code, self.parcel_number))

    @resolved("Its address.", "坐落地址。", 2)
    async def address(self, info: Info) -> Address | None:
        return await info.context.find(ADDRESSES, self.address_id)

    @resolved("Who owns it, in which shares.", "权利人及份额。", 2)
    async def owners(self, info: Info) -> list[Ownership]:
        column = models.Ownership.property_number
        return await info.context.children(OWNERSHIPS, column, self.property_number)

    @resolved("Its certificate.", "不动产权证书。", 2)
    async def certificate(self, info: Info) -> PropertyCertificate | None:
        column = models.PropertyCertificate.property_number
        return await info.context.find(CERTIFICATES, self.property_number, column)


CITIZENS = Reference(Citizen)
COMPANIES = Reference(Company)
REGIONS = Source(Region, models.Region)
PARCELS = ParcelSource(Parcel, models.Parcel)
ADDRESSES = Source(Address, models.Address)
OWNERSHIPS = Source(Ownership, models.Ownership)
CERTIFICATES = Source(PropertyCertificate, models.PropertyCertificate)
PROPERTIES = Source(RealProperty, models.RealProperty)


@filter_input("Which real property.", "不动产筛选条件。")
class RealPropertyFilter:
    region_code: RegionCode | None = checks(
        PARCELS,
        "regionCode",
        within,
        "In this division.",
        "所在区划内。",
        column=models.RealProperty.region_code,
    )
    is_mortgaged: bool | None = checks(
        PROPERTIES, "isMortgaged", equals, "Mortgaged or not.", "是否抵押。"
    )
    floor_area_at_least: float | None = checks(
        PROPERTIES, "floorArea", at_least, "With at least this floor area.", "建筑面积不小于。"
    )
    registered_from: datetime.date | None = checks(
        PROPERTIES, "registeredOn", at_least, "Registered on this day or later.", "登记不早于。"
    )
    registered_until: datetime.date | None = checks(
        PROPERTIES, "registeredOn", at_most, "Registered on this day or before.", "登记不晚于。"
    )


@root("What can be asked.", "查询入口。")
class Query:
    @resolved("The division with this code.", "按代码查询行政区划。")
    async def region(
        self,
        info: Info,
        code: Annotated[RegionCode, argument("Its code.", "行政区划代码。", "Region.code")],
    ) -> Region | None:
        return await info.context.find(REGIONS, code)

    @resolved("Divisions, all or by level and parent.", "行政区划列表。")
    async def regions(
        self,
        info: Info,
        level: Annotated[
            models.RegionLevel | None, argument("Of this level.", "级别。", "Region.level")
        ] = None,
        parent: Annotated[
            RegionCode | None, argument("Directly part of this one.", "上级区划。", "Region.parent")
        ] = None,
    ) -> list[Region]:
        criteria = []
        if level is not None:
            criteria.append(models.Region.level == level.value)
        if parent is not None:
            criteria.append(models.Region.parent_code == parent)
        return await info.context.select(REGIONS, *criteria)

    @resolved("The real property with this number.", "按单元号查询不动产。")
    async def real_property(
        self,
        info: Info,
        property_number: Annotated[
            strawberry.ID, argument("Its number.", "不动产单元号。", "RealProperty.propertyNumber")
        ],
    ) -> RealProperty | None:
        return await info.context.find(PROPERTIES, property_number)

    @resolved("Real property.", "不动产列表。")
    async def real_properties(
        self,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        where: Annotated[
            RealPropertyFilter | None, argument("Which real property.", "筛选条件。")
        ] = None,
    ) -> Connection[RealProperty]:
        return await info.context.connect(PROPERTIES, Page(first, after, where))

    @resolved("The parcel with this number.", "按编号查询宗地。")
    async def parcel(
        self,
        info: Info,
        region_code: Annotated[
            RegionCode, argument("Its township.", "所属区划代码。", "Parcel.regionCode")
        ],
        parcel_number: Annotated[str, argument("Its number.", "宗地编号。", "Parcel.parcelNumber")],
    ) -> Parcel | None:
        return await info.context.find(PARCELS, (region_code, parcel_number))


async def _owned(scope: Scope, column: Any, owner: str) -> list[RealProperty]:
    """Real property with a share of this owner, in order of the shares' ids."""
    shares = await scope.rows_of(column, owner, (models.Ownership.ownership_id,))
    numbers = dict.fromkeys(share.property_number for share in shares)
    return await scope.find_each(PROPERTIES, numbers)


def _citizen(scope: Scope, key: Representation) -> Citizen | None:
    return scope.refer(CITIZENS, id_number=key_text(key, "idNumber"))


def _company(scope: Scope, key: Representation) -> Company | None:
    return scope.refer(COMPANIES, credit_code=key_text(key, "creditCode"))


async def _region(scope: Scope, key: Representation) -> Region | None:
    return await scope.find(REGIONS, key_text(key, "code"))


async def _parcel(scope: Scope, key: Representation) -> Parcel | None:
    return await scope.find(PARCELS, (key_text(key, "regionCode"), key_text(key, "parcelNumber")))


async def _address(scope: Scope, key: Representation) -> Address | None:
    return await scope.find(ADDRESSES, key_text(key, "addressId"))


async def _certificate(scope: Scope, key: Representation) -> PropertyCertificate | None:
    return await scope.find(CERTIFICATES, key_text(key, "certificateNumber"))


async def _real_property(scope: Scope, key: Representation) -> RealProperty | None:
    return await scope.find(PROPERTIES, key_text(key, "propertyNumber"))


SOURCES: Sequence[Reference[Any]] = (
    CITIZENS,
    COMPANIES,
    REGIONS,
    PARCELS,
    ADDRESSES,
    OWNERSHIPS,
    CERTIFICATES,
    PROPERTIES,
)

DEPARTMENT = Department(
    name="natural_resources",
    schema=FederatedSchema(
        Query,
        entities={
            Citizen: _citizen,
            Company: _company,
            Region: _region,
            Parcel: _parcel,
            Address: _address,
            PropertyCertificate: _certificate,
            RealProperty: _real_property,
        },
    ),
    sources=SOURCES,
    metadata=models.Base.metadata,
)

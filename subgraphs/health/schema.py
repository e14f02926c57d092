"""The graph of the health department: facilities, encounters, hygiene of licensed places."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from sqlalchemy import func

from subgraphs.health import models
from subgraphs.toolkit import vocabulary
from subgraphs.toolkit.divisions import sum_within
from subgraphs.toolkit.geo import GeoPoint
from subgraphs.toolkit.inputs import at_least, checks, contains, equals, filter_input, within
from subgraphs.toolkit.paging import DEFAULT_PAGE, After, Connection, First
from subgraphs.toolkit.scalars import RegionCode
from subgraphs.toolkit.schema import Department, FederatedSchema, Representation, key_text
from subgraphs.toolkit.scope import Info, Page, Scope, present
from subgraphs.toolkit.sources import Reference, Source
from subgraphs.toolkit.types import argument, choices, item, node, resolved, root
from subgraphs.toolkit.vocabulary import shared_node

choices(
    models.FacilityKind,
    "Kind of a health facility.",
    "医疗机构类别。",
    GENERAL_HOSPITAL="A general hospital. / 综合医院。",
    SPECIALIST_HOSPITAL="A specialist hospital. / 专科医院。",
    COMMUNITY_CENTRE="A community health centre. / 社区卫生服务中心。",
    CLINIC="A clinic. / 门诊部。",
)


@shared_node(vocabulary.CITIZEN, keys=["personId"])
class Citizen:
    person_id: strawberry.ID = item(*vocabulary.PERSON_ID, 2, inaccessible=True)

    @resolved("Visits to health facilities.", "就诊记录。", 4)
    async def encounters(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection["Encounter"]:
        column = models.Encounter.person_id
        return await info.context.connect_within(
            ENCOUNTERS, Page(first, after), column, self.person_id
        )

    @resolved("Blood type.", "血型。", 4)
    async def blood_type(self, info: Info) -> str | None:
        row = await info.context.row(self.person_id, models.Citizen.person_id)
        return None if row is None else row.blood_type


@shared_node(vocabulary.REGION, keys=["code"])
class Region:
    code: RegionCode = item("Division code.", "行政区划代码。")

    @resolved("Health facilities.", "医疗机构数。", derived_from=["Facility"])
    async def facility_count(self, info: Info) -> int:
        return int(sum_within(self.code, await info.context.tally(models.Facility.region_code)))

    @resolved("Beds in all facilities.", "床位数。", derived_from=["Facility"])
    async def hospital_beds(self, info: Info) -> int:
        beds = func.sum(models.Facility.beds)
        return int(
            sum_within(self.code, await info.context.tally(models.Facility.region_code, beds))
        )


@node(
    "A hospital, community centre or clinic.",
    "医疗机构。",
    keys=["facilityId"],
    theme="health",
    updates="P1M",
    source_of_record=True,
)
class Facility:
    facility_id: strawberry.ID = item("Registration number.", "机构编号。")
    name: str = item("Name.", "机构名称。")
    kind: models.FacilityKind = item("Kind.", "机构类别。")
    longitude: strawberry.Private[float]
    latitude: strawberry.Private[float]
    region_code: RegionCode = item("Township.", "所在区划代码。", division=True)
    beds: int | None = item("Beds.", "床位数。")

    @resolved("Its point on the map.", "坐标。")
    async def location(self) -> GeoPoint | None:
        return GeoPoint(longitude=self.longitude, latitude=self.latitude)

    @resolved("Its township.", "所在行政区划。")
    async def region(self, info: Info) -> Region:
        return present(info.context.refer(REGIONS, code=self.region_code))


@node(
    "A visit of a patient to a facility.",
    "就诊记录。",
    4,
    keys=["encounterId"],
    theme="health",
    updates="P1D",
    source_of_record=True,
)
class Encounter:
    encounter_id: strawberry.ID = item("Number of the visit.", "就诊编号。", 4)
    person_id: strawberry.Private[str]
    facility_id: strawberry.Private[str]
    occurred_on: datetime.date = item("Day of the visit.", "就诊日期。", 4)
    diagnosis: str | None = item("Diagnosis.", "诊断。", 4)

    @resolved("Who was seen.", "患者。", 4)
    async def patient(self, info: Info) -> Citizen:
        return present(info.context.refer(CITIZENS, person_id=self.person_id))

    @resolved("Where.", "就诊机构。", 4)
    async def facility(self, info: Info) -> Facility:
        return await info.context.require(FACILITIES, self.facility_id)


@shared_node(vocabulary.LICENCE, keys=["licenceNumber"], interface_object=True)
class Licence:
    licence_number: strawberry.ID = item("Number of the licence.", "许可证编号。")

    @resolved("Day of the last inspection.", "最近卫生检查日期。")
    async def last_hygiene_inspection(self, info: Info) -> datetime.date | None:
        row = await info.context.row(self.licence_number, models.Licence.licence_number)
        return None if row is None else row.last_hygiene_inspection

    @resolved("Grade of hygiene, A to C.", "卫生等级，A至C。")
    async def hygiene_grade(self, info: Info) -> str | None:
        row = await info.context.row(self.licence_number, models.Licence.licence_number)
        return None if row is None else row.hygiene_grade


CITIZENS = Reference(Citizen)
REGIONS = Reference(Region)
LICENCES = Reference(Licence)
FACILITIES = Source(Facility, models.Facility)
ENCOUNTERS = Source(Encounter, models.Encounter)


@filter_input("Which facilities.", "医疗机构筛选条件。")
class FacilityFilter:
    kind: models.FacilityKind | None = checks(
        FACILITIES, "kind", equals, "Of this kind.", "机构类别等于。"
    )
    region_code: RegionCode | None = checks(
        FACILITIES, "regionCode", within, "In this division.", "所在区划内。"
    )
    name_contains: str | None = checks(
        FACILITIES, "name", contains, "The name holds this text.", "名称包含。"
    )
    beds_at_least: int | None = checks(
        FACILITIES, "beds", at_least, "With at least so many beds.", "床位数不少于。"
    )


@root("What can be asked.", "查询入口。")
class Query:
    @resolved("The facility with this number.", "按编号查询医疗机构。")
    async def facility(
        self,
        info: Info,
        facility_id: Annotated[
            strawberry.ID, argument("Its number.", "机构编号。", "Facility.facilityId")
        ],
    ) -> Facility | None:
        return await info.context.find(FACILITIES, facility_id)

    @resolved("Health facilities.", "医疗机构列表。")
    async def facilities(
        self,
        info: Info,
        first: First = DEFAULT_PAGE,
        after: After = None,
        where: Annotated[FacilityFilter | None, argument("Which facilities.", "筛选条件。")] = None,
    ) -> Connection[Facility]:
        return await info.context.connect(FACILITIES, Page(first, after, where))


def _citizen(scope: Scope, key: Representation) -> Citizen | None:
    return scope.refer(CITIZENS, person_id=key_text(key, "personId"))


def _region(scope: Scope, key: Representation) -> Region | None:
    return scope.refer(REGIONS, code=key_text(key, "code"))


def _licence(scope: Scope, key: Representation) -> Licence | None:
    return scope.refer(LICENCES, licence_number=key_text(key, "licenceNumber"))


async def _facility(scope: Scope, key: Representation) -> Facility | None:
    return await scope.find(FACILITIES, key_text(key, "facilityId"))


async def _encounter(scope: Scope, key: Representation) -> Encounter | None:
    return await scope.find(ENCOUNTERS, key_text(key, "encounterId"))


SOURCES: Sequence[Reference[Any]] = (CITIZENS, REGIONS, LICENCES, FACILITIES, ENCOUNTERS)

DEPARTMENT = Department(
    name="health",
    schema=FederatedSchema(
        Query,
        entities={
            Citizen: _citizen,
            Region: _region,
            Licence: _licence,
            Facility: _facility,
            Encounter: _encounter,
        },
    ),
    sources=SOURCES,
    metadata=models.Base.metadata,
)

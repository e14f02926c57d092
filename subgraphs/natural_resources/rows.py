"""Rows of the natural resources department: divisions, land and who owns what on it."""

from typing import Any

from subgraphs.world.generation import World
from subgraphs.world.regions import DIVISIONS
from subgraphs.world.values import Company, Person, Rows


def rows(world: World) -> Rows:
    """All rows by table."""
    return {
        "region": [
            {
                "code": division.code,
                "name": division.name,
                "level": division.level,
                "parent_code": division.parent_code,
                "area": division.area,
            }
            for division in DIVISIONS
        ],
        "parcel": [
            {
                "region_code": parcel.region_code,
                "parcel_number": parcel.parcel_number,
                "land_use": parcel.land_use,
                "area_square_metres": parcel.area,
                "boundary": [list(point) for point in parcel.boundary],
                "centre_longitude": parcel.centre[0],
                "centre_latitude": parcel.centre[1],
            }
            for parcel in world.parcels
        ],
        "address": [
            {
                "address_id": place.address_id,
                "longitude": place.longitude,
                "latitude": place.latitude,
                "region_code": place.region_code,
                "parcel_number": place.parcel.parcel_number,
            }
            for place in world.homes + world.premises
        ],
        "real_property": [
            {
                "property_number": unit.property_number,
                "region_code": unit.place.region_code,
                "parcel_number": unit.place.parcel.parcel_number,
                "address_id": unit.place.address_id,
                "floor_area": unit.floor_area,
                "is_mortgaged": unit.is_mortgaged,
                "registered_on": unit.registered_on,
            }
            for unit in world.properties
        ],
        "ownership": [
            {
                "ownership_id": f"{unit.property_number}-{number}",
                "property_number": unit.property_number,
                "share": ownership.share,
                **_name_party("owner", ownership.owner),
            }
            for unit in world.properties
            for number, ownership in enumerate(unit.owners, start=1)
        ],
        "property_certificate": [
            {
                "certificate_number": unit.certificate_number,
                "property_number": unit.property_number,
                "issued_on": unit.registered_on,
                **_name_party("holder", unit.owners[0].owner),
            }
            for unit in world.properties
        ],
    }


def _name_party(role: str, party: Person | Company) -> dict[str, Any]:
    return {
        f"{role}_id_number": party.id_number if isinstance(party, Person) else None,
        f"{role}_credit_code": party.credit_code if isinstance(party, Company) else None,
    }

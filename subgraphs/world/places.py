"""Land and addresses: parcels on the grid of townships, units on the parcels, stale records.

A fixed share of all addresses is stale: the population base still holds the text and the township
that were right before a renumbering, and nobody has verified them for years.
"""

import datetime
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from math import sqrt
from random import Random

from subgraphs.world import demo
from subgraphs.world.names import draw_estate, draw_street
from subgraphs.world.regions import DIVISION_BY_CODE, TOWNSHIPS, Division, full_name
from subgraphs.world.values import STALE_AFTER, TODAY, Parcel, Place

STALE_SHARE = 0.05

# Fen per square metre of land, units on a parcel, side of a parcel in metres, by land use.
_VALUE = {
    "RESIDENTIAL": 900_000,
    "COMMERCIAL": 1_400_000,
    "INDUSTRIAL": 260_000,
    "AGRICULTURAL": 9_000,
    "PUBLIC": 300_000,
}
_UNITS = {"RESIDENTIAL": 24, "COMMERCIAL": 12, "INDUSTRIAL": 6}
_SIDE = {
    "RESIDENTIAL": (60, 140),
    "COMMERCIAL": (40, 90),
    "INDUSTRIAL": (90, 220),
    "AGRICULTURAL": (200, 600),
    "PUBLIC": (60, 200),
}
# One degree of latitude, and of longitude at latitude 39.35, in metres.
_METRES_NORTH, _METRES_EAST = 111_000.0, 86_000.0

_WORK_USES = ("COMMERCIAL", "COMMERCIAL", "INDUSTRIAL")


class Land:
    """The growing land register: hands out parcels and units, numbering them per township."""

    def __init__(self, random: Random) -> None:
        self.parcels: list[Parcel] = []
        self._random = random
        self._parcels_by_township: dict[str, int] = {}
        self._open: dict[tuple[str, str], tuple[Parcel, Iterator[str]]] = {}
        self._addresses = 0

    def add_parcel(self, township: Division, land_use: str) -> Parcel:
        """A new parcel somewhere in the township."""
        random = self._random
        number = self._parcels_by_township.get(township.code, 0) + 1
        self._parcels_by_township[township.code] = number
        side = random.uniform(*_SIDE[land_use])
        east, north = side / 2 / _METRES_EAST, side / 2 / _METRES_NORTH
        longitude = random.uniform(township.west + east, township.east - east)
        latitude = random.uniform(township.south + north, township.north - north)
        corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
        parcel = Parcel(
            region_code=township.code,
            parcel_number=f"GB{number:05d}",
            land_use=land_use,
            area=round(side * side, 1),
            boundary=tuple(
                (round(longitude + x * east, 6), round(latitude + y * north, 6)) for x, y in corners
            ),
            centre=(round(longitude, 6), round(latitude, 6)),
            assessed_value=round(side * side * _VALUE[land_use] * random.uniform(0.7, 1.4)),
            street=f"{draw_street(random)}{random.randint(1, 280)}号",
        )
        self.parcels.append(parcel)
        return parcel

    def add_place(self, township: Division, land_use: str) -> Place:
        """The next unit of the township's unfinished parcel of that use, a true record."""
        key = (township.code, land_use)
        parcel, units = self._open.get(key) or self._open_parcel(township, land_use)
        unit = next(units, None)
        if unit is None:
            parcel, units = self._open_parcel(township, land_use)
            unit = next(units)
        self._addresses += 1
        text = full_name(township.code) + parcel.street + unit
        reach = sqrt(parcel.area) / 2.5
        random = self._random
        verified_on = TODAY - datetime.timedelta(days=random.randint(10, STALE_AFTER.days - 30))
        return Place(
            address_id=f"A{self._addresses:08d}",
            parcel=parcel,
            text=text,
            longitude=round(parcel.centre[0] + random.uniform(-reach, reach) / _METRES_EAST, 6),
            latitude=round(parcel.centre[1] + random.uniform(-reach, reach) / _METRES_NORTH, 6),
            recorded_text=text,
            recorded_region_code=township.code,
            verified_on=verified_on,
            is_stale=False,
        )

    def _open_parcel(self, township: Division, land_use: str) -> tuple[Parcel, Iterator[str]]:
        parcel = self.add_parcel(township, land_use)
        names = self._name_homes() if land_use == "RESIDENTIAL" else self._name_premises()
        opened = (parcel, islice(names, _UNITS[land_use]))
        self._open[township.code, land_use] = opened
        return opened

    def _name_homes(self) -> Iterator[str]:
        estate = draw_estate(self._random)
        for building in range(1, 100):
            for floor in range(1, 7):
                for door in (1, 2):
                    yield f"{estate}{building}幢{floor}0{door}室"

    def _name_premises(self) -> Iterator[str]:
        for floor in range(1, 30):
            for door in (1, 2):
                yield f"{floor}层{floor}0{door}"


def build_places(
    random: Random, homes: int, premises: int
) -> tuple[list[Parcel], list[Place], list[Place]]:
    """All parcels, ``homes`` residential units and ``premises`` to work in.

    The units of the named inhabitants come first in their lists; of all units together exactly
    STALE_SHARE, rounded to a whole number, are stale.
    """
    land = Land(random)
    fixed = [
        land.add_place(DIVISION_BY_CODE[named.region_code], land_use)
        for named, land_use in (
            (demo.CONSENTING, "RESIDENTIAL"),
            (demo.OTHER, "RESIDENTIAL"),
            (demo.OBJECTOR, "RESIDENTIAL"),
            (demo.EMPLOYER, "COMMERCIAL"),
            (demo.LANDLORD, "COMMERCIAL"),
            (demo.STALE_COMPANY, "COMMERCIAL"),
        )
    ]
    weights = [township.weight for township in TOWNSHIPS]
    places = fixed + [
        land.add_place(township, "RESIDENTIAL")
        for township in random.choices(TOWNSHIPS, weights, k=homes - 3)
    ]
    places += [
        land.add_place(township, random.choice(_WORK_USES))
        for township in random.choices(TOWNSHIPS, weights, k=premises - 3)
    ]
    for township in TOWNSHIPS:
        for land_use in ("AGRICULTURAL", "AGRICULTURAL", "PUBLIC"):
            land.add_parcel(township, land_use)

    # Position 2 is OBJECTOR's home, the only stale one among the named.
    stale = set(random.sample(range(6, len(places)), k=round(STALE_SHARE * len(places)) - 1))
    former_by_position = {
        position: _draw_former(random, places[position]) for position in sorted(stale)
    }
    former_by_position[2] = demo.OBJECTOR_STALE_REGION
    for position, former in sorted(former_by_position.items()):
        places[position] = _grow_stale(random, places[position], former)
    return land.parcels, places[:3] + places[6 : homes + 3], places[3:6] + places[homes + 3 :]


def _draw_former(random: Random, place: Place) -> str:
    """Another township, mostly of the same county."""
    is_moved_far = random.random() < 0.1
    county = place.region_code[:6]
    return random.choice(
        [
            township.code
            for township in TOWNSHIPS
            if township.code != place.region_code
            and (is_moved_far or township.code.startswith(county))
        ]
    )


def _grow_stale(random: Random, place: Place, former: str) -> Place:
    return replace(
        place,
        recorded_text=f"{full_name(former)}{draw_street(random)}{random.randint(1, 280)}号",
        recorded_region_code=former,
        verified_on=TODAY - STALE_AFTER - datetime.timedelta(days=random.randint(30, 2_500)),
        is_stale=True,
    )

"""The divisions of Heming City (鹤鸣市): city, six counties, 24 townships; codes nest by prefix.

The city is a grid over a stretch of empty desert, so that no point of it is anybody's home: three
by two counties, each cut into townships side by side. The first township of a county is its seat.
"""

from dataclasses import dataclass

CITY = "990100"

_WEST, _SOUTH = 82.0, 39.0
_COUNTY_WIDTH, _COUNTY_HEIGHT = 0.4, 0.35
# Square kilometres of one square degree at this latitude.
_SQUARE_DEGREE = 9_570.0

_COUNTIES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "鹤山区",
        "Heshan District",
        (
            ("鼓楼街道", "Gulou Subdistrict"),
            ("望江街道", "Wangjiang Subdistrict"),
            ("书院街道", "Shuyuan Subdistrict"),
            ("九皋镇", "Jiugao Town"),
        ),
    ),
    (
        "松涛区",
        "Songtao District",
        (
            ("松涛街道", "Songtao Subdistrict"),
            ("云溪街道", "Yunxi Subdistrict"),
            ("白石街道", "Baishi Subdistrict"),
            ("长亭镇", "Changting Town"),
            ("柳湾镇", "Liuwan Town"),
        ),
    ),
    (
        "临泽区",
        "Linze District",
        (
            ("芦洲街道", "Luzhou Subdistrict"),
            ("渔歌街道", "Yuge Subdistrict"),
            ("南浦镇", "Nanpu Town"),
            ("雁归镇", "Yangui Town"),
        ),
    ),
    (
        "青岚县",
        "Qinglan County",
        (
            ("青岚镇", "Qinglan Town"),
            ("石门镇", "Shimen Town"),
            ("竹林乡", "Zhulin Township"),
        ),
    ),
    (
        "玉泉县",
        "Yuquan County",
        (
            ("玉泉镇", "Yuquan Town"),
            ("古渡镇", "Gudu Town"),
            ("梅岭乡", "Meiling Township"),
            ("晴川乡", "Qingchuan Township"),
        ),
    ),
    (
        "云岭县",
        "Yunling County",
        (
            ("云岭镇", "Yunling Town"),
            ("茶马镇", "Chama Town"),
            ("霜叶乡", "Shuangye Township"),
            ("鹿鸣乡", "Luming Township"),
        ),
    ),
)

# Relative population of a township: seat, subdistrict, town, rural township.
_WEIGHT_BY_SUFFIX = {"街道": 5, "镇": 3, "乡": 1}
_SEAT_WEIGHT = 2


@dataclass(frozen=True, slots=True)
class Division:
    """An administrative division and the rectangle of longitudes and latitudes it covers.

    ``level`` is CITY, COUNTY or TOWNSHIP; ``weight`` its relative population.
    """

    code: str
    name: str
    english_name: str
    level: str
    parent_code: str | None
    west: float
    south: float
    east: float
    north: float
    weight: int

    @property
    def area(self) -> float:
        """Square kilometres, to one decimal."""
        return round((self.east - self.west) * (self.north - self.south) * _SQUARE_DEGREE, 1)


def _divide() -> tuple[Division, ...]:
    counties: list[Division] = []
    townships: list[Division] = []
    for index, (name, english_name, parts) in enumerate(_COUNTIES):
        code = f"{int(CITY) + index + 1}"
        west = _WEST + index % 3 * _COUNTY_WIDTH
        south = _SOUTH + index // 3 * _COUNTY_HEIGHT
        north = south + _COUNTY_HEIGHT
        width = _COUNTY_WIDTH / len(parts)
        own = [
            Division(
                code=f"{code}{number + 1:03d}",
                name=part,
                english_name=english_part,
                level="TOWNSHIP",
                parent_code=code,
                west=round(west + number * width, 6),
                south=south,
                east=round(west + (number + 1) * width, 6),
                north=north,
                weight=_weigh(part) * (_SEAT_WEIGHT if number == 0 else 1),
            )
            for number, (part, english_part) in enumerate(parts)
        ]
        weight = sum(township.weight for township in own)
        east = west + _COUNTY_WIDTH
        counties.append(
            Division(code, name, english_name, "COUNTY", CITY, west, south, east, north, weight)
        )
        townships += own
    city = Division(
        code=CITY,
        name="鹤鸣市",
        english_name="Heming City",
        level="CITY",
        parent_code=None,
        west=_WEST,
        south=_SOUTH,
        east=_WEST + 3 * _COUNTY_WIDTH,
        north=_SOUTH + 2 * _COUNTY_HEIGHT,
        weight=sum(county.weight for county in counties),
    )
    return (city, *counties, *townships)


def _weigh(name: str) -> int:
    return next(weight for suffix, weight in _WEIGHT_BY_SUFFIX.items() if name.endswith(suffix))


DIVISIONS: tuple[Division, ...] = _divide()
"""City, then counties, then townships, each in order of code."""

COUNTIES: tuple[Division, ...] = tuple(d for d in DIVISIONS if d.level == "COUNTY")
TOWNSHIPS: tuple[Division, ...] = tuple(d for d in DIVISIONS if d.level == "TOWNSHIP")
DIVISION_BY_CODE: dict[str, Division] = {division.code: division for division in DIVISIONS}


def full_name(code: str) -> str:
    """Names of a division and of those above it, from the city down, without spaces."""
    division = DIVISION_BY_CODE[code]
    above = "" if division.parent_code is None else full_name(division.parent_code)
    return above + division.name

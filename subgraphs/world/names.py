"""Chinese names of people, companies and streets, drawn from Faker's zh_CN word lists.

Only the lists are Faker's: names are put together here, because children need their father's
surname and no company may be called after a real city.
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random

from faker.providers.company.zh_CN import Provider as CompanyProvider
from faker.providers.person.zh_CN import Provider as PersonProvider

TRADES: dict[str, tuple[str, str]] = {
    "科技": ("科技有限公司", "软件开发；信息系统集成服务；数据处理和存储支持服务"),
    "建设": ("建设工程有限公司", "房屋建筑工程施工；市政公用工程施工；建筑劳务分包"),
    "商贸": ("商贸有限公司", "日用百货销售；五金产品批发；互联网销售"),
    "餐饮": ("餐饮管理有限公司", "餐饮服务；餐饮管理；外卖递送服务"),
    "食品": ("食品有限公司", "食品生产；食品销售；农副产品加工"),
    "制造": ("机械制造有限公司", "通用设备制造；金属制品加工；机械设备维修"),
    "物流": ("物流有限公司", "道路货物运输；国内货物运输代理；普通货物仓储服务"),
    "农业": ("农业发展有限公司", "农作物种植；农产品初加工；农业技术推广服务"),
    "文化": ("文化传媒有限公司", "广告设计；会议及展览服务；组织文化艺术交流活动"),
    "物业": ("物业服务有限公司", "物业管理；房屋租赁；园林绿化工程施工"),
    "医药": ("医药有限公司", "药品零售；医疗器械销售；健康咨询服务"),
    "教育": ("教育咨询有限公司", "教育咨询服务；文具用品零售；图书零售"),
}
"""Trade to the end of a company's name and its business scope."""

FOOD_TRADES = ("餐饮", "食品")

_STREETS = "人民 解放 和平 建设 文化 鹤鸣 松涛 望江 书院 青云 临泽 玉泉 朝阳 长安 迎宾 学府 桃源 凤栖 明德 兴业 滨河 梧桐 芙蓉 竹溪"  # noqa: E501
_ESTATES = (
    "锦绣 金鼎 阳光 翠湖 紫薇 碧水 御景 和悦 云栖 星河 东篱 澜庭 兰亭 听雨 枫林 瑞和 静安 南山"
)
_REAL_PLACES = ("济南", "时空", "华远", "方正", "快讯")


def draw_surname(random: Random) -> str:
    """A surname with its real frequency."""
    surnames, weights = _surnames()
    return random.choices(surnames, cum_weights=weights)[0]


def draw_given_name(random: Random, sex: str) -> str:
    """A given name of one or two characters."""
    names = _given_names(sex)
    first = random.choice(names)
    if len(first) == 2 or random.random() < 0.15:
        return first
    return first + random.choice([name for name in names if len(name) == 1])


def draw_company_name(random: Random, town: str, trade: str) -> str:
    """A company name; ``town`` is the place name that stands in front, as registration asks."""
    return town + random.choice(_prefixes()) + TRADES[trade][0]


def draw_street(random: Random) -> str:
    """A street name with its kind."""
    return random.choice(_STREETS.split()) + random.choice(("路", "街", "大道", "巷"))


def draw_estate(random: Random) -> str:
    """The name of a housing estate."""
    return random.choice(_ESTATES.split()) + random.choice(("小区", "花园", "家园", "苑"))


@cache
def _surnames() -> tuple[Sequence[str], Sequence[float]]:
    weights = PersonProvider.last_names
    return tuple(weights), tuple(accumulate(weights.values()))


@cache
def _given_names(sex: str) -> Sequence[str]:
    names = PersonProvider.first_names_male if sex == "MALE" else PersonProvider.first_names_female
    return tuple(names)


@cache
def _prefixes() -> Sequence[str]:
    return tuple(
        prefix for prefix in CompanyProvider.company_prefixes if not prefix.startswith(_REAL_PLACES)
    )

"""Types that several departments extend, described once, so that their entries agree.

Each department adds its own fields; what the type *is* does not depend on who describes it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from typing_extensions import Unpack

from subgraphs.toolkit.types import TypeOptions, item, node

TypeT = TypeVar("TypeT", bound=type)


@dataclass(frozen=True, slots=True)
class SharedType:
    """What all departments say about a shared type.

    Attributes:
        english: Description.
        chinese: The same in Chinese.
        theme: Theme of its catalogue entry.
        updates: Update period of its catalogue entry, ISO 8601.
        level: Grade of the type itself.
    """

    english: str
    chinese: str
    theme: str
    updates: str
    level: int = 1


CITIZEN = SharedType("A natural person.", "自然人。", "population", "P1D", 2)
COMPANY = SharedType("A legal entity.", "企业法人。", "companies", "P1D")
REGION = SharedType("An administrative division.", "行政区划。", "geography", "P1Y")
ADDRESS = SharedType("A standard address.", "标准地址。", "population", "P1M")
PARCEL = SharedType("A parcel of land.", "宗地。", "geography", "P1M")
CREDIT_RATING = SharedType(
    "A credit rating by the tax department.", "纳税信用评级。", "tax", "P1Y", 2
)
LICENCE = SharedType("A licence of a company.", "许可证照。", "companies", "P1D")
CERTIFICATE = SharedType("An official certificate.", "证照。", "certificates", "P1D")
PROPERTY_CERTIFICATE = SharedType(
    "A certificate of real property.", "不动产权证书。", "certificates", "P1D"
)
SOCIAL_SECURITY_CARD = SharedType("A social security card.", "社会保障卡。", "certificates", "P1D")
DIPLOMA = SharedType("A diploma.", "学历证书。", "certificates", "P1Y")

# The internal person id, which health and education use instead of the identity number.
PERSON_ID = ("Internal id of the person.", "内部人员编号。")


@dataclass_transform(kw_only_default=True, field_specifiers=(item,))
def shared_node(shared: SharedType, **options: Unpack[TypeOptions]) -> Callable[[TypeT], TypeT]:
    """A department's part of a shared type."""
    options["theme"] = shared.theme
    options["updates"] = shared.updates
    return node(shared.english, shared.chinese, shared.level, **options)

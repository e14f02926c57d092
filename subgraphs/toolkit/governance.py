"""Governance directives: what a department says about its data in the schema itself.

They are one linked specification, imported under plain names and composed into the supergraph.
Levels are 1 to 4 (general data), 5 (important) and 6 (core).
"""

from enum import Enum
from typing import ClassVar

import strawberry
from strawberry.federation.schema_directive import schema_directive
from strawberry.schema_directive import Location

GOVERNANCE_URL = "https://specs.datong.dev/governance/v1.0"

# Grade above which data is only shared under a condition, when the department says nothing else.
OPEN_LEVEL = 1
DEFAULT_CONDITION = "a granted purpose / 已授权的用途"

_TYPES = [Location.OBJECT, Location.INTERFACE]


@strawberry.enum(
    name="datong__SharingClass", description="How freely data is shared.\n\n共享属性。"
)
class SharingClass(Enum):
    """The three sharing classes of the catalogue."""

    UNCONDITIONAL = strawberry.enum_value(
        "UNCONDITIONAL", description="Shared with every department.\n\n无条件共享。"
    )
    CONDITIONAL = strawberry.enum_value(
        "CONDITIONAL", description="Shared under a condition.\n\n有条件共享。"
    )
    NOT_SHARED = strawberry.enum_value("NOT_SHARED", description="Withheld by law.\n\n不予共享。")


@strawberry.enum(name="datong__FilterUse", description="What an input does.\n\n输入的用途。")
class FilterUse(Enum):
    """Whether an input tests a field or orders by it."""

    FILTER = strawberry.enum_value("FILTER", description="Tests a field.\n\n用于筛选。")
    SORT = strawberry.enum_value("SORT", description="Orders by a field.\n\n用于排序。")


class Directive:
    """Base of the governance directives; ``schema_directive`` adds their definition."""

    __strawberry_directive__: ClassVar[object]


@schema_directive(
    locations=[
        *_TYPES,
        Location.UNION,
        Location.FIELD_DEFINITION,
        Location.SCALAR,
        Location.ENUM,
    ],
    name="classified",
    compose=True,
    import_url=GOVERNANCE_URL,
)
class Classified(Directive):
    """The grade of a type or field, and the category it belongs to."""

    level: int
    category: str | None = strawberry.UNSET


@schema_directive(
    locations=[*_TYPES, Location.FIELD_DEFINITION],
    name="sharing",
    compose=True,
    import_url=GOVERNANCE_URL,
)
class Sharing(Directive):
    """Sharing class, the condition of conditional data, the law that withholds data."""

    sharing_class: SharingClass = strawberry.directive_field(name="class")
    condition: str | None = strawberry.UNSET
    legal_basis: str | None = strawberry.UNSET


@schema_directive(
    locations=[*_TYPES, Location.FIELD_DEFINITION],
    name="catalogued",
    compose=True,
    import_url=GOVERNANCE_URL,
)
class Catalogued(Directive):
    """Catalogue entry or item: title, code, update period, theme."""

    title: str | None = strawberry.UNSET
    code: str | None = strawberry.UNSET
    updates: str | None = strawberry.UNSET
    theme: str | None = strawberry.UNSET


@schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="sourceOfRecord",
    compose=True,
    import_url=GOVERNANCE_URL,
)
class SourceOfRecord(Directive):
    """This department is the source of record."""


@schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="dataSubject",
    compose=True,
    import_url=GOVERNANCE_URL,
)
class DataSubject(Directive):
    """Identifies the person whom the row is about."""


@schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="regionCode",
    compose=True,
    import_url=GOVERNANCE_URL,
)
class RegionCodeOfRow(Directive):
    """The administrative division of the row."""


@schema_directive(
    locations=[
        Location.ARGUMENT_DEFINITION,
        Location.INPUT_FIELD_DEFINITION,
        Location.ENUM_VALUE,
    ],
    name="filters",
    repeatable=True,
    compose=True,
    import_url=GOVERNANCE_URL,
)
class Filters(Directive):
    """This input tests or orders by ``field``, a coordinate."""

    field: str
    use: FilterUse | None = FilterUse.FILTER


@schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="derivedFrom",
    repeatable=True,
    compose=True,
    import_url=GOVERNANCE_URL,
)
class DerivedFrom(Directive):
    """A count or aggregate over rows of ``type``."""

    type: str


@schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="derivation",
    repeatable=True,
    compose=True,
    import_url=GOVERNANCE_URL,
)
class Derivation(Directive):
    """Agreement that ``of``, derived by subgraph ``by`` from this data, has grade ``level``."""

    of: str
    by: str
    level: int


def grading(
    level: int,
    *,
    category: str | None = None,
    sharing: SharingClass | None = None,
    condition: str | None = None,
    legal_basis: str | None = None,
) -> list[Directive]:
    """@classified and @sharing of one element.

    Unless said otherwise, level 1 is shared unconditionally and everything above under the
    default condition.
    """
    if sharing is None:
        sharing = SharingClass.UNCONDITIONAL if level <= OPEN_LEVEL else SharingClass.CONDITIONAL
    if sharing is SharingClass.CONDITIONAL and condition is None:
        condition = DEFAULT_CONDITION
    return [
        Classified(level=level, category=category or strawberry.UNSET),
        Sharing(
            sharing_class=sharing,
            condition=condition or strawberry.UNSET,
            legal_basis=legal_basis or strawberry.UNSET,
        ),
    ]

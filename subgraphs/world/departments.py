"""The eight departments by name, their tables and their rows.

Modules are imported on demand: who only asks where a database is pays for none of them.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

from sqlalchemy import MetaData

from subgraphs.world.values import Rows

if TYPE_CHECKING:
    from subgraphs.world.generation import World

DEPARTMENTS = (
    "public_security",
    "market_regulation",
    "human_resources",
    "housing_fund",
    "natural_resources",
    "tax",
    "health",
    "education",
)
"""Names of the subgraphs and of the packages, in the order of their default ports."""


def check_department(department: str) -> str:
    """``department`` itself, if it is one.

    Raises:
        ValueError: No such department.
    """
    if department not in DEPARTMENTS:
        raise ValueError(f"no such department: {department}; known: {', '.join(DEPARTMENTS)}")
    return department


def metadata_of(department: str) -> MetaData:
    """The department's tables."""
    models = import_module(f"subgraphs.{check_department(department)}.models")
    return cast(MetaData, models.Base.metadata)


def rows_of(department: str, world: "World") -> Rows:
    """The department's rows of that world, by table."""
    module = import_module(f"subgraphs.{check_department(department)}.rows")
    build = cast("Callable[[World], Rows]", module.rows)
    return build(world)

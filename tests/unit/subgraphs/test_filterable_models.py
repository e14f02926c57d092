"""What a department may map: classes that inherit, fields that are no columns of their own."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import strawberry
from sqlalchemy import ColumnElement, ForeignKey, create_engine, func, select, union_all
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    column_property,
    mapped_column,
    relationship,
)

from subgraphs.public_security.schema import DEPARTMENT
from subgraphs.toolkit.database import RequestSession, open_engine
from subgraphs.toolkit.errors import RowFilterInvalid, StatementRefused
from subgraphs.toolkit.row_filters import bind_filters
from subgraphs.toolkit.sources import Source


class Base(DeclarativeBase):
    """The metadata of these tests."""


class BranchRow(Base):
    """Where staff work; not filtered."""

    __tablename__ = "branch"

    name: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str]


class StaffRow(Base):
    """Whoever works here, filtered."""

    __tablename__ = "staff"
    __mapper_args__: dict[str, Any] = {"polymorphic_on": "kind", "polymorphic_identity": "staff"}  # noqa: RUF012

    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    township: Mapped[str]
    branch_name: Mapped[str] = mapped_column(ForeignKey("branch.name"))
    branch: Mapped[BranchRow] = relationship()

    @property
    def county(self) -> str:
        """The township without its last digit."""
        return self.township[:-1]


class ManagerRow(StaffRow):
    """Some of them, filtered too."""

    __mapper_args__: dict[str, Any] = {"polymorphic_identity": "manager"}  # noqa: RUF012


class PersonRow(Base):
    """Anybody; what is said of some stands in another table."""

    __tablename__ = "person"

    number: Mapped[int] = mapped_column(primary_key=True)


class TeacherRow(PersonRow):
    """Some of them."""

    __tablename__ = "teacher"

    number: Mapped[int] = mapped_column(ForeignKey("person.number"), primary_key=True)


StaffRow.region = column_property(
    select(BranchRow.region).where(BranchRow.name == StaffRow.branch_name).scalar_subquery()
)


@strawberry.type
class Staff:
    """What is published of staff."""

    number: int
    township: str
    county: str
    region: str


@strawberry.type
class Manager:
    """What is published of a manager."""

    number: int
    township: str


SOURCES = (Source(Staff, StaffRow), Source(Manager, ManagerRow))
STAFF: Any = StaffRow.__table__
OWN = {"field": "township", "op": "eq", "value": "11"}


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[Callable[[Any, Any], Any]]:
    """What a statement returns under these filters; a manager and another one in each county."""
    url = f"sqlite:///{tmp_path / 'staff.sqlite'}"
    setup = create_engine(url)
    Base.metadata.create_all(setup)
    with Session(setup) as session:
        session.add_all([BranchRow(name="a", region="1"), BranchRow(name="b", region="2")])
        session.flush()
        session.add_all(
            kind(number=number, township=township, branch_name=branch)
            for number, kind, township, branch in (
                (1, ManagerRow, "11", "a"),
                (2, StaffRow, "11", "a"),
                (3, ManagerRow, "21", "b"),
                (4, StaffRow, "21", "b"),
            )
        )
        session.commit()
    setup.dispose()
    engine = open_engine(url)

    async def read(statement: Any, filters: Any) -> list[tuple[Any, ...]]:
        session = RequestSession(engine, bind_filters(SOURCES, filters))
        try:
            return [tuple(row) for row in await session.rows(statement)]
        finally:
            await session.close()

    yield read
    await engine.dispose()


BOTH = {"Staff": OWN, "Manager": OWN}


@pytest.mark.parametrize("of", [ManagerRow, aliased(ManagerRow)], ids=["class", "alias"])
async def test_filters_of_a_class_and_of_its_base_hold_together(
    rows: Callable[[Any, Any], Any], of: Any
) -> None:
    assert await rows(select(of.number), BOTH) == [(1,)]
    assert await rows(union_all(select(of.number), select(of.number)), BOTH) == [(1,), (1,)]


@pytest.mark.parametrize(
    "statement",
    [
        union_all(select(ManagerRow.number), select(STAFF.c.number)),
        select(ManagerRow.number, select(func.count()).select_from(STAFF).scalar_subquery()),
    ],
    ids=["union", "count"],
)
async def test_filters_of_a_class_and_of_its_base_do_not_cover_for_a_table_beside_it(
    rows: Callable[[Any, Any], Any], statement: Any
) -> None:
    with pytest.raises(StatementRefused):
        await rows(statement, BOTH)


@pytest.mark.parametrize("negated", [False, True])
async def test_a_column_property_is_tested_in_each_row(
    rows: Callable[[Any, Any], Any], negated: bool
) -> None:
    tree: Any = {"field": "region", "op": "ne", "value": "2"}
    found = await rows(select(StaffRow.number), {"Staff": {"not": tree} if negated else tree})

    assert found == ([(3,), (4,)] if negated else [(1,), (2,)])


@pytest.mark.parametrize("op", ["eq", "ne"])
def test_a_property_of_python_cannot_be_tested(op: str) -> None:
    with pytest.raises(RowFilterInvalid, match=r"^Staff cannot be filtered by county$"):
        bind_filters(SOURCES, {"Staff": {"field": "county", "op": op, "value": "2"}})


def test_a_column_of_another_model_is_no_field() -> None:
    with pytest.raises(ValueError, match=r"^region: BranchRow.region is no column of StaffRow"):
        Source(Staff, StaffRow, columns={"region": BranchRow.region})


def test_a_column_of_the_base_is_a_field() -> None:
    source = Source(Manager, ManagerRow, columns={"township": StaffRow.township})

    found: ColumnElement[bool] = source.columns["township"] == "11"
    assert str(found) == "staff.township = :township_1"


@pytest.mark.parametrize("model", [PersonRow, TeacherRow])
def test_a_department_of_rows_in_several_tables_does_not_start(model: type[Base]) -> None:
    with pytest.raises(ValueError, match=r"has rows in several tables \(person, teacher\)"):
        replace(DEPARTMENT, sources=[*DEPARTMENT.sources, Source(Manager, model)])


def test_a_department_of_classes_that_share_a_table_starts() -> None:
    replace(DEPARTMENT, sources=[*DEPARTMENT.sources, *SOURCES])

"""Row filters in a department's SQL, and every way around them that DESIGN.md names."""

import datetime
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    create_engine,
    exists,
    func,
    insert,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session, aliased, load_only

from subgraphs.public_security import models
from subgraphs.public_security.schema import DEPARTMENT, SOURCES
from subgraphs.toolkit.database import RequestSession, open_engine
from subgraphs.toolkit.errors import RowFilterInvalid, StatementRefused
from subgraphs.toolkit.row_filters import NO_FILTERS, RowFilters, bind_filters, is_covered

Citizen = models.Citizen
CITIZENS: Any = Citizen.__table__
OWN, FOREIGN = "990102001", "990103001"
FILTERS = {"Citizen": {"field": "regionCode", "op": "starts_with", "value": "990102"}}
# Three people live in the own county, two elsewhere.
HOMES = {"own1": OWN, "own2": OWN, "own3": OWN, "foreign1": FOREIGN, "foreign2": FOREIGN}
OWN_PEOPLE = {"own1", "own2", "own3"}


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """Two households of both counties' people."""
    url = f"sqlite:///{tmp_path / 'citizens.sqlite'}"
    setup = create_engine(url)
    models.Base.metadata.create_all(setup)
    with Session(setup) as session:
        session.add(models.Address(address_id="A", text="", region_code=OWN, is_stale=False))
        session.flush()
        session.add(models.Household(household_id="H", head_id_number="own1", address_id="A"))
        session.flush()
        session.add_all(
            Citizen(
                id_number=id_number,
                person_id=f"P-{id_number}",
                name=id_number,
                sex="MALE",
                birth_date=datetime.date(1990, 1, 1),
                region_code=home,
                address_id="A",
                household_id="H",
            )
            for id_number, home in HOMES.items()
        )
        session.commit()
    setup.dispose()
    engine = open_engine(url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(engine: AsyncEngine) -> AsyncIterator[RequestSession]:
    """A session that may see the own county only."""
    session = RequestSession(engine, bind_filters(SOURCES, FILTERS))
    yield session
    await session.close()


def _cte() -> Any:
    inner = select(Citizen).cte("inner_citizens")
    return select(inner.c.id_number)


def _self_join() -> Any:
    other = aliased(Citizen)
    return select(other.id_number).join(Citizen, Citizen.household_id == other.household_id)


def _aliased_subquery() -> Any:
    return select(aliased(Citizen, select(Citizen).subquery()).id_number)


def _plain_aliased_subquery() -> Any:
    return select(aliased(Citizen, CITIZENS.select().subquery()).id_number)


def _exists() -> Any:
    other = aliased(Citizen)
    found = exists().where(other.id_number == "foreign1")
    return select(Citizen.id_number).where(found)


def _correlated() -> Any:
    other = aliased(Citizen)
    number = select(func.count(other.id_number)).scalar_subquery()
    return select(number)


def _numbered() -> Any:
    place = func.row_number().over(order_by=Citizen.name).label("place")
    numbered = select(Citizen, place).subquery()
    return select(aliased(Citizen, numbered).id_number).where(numbered.c.place <= 10)


# Statement and what it answers when only the own county may be seen.
COVERED: dict[str, tuple[Callable[[], Any], set[Any]]] = {
    "columns": (lambda: select(Citizen.id_number), OWN_PEOPLE),
    "alias": (lambda: select(aliased(Citizen).id_number), OWN_PEOPLE),
    "named alias": (lambda: select(aliased(Citizen, name="citizens").id_number), OWN_PEOPLE),
    "self join": (_self_join, OWN_PEOPLE),
    "entity in a CTE": (_cte, OWN_PEOPLE),
    "entity in a subquery": (_aliased_subquery, OWN_PEOPLE),
    "window over a subquery": (_numbered, OWN_PEOPLE),
    "exists on a hidden row": (_exists, set()),
    "count of an entity": (lambda: select(func.count()).select_from(Citizen), {3}),
    "joined from another table": (
        lambda: (
            select(Citizen.id_number)
            .select_from(models.Household)
            .join(Citizen, Citizen.household_id == models.Household.household_id)
        ),
        OWN_PEOPLE,
    ),
    "grouped": (
        lambda: select(Citizen.region_code).group_by(Citizen.region_code),
        {OWN},
    ),
    "unfiltered table": (lambda: select(models.Household.household_id), {"H"}),
}


def _full_join() -> Any:
    homes = models.Household
    return (
        select(Citizen.id_number)
        .select_from(homes)
        .join(Citizen, Citizen.household_id == homes.household_id, full=True)
    )


REFUSED: dict[str, Callable[[], Any]] = {
    "full join, whose ON leaves no row out": _full_join,
    "core select": lambda: select(CITIZENS),
    "core columns": lambda: select(CITIZENS.c.id_number),
    "core count": lambda: select(func.count()).select_from(CITIZENS),
    "core alias": lambda: select(CITIZENS.alias("other").c.id_number),
    "core alias by the name of a mark": lambda: select(CITIZENS.alias("citizen").c.id_number),
    "core CTE": lambda: select(select(CITIZENS.c.id_number).cte("people").c.id_number),
    "core subquery": lambda: select(select(CITIZENS).subquery().c.id_number),
    "core subquery behind an alias": _plain_aliased_subquery,
    "core beside an entity": lambda: select(Citizen.id_number).where(
        Citizen.id_number.in_(select(CITIZENS.alias("c2").c.id_number))
    ),
    "core exists beside an entity": lambda: select(models.Household.household_id).where(
        exists(select(1).select_from(CITIZENS))
    ),
    "text": lambda: text("SELECT id_number FROM citizen"),
    "text with schema": lambda: text("SELECT id_number FROM main.citizen"),
    "text with quotes": lambda: text('SELECT id_number FROM "citizen"'),
    "text in capitals": lambda: text("SELECT id_number FROM CITIZEN"),
    "text with a forged mark": lambda: text("SELECT id_number FROM citizen /*rows citizen*/"),
    "text columns": lambda: text("SELECT id_number FROM citizen").columns(Citizen.id_number),
    "from text": lambda: select(Citizen).from_statement(text("SELECT * FROM citizen")),
    "from a core select": lambda: select(Citizen).from_statement(select(CITIZENS)),
    "literal column": lambda: select(literal_column("(SELECT max(name) FROM citizen)")),
    "text fragment": lambda: select(models.Household.household_id).where(
        text("EXISTS (SELECT 1 FROM citizen)")
    ),
    "insert from select": lambda: insert(models.Region).from_select(
        ["code", "name"], select(CITIZENS.c.id_number, CITIZENS.c.name)
    ),
}


@pytest.mark.parametrize("case", COVERED)
async def test_covered_statement_answers_visible_rows_only(
    session: RequestSession, case: str
) -> None:
    build, expected = COVERED[case]

    rows = await session.rows(build())

    assert {row[0] for row in rows} == expected


@pytest.mark.parametrize("case", REFUSED)
async def test_statement_without_provable_cover_is_refused(
    session: RequestSession, case: str
) -> None:
    with pytest.raises(StatementRefused):
        await session.rows(REFUSED[case]())


# Whether these are filtered or refused is SQLAlchemy's affair; foreign rows must not come.
EITHER: dict[str, Callable[[], Any]] = {
    "union": lambda: union_all(select(Citizen.id_number), select(aliased(Citizen).id_number)),
    "count of a column": lambda: select(func.count(Citizen.id_number)),
    "correlated count": _correlated,
    "partial entity": lambda: select(Citizen).options(load_only(Citizen.id_number)),
    "from an entity select": lambda: select(Citizen).from_statement(select(Citizen)),
    "from a union": lambda: select(Citizen).from_statement(
        union_all(select(Citizen), select(Citizen))
    ),
}


@pytest.mark.parametrize("case", EITHER)
async def test_statement_is_filtered_or_refused(session: RequestSession, case: str) -> None:
    try:
        rows = await session.rows(EITHER[case]())
    except StatementRefused:
        return
    found = {row[0].id_number if isinstance(row[0], Citizen) else row[0] for row in rows}
    assert found in ({3}, OWN_PEOPLE)


async def test_driver_sql_is_refused(engine: AsyncEngine, session: RequestSession) -> None:
    connection = await session._session.connection()  # noqa: SLF001  what a careless author would do

    with pytest.raises(StatementRefused):
        await connection.exec_driver_sql("SELECT 1")
    async with engine.connect() as stray:
        with pytest.raises(StatementRefused):
            await stray.execute(text("SELECT 1"))


async def test_several_filters_on_one_table_all_hold(engine: AsyncEngine) -> None:
    tree = {"and": [FILTERS["Citizen"], {"field": "idNumber", "op": "ne", "value": "own1"}]}
    session = RequestSession(engine, bind_filters(SOURCES, {"Citizen": tree}))

    rows = await session.rows(select(Citizen.id_number))

    assert {row[0] for row in rows} == {"own2", "own3"}
    await session.close()


async def test_equal_statements_under_different_filters_do_not_share_rows(
    engine: AsyncEngine,
) -> None:
    found = []
    for county in ("990102", "990103", "990104"):
        condition = {"field": "regionCode", "op": "starts_with", "value": county}
        session = RequestSession(engine, bind_filters(SOURCES, {"Citizen": condition}))
        rows = await session.rows(select(Citizen.id_number))
        found.append({row[0] for row in rows})
        await session.close()

    assert found == [OWN_PEOPLE, {"foreign1", "foreign2"}, set()]


async def test_nothing_is_filtered_without_filters(engine: AsyncEngine) -> None:
    session = RequestSession(engine, NO_FILTERS)

    rows = await session.rows(select(CITIZENS.c.id_number))

    assert {row[0] for row in rows} == set(HOMES)
    await session.close()


@pytest.mark.parametrize(
    "filters",
    [
        {"Nobody": {"field": "id", "op": "eq", "value": "1"}},
        {"PageInfo": {"field": "endCursor", "op": "eq", "value": "1"}},
        {"Citizen": {"field": "salary", "op": "eq", "value": 1}},
        {"Citizen": {"field": "household", "op": "eq", "value": "H"}},
        {"Citizen": {"field": "regionCode", "op": "like", "value": "99%"}},
        {"Citizen": {"field": "regionCode", "op": "eq"}},
        {"Citizen": {"field": "regionCode", "op": "eq", "value": 990102}},
        {"Citizen": {"field": "regionCode", "op": "eq", "value": None}},
        {"Citizen": {"field": "regionCode", "op": "in", "value": "990102"}},
        {"Citizen": {"field": "regionCode", "op": "in", "value": ["990102", 1]}},
        {"Citizen": {"field": "birthDate", "op": "lt", "value": "yesterday"}},
        {"Citizen": {"field": "birthDate", "op": "starts_with", "value": "1990-01-01"}},
        {"Citizen": {"field": "sex", "op": "eq", "value": "NEITHER"}},
        {"Citizen": {"or": {}}},
        {"Citizen": {"and": [], "or": []}},
        {"Citizen": {"not": []}},
        {"Citizen": {}},
        {"Citizen": []},
        {"Citizen": None},
    ],
    ids=str,
)
def test_unreadable_filter_is_refused(filters: dict[str, Any]) -> None:
    with pytest.raises(RowFilterInvalid):
        bind_filters(SOURCES, filters)


def test_deeply_nested_filter_is_refused() -> None:
    tree: dict[str, Any] = FILTERS["Citizen"]
    for _ in range(20):
        tree = {"not": tree}

    with pytest.raises(RowFilterInvalid):
        bind_filters(SOURCES, {"Citizen": tree})


def test_no_filters_bind_to_nothing() -> None:
    bound: RowFilters = bind_filters(SOURCES, {})

    assert bound is NO_FILTERS


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT citizen.name FROM citizen WHERE 1 = 1 /*rows citizen*/", True),
        ("SELECT citizen.name FROM citizen", False),
        ("SELECT c.name FROM citizen AS c WHERE 1 = 1 /*rows citizen*/", False),
        ("SELECT 1 FROM citizen AS a, citizen AS b WHERE 1 = 1 /*rows a*/", False),
        ("SELECT 1 FROM citizen AS a, citizen AS b WHERE /*rows a*/ /*rows b*/", True),
        ("SELECT citizen_x.name FROM citizen_x", True),
        ("SELECT * FROM `citizen`", False),
        ("SELECT * FROM [citizen]", False),
        ("SELECT * FROM citizen c", False),
        ("WITH citizen AS (SELECT 1) SELECT 1", False),
    ],
)
def test_cover_is_read_from_the_final_text(statement: str, expected: bool) -> None:
    assert is_covered(statement, frozenset({"citizen"})) is expected


def test_a_type_whose_rows_can_be_filtered_has_a_source() -> None:
    sources = [each for each in DEPARTMENT.sources if each.type_name != "Address"]

    with pytest.raises(ValueError, match=r"^Address: .* list its source in Department\.sources$"):
        replace(DEPARTMENT, sources=sources)

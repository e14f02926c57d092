"""Row conditions mean the same in SQL and on single nodes, null included."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select

from subgraphs.toolkit.conditions import Condition, build_criterion, holds, load_condition

ROWS = [
    {"key": number, "name": name, "age": age}
    for number, (name, age) in enumerate(
        (name, age) for name in (None, "", "a", "ab", "AB", "b%", "_") for age in (None, 0, 1, 2)
    )
]
TABLE = Table(
    "people", MetaData(), Column("key", Integer), Column("name", String), Column("age", Integer)
)
COLUMNS = {"name": TABLE.c.name, "age": TABLE.c.age}


@pytest.fixture(scope="module")
def database() -> Any:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        TABLE.create(connection)
        connection.execute(TABLE.insert(), ROWS)
        yield connection
    engine.dispose()


def _comparisons() -> st.SearchStrategy[dict[str, Any]]:
    names, ages = st.sampled_from(["", "a", "A", "ab", "b%", "_", "%"]), st.integers(-1, 3)
    ordered = st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"])

    def build(field: str, op: st.SearchStrategy[str], value: Any) -> Any:
        return st.fixed_dictionaries({"field": st.just(field), "op": op, "value": value})

    return st.one_of(
        build("name", ordered, names),
        build("age", ordered, ages),
        build("name", st.just("starts_with"), names),
        build("name", st.just("in"), st.lists(names, max_size=3)),
        build("age", st.just("in"), st.lists(ages, max_size=3)),
    )


CONDITIONS = st.recursive(
    _comparisons(),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"and": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"or": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)


def _load(tree: object) -> Condition:
    return load_condition(tree, lambda _field, value: value)


@given(tree=CONDITIONS)
def test_sql_and_single_nodes_agree(database: Any, tree: dict[str, Any]) -> None:
    condition = _load(tree)

    statement = select(TABLE.c.key).where(build_criterion(condition, COLUMNS))
    found = {row.key for row in database.execute(statement)}

    expected = {row["key"] for row in ROWS if holds(condition, row)}
    assert found == expected


def test_negation_does_not_open_rows_without_a_value(database: Any) -> None:
    condition = _load({"not": {"field": "age", "op": "eq", "value": 1}})

    statement = select(TABLE.c.age).where(build_criterion(condition, COLUMNS))

    assert {row.age for row in database.execute(statement)} == {0, 2}

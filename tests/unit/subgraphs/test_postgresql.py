"""The same departments on a PostgreSQL server."""

from collections.abc import Iterator
from traceback import format_exception
from typing import Any

import pytest
from graphql import GraphQLError
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from subgraphs.__main__ import load_department
from subgraphs.public_security import models
from subgraphs.public_security.schema import SOURCES
from subgraphs.toolkit.app import build_app, print_error
from subgraphs.toolkit.database import RequestSession, open_engine
from subgraphs.toolkit.errors import StatementRefused
from subgraphs.toolkit.row_filters import bind_filters
from subgraphs.world import demo
from subgraphs.world.store import database_url, ensure
from tests.support.departments import Client, Gateway, served, statements
from tests.unit.world.conftest import postgresql_server

__all__ = ["postgresql_server"]

OWN_COUNTY = {"Citizen": {"field": "regionCode", "op": "starts_with", "value": "990102"}}


@pytest.fixture(scope="module")
def filled(postgresql_server: str) -> str:
    """Base URL of a server that holds the small world."""
    ensure(base=postgresql_server, size="small")
    return postgresql_server


@pytest.fixture(scope="module")
def police(filled: str) -> Iterator[Client]:
    url = database_url("public_security", filled, "small")
    with served(build_app(load_department("public_security"), url, None)) as port:
        yield Client(port, "public_security", Gateway())


def test_batch_is_one_statement(police: Client) -> None:
    references = [{"__typename": "Citizen", "idNumber": each.id_number} for each in demo.PEOPLE]

    with statements() as sent:
        reply = police.entities("{ ... on Citizen { name } }", *references)

    found = [each["name"] for each in reply.data["_entities"]]
    assert found == [each.name for each in demo.PEOPLE]
    assert sum("FROM citizen" in statement for statement in sent) == len(sent) == 1


def test_pages_hold_each_row_exactly_once(police: Client) -> None:
    query = """query($after: String) { citizens(first: 90, after: $after, orderBy: YOUNGEST_FIRST) {
        totalCount edges { node { idNumber } } pageInfo { hasNextPage endCursor } } }"""
    found: list[str] = []
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}

    while page["pageInfo"]["hasNextPage"]:
        page = police.ask(query, after=page["pageInfo"]["endCursor"]).data["citizens"]
        found += [edge["node"]["idNumber"] for edge in page["edges"]]

    assert len(found) == len(set(found)) == page["totalCount"] == 400


async def test_row_filter_covers_and_refuses_as_on_sqlite(filled: str) -> None:
    engine = open_engine(database_url("public_security", filled, "small"))
    session = RequestSession(engine, bind_filters(SOURCES, OWN_COUNTY))

    rows = await session.rows(select(aliased(models.Citizen).region_code))

    assert rows
    assert all(row[0].startswith("990102") for row in rows)
    with pytest.raises(StatementRefused):
        await session.rows(select(models.Citizen.__table__))
    with pytest.raises(StatementRefused):
        await session.rows(text("SELECT name FROM public_security.citizen"))
    await session.close()
    await engine.dispose()


async def test_values_that_the_driver_quotes_do_not_reach_the_log(
    filled: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_engine(database_url("public_security", filled, "small"))
    session = RequestSession(engine, bind_filters(SOURCES, {}))
    taken = models.Address(address_id="taken-id", text="", region_code="990102", is_stale=False)
    twin = models.Address(address_id="taken-id", text="", region_code="990102", is_stale=False)

    with pytest.raises(IntegrityError) as clash:
        await session.add(taken, twin)
    print_error(GraphQLError("", path=["raise"], original_error=clash.value), "")

    assert "taken-id" in "".join(format_exception(clash.value))
    assert "UniqueViolationError at ['raise']\nINSERT INTO address" in caplog.text
    assert "taken-id" not in caplog.text
    await session.close()
    await engine.dispose()

"""Connections: complete walks, opaque cursors, limits, counts on demand, typed filters."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from subgraphs.world import demo
from tests.support.departments import Client, statements

WALK = """query($first: Int!, $after: String, $where: CitizenFilter, $order: CitizenOrder) {
    citizens(first: $first, after: $after, where: $where, orderBy: $order) {
        edges { cursor node { idNumber name birthDate regionCode sex } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}"""


@pytest.fixture
def police(client: Callable[[str], Client]) -> Client:
    return client("public_security")


def _walk(client: Client, first: int, **variables: Any) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        page = client.ask(WALK, first=first, after=after, **variables).data["citizens"]
        nodes += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("first", [37, 100])
@pytest.mark.parametrize("order", [None, "NAME", "YOUNGEST_FIRST", "OLDEST_FIRST", "REGION"])
def test_pages_hold_each_row_exactly_once(police: Client, first: int, order: str | None) -> None:
    nodes = _walk(police, first, order=order)

    assert len(nodes) == len({node["idNumber"] for node in nodes}) == 400


def test_order_goes_through_all_pages(police: Client) -> None:
    nodes = _walk(police, 60, order="YOUNGEST_FIRST")

    dates = [node["birthDate"] for node in nodes]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ({"regionCode": "990102"}, lambda node: node["regionCode"].startswith("990102")),
        ({"regionCode": "990100"}, lambda node: node["regionCode"].startswith("9901")),
        ({"sex": "FEMALE"}, lambda node: node["sex"] == "FEMALE"),
        ({"bornFrom": "2000-01-01"}, lambda node: node["birthDate"] >= "2000-01-01"),
        ({"bornUntil": "1970-12-31"}, lambda node: node["birthDate"] <= "1970-12-31"),
        ({"nameContains": "王"}, lambda node: "王" in node["name"]),
        ({"nameContains": "%"}, lambda node: "%" in node["name"]),
        ({"sex": "MALE", "bornFrom": None}, lambda node: node["sex"] == "MALE"),
    ],
)
def test_filter_keeps_exactly_what_it_says(
    police: Client, where: dict[str, Any], holds: Callable[[dict[str, Any]], bool]
) -> None:
    everybody = _walk(police, 100)

    found = _walk(police, 100, where=where)

    assert found == [node for node in everybody if holds(node)]


def test_page_info_names_the_page(police: Client) -> None:
    first = police.ask(WALK, first=2).data["citizens"]
    second = police.ask(WALK, first=2, after=first["pageInfo"]["endCursor"]).data["citizens"]

    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]
    assert first["pageInfo"]["hasPreviousPage"] is False
    assert second["pageInfo"]["hasPreviousPage"] is True


@pytest.mark.parametrize("first", [0, -1, 101, 1_000_000])
def test_page_size_out_of_bounds_is_refused_by_name(police: Client, first: int) -> None:
    reply = police.ask(WALK, first=first)

    assert reply.codes == ["BAD_PAGE_SIZE"]
    assert "100" in reply.body["errors"][0]["message"]


@pytest.mark.parametrize("cursor", ["x", "", "!!!", "bnVsbA", "W" * 5000, "é"])
def test_forged_cursor_is_refused_by_name(police: Client, cursor: str) -> None:
    assert police.ask(WALK, first=5, after=cursor).codes == ["BAD_CURSOR"]


def test_cursor_shows_no_value_and_is_stable(police: Client) -> None:
    pages = [police.ask(WALK, first=3).data["citizens"] for _ in range(2)]

    assert pages[0] == pages[1]
    for edge in pages[0]["edges"]:
        content = base64.urlsafe_b64decode(edge["cursor"] + "==")
        assert edge["node"]["idNumber"].encode() not in content


@pytest.mark.parametrize(
    "changes",
    [{"order": "NAME"}, {"where": {"sex": "MALE"}}, {"where": {"sex": None}, "order": "REGION"}],
)
def test_cursor_of_another_order_or_filter_is_refused(
    police: Client, changes: dict[str, Any]
) -> None:
    cursor = police.ask(WALK, first=3).data["citizens"]["pageInfo"]["endCursor"]

    assert police.ask(WALK, first=3, after=cursor, **changes).codes == ["BAD_CURSOR"]


def test_cursor_of_another_caller_is_refused(police: Client) -> None:
    cursor = police.ask(WALK, first=3).data["citizens"]["pageInfo"]["endCursor"]
    token = police.gateway.sign("public_security", WALK, sub="somebody else")
    body = {"query": WALK, "variables": {"first": 3, "after": cursor}}

    assert police.post(body, {"datong-context": token}).codes == ["BAD_CURSOR"]


def test_total_is_counted_only_when_selected(police: Client) -> None:
    with statements() as without:
        police.ask("{ citizens(first: 5) { edges { cursor } } }").data  # noqa: B018
    with statements() as counted:
        reply = police.ask("{ citizens(first: 5, where: {sex: MALE}) { totalCount } }")

    assert len(without) == 1
    assert sum("count(" in statement for statement in counted) == 1
    assert 0 < reply.data["citizens"]["totalCount"] < 400


def test_pages_below_many_parents_are_one_statement(client: Callable[[str], Client]) -> None:
    people = [demo.CONSENTING, demo.OTHER, demo.SPOUSE]
    references = [{"__typename": "Citizen", "idNumber": person.id_number} for person in people]
    selection = """{ ... on Citizen { taxReturns(first: 1) {
        totalCount edges { node { year } } pageInfo { hasNextPage }
    } } }"""

    with statements() as sent:
        reply = client("tax").entities(selection, *references)

    consenting = reply.data["_entities"][0]["taxReturns"]
    assert consenting["totalCount"] == 2
    assert len(consenting["edges"]) == 1
    assert consenting["pageInfo"]["hasNextPage"] is True
    assert len(sent) == 2


def test_page_below_a_parent_continues_after_its_cursor(client: Callable[[str], Client]) -> None:
    query = """query($n: ID!, $after: String) { housingFundAccount(accountNumber: $n) {
        deposits(first: 4, after: $after) { edges { node { month } } pageInfo { endCursor } }
    } }"""
    fund = client("housing_fund")

    def read(after: str | None) -> tuple[list[str], str | None]:
        reply = fund.ask(query, n=demo.ACCOUNT_NUMBER, after=after)
        page = reply.data["housingFundAccount"]["deposits"]
        months = [edge["node"]["month"] for edge in page["edges"]]
        return months, page["pageInfo"]["endCursor"]

    first, cursor = read(None)
    second, _ = read(cursor)

    assert len(first) == 4
    assert len(second) == 2
    assert not set(first) & set(second)

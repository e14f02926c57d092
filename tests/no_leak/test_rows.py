"""Rows that a caller may not see are not there: in lists, by keys, in counts and in cursors."""

from subgraphs.world.demo import CONSENTING, OTHER
from tests.no_leak.offices import NOBODY, Offices

PAGE = """query($w: CitizenFilter, $a: String) {
  citizens(first: 5, after: $a, where: $w) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { name regionCode } }
  }
}"""


def test_a_county_sees_and_counts_its_own_rows(offices: Offices) -> None:
    here = offices.ask(PAGE, offices.officer("990102")).data["citizens"]
    there = offices.ask(PAGE, offices.officer("990103")).data["citizens"]

    regions = {edge["node"]["regionCode"][:6] for edge in here["edges"]}
    assert regions == {"990102"}
    assert here["totalCount"] != there["totalCount"]
    assert {edge["node"]["regionCode"][:6] for edge in there["edges"]} == {"990103"}


def test_a_filter_on_another_county_finds_nothing(offices: Offices) -> None:
    found = offices.ask(PAGE, offices.officer("990102"), w={"nameContains": OTHER.name}).data[
        "citizens"
    ]

    assert (found["totalCount"], found["edges"]) == (0, [])


def test_a_denied_filter_is_no_way_to_test_somebody(offices: Offices) -> None:
    query = "query($n: IdNumber!) { citizen(idNumber: $n) { name } }"
    for number in (CONSENTING.id_number, OTHER.id_number, NOBODY):
        wire = offices.ask(query, offices.officer("990102"), n=number)

        assert wire.data == {"citizen": None}
        assert wire.codes() == [("ACCESS_DENIED", "citizen")]


def test_a_cursor_is_worthless_to_another_caller_or_list(offices: Offices) -> None:
    mine = offices.officer("990102")
    first = offices.ask(PAGE, mine).data["citizens"]
    cursor = first["pageInfo"]["endCursor"]

    follows = offices.ask(PAGE, mine, a=cursor).data["citizens"]
    assert follows["edges"] != first["edges"]
    for headers, where in (
        (offices.officer("990103"), {}),
        (offices.officer("990102", sub="colleague"), {}),
        (mine, {"w": {"nameContains": "x"}}),
    ):
        wire = offices.ask(PAGE, headers, a=cursor, **where)

        assert wire.json["data"] is None
        assert {code for code, _ in wire.codes()} == {"BAD_CURSOR"}
    for edge in first["edges"]:
        assert edge["node"]["name"] not in cursor


def test_changed_cursors_open_nothing(offices: Offices) -> None:
    mine = offices.officer("990102")
    cursor = offices.ask(PAGE, mine).data["citizens"]["pageInfo"]["endCursor"]
    other = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for changed in (cursor[:-4], other, cursor[::-1], "", "bmFtZQ"):
        wire = offices.ask(PAGE, mine, a=changed)

        assert wire.json["data"] is None
        assert {code for code, _ in wire.codes()} == {"BAD_CURSOR"}

"""A number of rows tells of rows: confined with them where a department can, else denied."""

import pytest

from tests.no_leak.city import City, grants

REGION = {"uses": {"select": True}, "region": True}
TESTED = {"uses": {"select": True, "filter": True}, "region": True}
RIGHTS = grants("Firm.title", "Firm.visitors", Citizen__income=REGION, Citizen__name=TESTED)


def test_rows_that_cannot_be_filtered_are_not_counted_either(city: City) -> None:
    # The tax department lists citizens and does not hold the region by which they are confined.
    gateway = city.gateway(RIGHTS)
    officer = gateway.caller(region="990102")
    wire = gateway.ask("{ mayor { name } firms { visitors { edges { cursor } } } }", None, officer)

    assert wire.json["data"] is None
    assert ("ACCESS_DENIED", "firms") in wire.codes()
    assert "row_filter_unsupported" in wire.body
    assert wire.shows("VISIT-1") == set()
    assert "visitors" not in wire.asked("tax")


def test_a_department_that_can_filter_is_told_to(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    officer = gateway.caller(region="990102")
    wire = gateway.ask("{ citizens { totalCount edges { node { name } } } }", None, officer)

    condition = {"field": "regionCode", "op": "starts_with", "value": "990102"}
    assert [each.context["row_filters"] for each in wire.sent] == [{"Citizen": condition}]


def test_a_department_without_the_field_gets_no_filter_and_no_rows_to_choose(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    officer = gateway.caller(region="990102")
    wire = gateway.ask("{ mayor { income } }", None, officer)

    filters = {each.subgraph: each.context["row_filters"] for each in wire.sent}
    assert set(filters["people"]) == {"Citizen"}
    assert filters["tax"] == {}


def test_a_count_alone_is_confined_like_the_rows(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    officer = gateway.caller(region="990102")
    wire = gateway.ask("{ citizens { totalCount } }", None, officer)

    assert [set(each.context["row_filters"]) for each in wire.sent] == [{"Citizen"}]


def test_rows_are_not_found_by_what_filtered_rows_hold(city: City) -> None:
    # Which firms there are would tell of their owners, those of other regions included.
    gateway = city.gateway(RIGHTS)
    officer = gateway.caller(region="990102")
    wire = gateway.ask('{ firms(ownedBy: "NAME-BEN") { title } }', None, officer)
    open_list = gateway.ask("{ firms { title } }", None, officer)

    assert wire.json["data"] is None
    assert wire.codes() == [("ACCESS_DENIED", "firms")]
    assert "row_filter_unsupported" in wire.body
    assert wire.asked("tax") == ""
    assert open_list.data == {"firms": [{"title": "FIRM-TITLE"}]}


@pytest.mark.parametrize(("number", "shown"), [(0, False), (1, False), (4, False), (5, True)])
def test_a_small_count_is_not_shown_to_whoever_may_see_none_of_the_rows(
    city: City, number: int, *, shown: bool
) -> None:
    city.subgraphs.faults["CitizenConnection", "totalCount"] = lambda *_: number
    wire = city.gateway(grants("Firm.title")).ask("{ a: citizens { totalCount } }")
    told = city.gateway(grants("Citizen.idNumber")).ask("{ a: citizens { totalCount } }")

    assert told.data == {"a": {"totalCount": number}}
    if shown:
        assert wire.data == {"a": {"totalCount": number}}
        return
    assert wire.json["data"] is None
    [error] = wire.errors
    assert error["path"] == ["a", "totalCount"]
    assert (error["extensions"]["code"], error["extensions"]["reasons"]) == (
        "ACCESS_DENIED",
        ["count_too_small"],
    )


def test_the_number_of_edges_is_a_count_that_takes_a_right_to_the_rows(city: City) -> None:
    without = city.gateway(grants("Firm.title"))
    for selection in ("edges { cursor }", "edges { __typename }", "edges { node { name } }"):
        wire = without.ask(f"{{ citizens {{ {selection} }} }}")

        assert wire.json["data"] is None
        assert "row_right_required" in wire.body
        assert wire.shows("CURSOR-1") == set()
    wire = city.gateway(grants("Citizen.name")).ask("{ citizens { edges { node { name } } } }")
    assert len(wire.data["citizens"]["edges"]) == 2


@pytest.mark.parametrize("selection", ["cursor", "__typename", "node { __typename }"])
def test_one_edge_tells_of_a_row(city: City, selection: str) -> None:
    text = f"{{ newest {{ {selection} }} }}"
    wire = city.gateway(grants("Firm.title")).ask(text)
    gateway = city.gateway(grants(Citizen__name=REGION))
    confined = gateway.ask(text, None, gateway.caller(region="990102"))

    assert wire.json["data"] == {"newest": None}
    assert wire.codes() == [("ACCESS_DENIED", "newest")]
    assert not wire.sent
    assert [set(each.context["row_filters"]) for each in confined.sent] == [{"Citizen"}]


def test_what_a_mutation_made_may_be_told_to_its_caller_as_an_edge(city: City) -> None:
    gateway = city.gateway(grants("Firm.title"))
    wire = gateway.ask('mutation { enrol(name: "N") { cursor } }')
    row = gateway.ask('mutation { enrol(name: "N") { node { name } } }')

    assert wire.data == {"enrol": {"cursor": "CURSOR-4"}}
    assert (row.status, row.sent) == (403, ())


def test_a_minimum_can_be_set(city: City) -> None:
    wire = city.gateway(grants("Firm.title"), smallest_count=20_223).ask(
        "{ citizens { totalCount } }"
    )

    assert wire.json["data"] is None
    assert "count_too_small" in wire.body

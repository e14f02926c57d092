"""A department's error may name what its reader may not know; that there was one is all it says."""

from typing import Any

import pytest
from graphql import GraphQLError

from tests.no_leak.city import City, grants, uses

RIGHTS = grants("Citizen.limit", "Citizen.name", Citizen__income=uses("join"))
SECRETS = ("income", "660066", "SELECT", "hidden_column", "990103198502022348")


def _fails(_row: dict[str, Any], _arguments: dict[str, Any]) -> Any:
    raise GraphQLError(
        "income 660066 of 990103198502022348 is out of range",
        extensions={
            "code": "INCOME_OUT_OF_RANGE",
            "column": "hidden_column",
            "sql": "SELECT income",
            "hint": "income was 660066",
        },
    )


@pytest.mark.parametrize(
    ("place", "path"),
    [(("Citizen", "income"), "mayor"), (("Citizen", "limit"), "mayor.limit")],
)
def test_texts_and_extensions_of_departments_do_not_reach_the_client(
    city: City, place: tuple[str, str], path: str
) -> None:
    city.subgraphs.faults[place] = _fails
    wire = city.gateway(RIGHTS).ask("{ mayor { name limit } }")

    assert wire.data["mayor"]["name"] == "NAME-BEN"
    assert wire.data["mayor"]["limit"] is None
    assert wire.codes() == [("SUBGRAPH_ERROR", path)]
    for secret in SECRETS:
        assert not wire.shows(secret) & {"response", "headers", "log"}
    assert "INCOME_OUT_OF_RANGE" not in str(wire.records)


def test_what_is_wrong_with_the_request_itself_may_be_told(city: City) -> None:
    def refuses(_row: dict[str, Any], _arguments: dict[str, Any]) -> Any:
        raise GraphQLError("`first` must be 1 to 100", extensions={"code": "BAD_PAGE_SIZE"})

    city.subgraphs.faults["Query", "mayor"] = refuses
    wire = city.gateway(RIGHTS).ask("{ mayor { name } }")

    assert wire.codes() == [("BAD_PAGE_SIZE", "mayor")]
    assert wire.json["errors"][0]["message"] == "The subgraph 'people' gives no page of that size."
    assert "1 to 100" not in wire.body


def test_values_of_a_wrong_type_are_not_repeated(city: City) -> None:
    city.subgraphs.faults["Citizen", "name"] = lambda _row, _arguments: None
    wire = city.gateway(RIGHTS).ask("{ mayor { name } }")

    assert wire.json["data"] is None
    assert "990103198502022348" not in wire.body

"""Identity numbers and credit codes with a wrong check digit, over real HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from subgraphs.world import demo
from tests.support.departments import Client

Get = Callable[[str], Client]
RIGHT = demo.CONSENTING.id_number
WRONG = f"{RIGHT[:17]}{(int(RIGHT[17]) + 1) % 10 if RIGHT[17].isdigit() else 0}"
BY_NUMBER = "query($v: IdNumber!) { citizen(idNumber: $v) { name } }"


@pytest.mark.parametrize(
    ("department", "query", "value", "path", "place"),
    [
        ("public_security", BY_NUMBER, WRONG, ["citizen"], "idNumber"),
        ("public_security", BY_NUMBER, RIGHT.lower() + " ", ["citizen"], "idNumber"),
        (
            "public_security",
            f'query {{ citizen(idNumber: "{WRONG}") {{ name }} }}',
            None,
            ["citizen"],
            "idNumber",
        ),
        (
            "public_security",
            "query($v: CitizenFilter) { citizens(where: $v) { totalCount } }",
            {"idNumber": WRONG},
            ["citizens"],
            "where.idNumber",
        ),
        (
            "public_security",
            "mutation($v: ObjectionInput!) { raiseObjection(input: $v) { objectionId } }",
            {"idNumber": WRONG, "coordinate": "Citizen.name", "claimedValue": "y"},
            ["raiseObjection"],
            "input.idNumber",
        ),
        (
            "market_regulation",
            "query($v: CreditCode!) { company(creditCode: $v) { name } }",
            "91990101MA00000000",
            ["company"],
            "creditCode",
        ),
    ],
)
def test_the_error_names_the_argument_at_its_field_and_not_the_value(
    client: Get, department: str, query: str, value: Any, path: list[str], place: str
) -> None:
    reply = client(department).ask(query, v=value)

    (error,) = reply.body["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["path"] == path
    assert error["message"].startswith(f"{place} is not ")
    number = value if isinstance(value, str) else WRONG
    assert number not in json.dumps(reply.body)


def test_what_stands_beside_the_wrong_argument_is_answered(client: Get) -> None:
    query = """query($right: IdNumber!, $wrong: IdNumber!) {
        right: citizen(idNumber: $right) { name } wrong: citizen(idNumber: $wrong) { name }
    }"""

    reply = client("public_security").ask(query, right=RIGHT, wrong=WRONG)

    assert reply.body["data"] == {"right": {"name": demo.CONSENTING.name}, "wrong": None}


@pytest.mark.parametrize("filtered", [{}, {"idNumber": None}, {"idNumber": RIGHT}])
def test_right_numbers_and_none_pass(client: Get, filtered: dict[str, str | None]) -> None:
    query = "query($v: CitizenFilter) { citizens(where: $v) { totalCount } }"

    count = client("public_security").ask(query, v=filtered).data["citizens"]["totalCount"]

    assert count == (1 if filtered.get("idNumber") else 400)


def test_a_key_with_a_wrong_digit_is_just_not_there(client: Get) -> None:
    keys = ({"__typename": "Citizen", "idNumber": each} for each in (WRONG, RIGHT))

    reply = client("public_security").entities("{ ... on Citizen { name } }", *keys)

    assert reply.data["_entities"] == [None, {"name": demo.CONSENTING.name}]

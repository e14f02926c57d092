"""@skip and @include decide what is said of a denied field, never whether it is denied."""

import pytest

from tests.no_leak.city import City, grants

RIGHTS = grants("Citizen.name")
QUERY = """query($x: Boolean!, $y: Boolean = true) { mayor {
  name
  phone @include(if: $x)
  a: phone @skip(if: $y)
  ... @include(if: $x) { b: phone @skip(if: $y) }
  ... on Citizen @skip(if: $x) { c: phone }
} }"""


@pytest.mark.parametrize(
    ("variables", "keys"),
    [
        ({"x": True}, {"phone"}),
        ({"x": True, "y": False}, {"phone", "a", "b"}),
        ({"x": False}, {"c"}),
        ({"x": False, "y": False}, {"a", "c"}),
    ],
)
def test_a_denied_field_is_null_where_it_is_asked_for_and_absent_elsewhere(
    city: City, variables: dict[str, bool], keys: set[str]
) -> None:
    wire = city.gateway(RIGHTS).ask(QUERY, variables)

    assert wire.data["mayor"] == {"name": "NAME-BEN", **dict.fromkeys(keys)}
    assert {path for _, path in wire.codes()} == {f"mayor.{key}" for key in keys}
    assert wire.shows("PHONE-BEN") == set()
    assert "phone" not in wire.asked("people")


def test_a_literal_condition_takes_a_denied_field_out_without_a_word(city: City) -> None:
    wire = city.gateway(RIGHTS).ask("{ mayor { name phone @skip(if: true) } }")

    assert wire.json == {"data": {"mayor": {"name": "NAME-BEN"}}}
    assert "phone" not in wire.asked("people")

"""Rights are per object type, whatever interface, union or name of a directive leads there."""

import pytest

from federation.catalogue import build_catalogue
from tests.no_leak.city import City, grants

RIGHTS = grants("Licence.text", "Licence.stamp", "Licence.number", "Firm.title")


def test_a_right_on_one_implementer_is_none_on_another(city: City) -> None:
    wire = city.gateway(RIGHTS).ask("{ papers { text } }")

    assert wire.data == {"papers": [{"text": "TEXT-LICENCE"}]}
    assert wire.codes() == [("ACCESS_DENIED", "papers")]
    assert wire.shows("TEXT-SENTENCE") == set()
    assert "... on Sentence" not in wire.asked("people")


def test_an_interface_object_adds_fields_under_the_rights_of_each_type(city: City) -> None:
    wire = city.gateway(RIGHTS).ask("{ papers { s: stamp } }")

    assert wire.data == {"papers": [{"s": "STAMP-LICENCE"}]}
    assert wire.shows("STAMP-SENTENCE") | wire.shows("S-1") <= {"people"}
    assert wire.shows("L-1") == {"register"}


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ stamped { stamp } }", {"stamped": [{"stamp": "STAMP-LICENCE"}]}),
        ("{ stamped { of: __typename } }", {"stamped": [{"of": "Licence"}]}),
        ("{ lastStamped { stamp } }", {"lastStamped": None}),
        ('mutation { stamp(number: "W-1") { stamp } }', {"stamp": None}),
    ],
)
def test_an_interface_object_shows_nothing_of_types_that_clients_do_not_know(
    city: City, query: str, data: object
) -> None:
    gateway = city.gateway({**RIGHTS, **grants("Sentence.stamp")})
    # At first interpreted, then compiled.
    wires = [gateway.ask(query) for _ in range(3)]

    assert [wire.json for wire in wires] == [{"data": data}] * 3


def test_the_members_of_a_union_keep_their_own_rights(city: City) -> None:
    wire = city.gateway(RIGHTS).ask(
        "{ parties { __typename ... on Firm { title code } ... on Citizen { name } } }"
    )

    # `code` and `name` may not be null, nor may their objects in this list.
    assert wire.json["data"] is None
    assert wire.shows("NAME-ANN") | wire.shows("FIRM-CODE") == set()


def test_a_grade_counts_under_whatever_name_its_directive_was_imported(city: City) -> None:
    fields = build_catalogue(city.supergraph).policy_data()["fields"]
    wire = city.gateway(RIGHTS).ask("{ papers { shelf } }")

    assert fields["Licence.shelf"]["level"] == 4
    assert wire.data == {"papers": [{"shelf": None}]}
    assert wire.codes() == [("ACCESS_DENIED", "papers")]
    assert "clearance_too_low" in wire.body
    assert wire.asked("register") == ""
    assert wire.shows("SHELF-L") == set()

"""What is denied is null, and so is what cannot be without it; nothing of it was ever asked for."""

from tests.no_leak.city import City, grants

RIGHTS = grants("Citizen.home", "Citizen.father", "Home.street")


def test_a_denied_field_under_a_chain_of_non_nulls_empties_the_chain(city: City) -> None:
    wire = city.gateway(RIGHTS).ask("{ mayor { home { street door } } }")

    assert wire.json["data"] is None
    assert wire.codes() == [("ACCESS_DENIED", "mayor.home.door")]
    assert wire.shows("DOOR-BEN") | wire.shows("STREET-BEN") == set()
    assert "door" not in wire.asked("people")


def test_the_nearest_place_that_may_be_null_takes_it(city: City) -> None:
    wire = city.gateway(RIGHTS).ask("{ citizens { edges { node { home { door } phone } } } }")

    assert wire.data == {"citizens": {"edges": [{"node": None}, {"node": None}]}}
    # One error for each selection, none for each row, and no path beyond the first list.
    assert wire.codes() == [("ACCESS_DENIED", "citizens.edges")] * 2


def test_when_all_is_denied_no_department_is_asked(city: City) -> None:
    wire = city.gateway(RIGHTS).ask(
        "query($n: ID!) { citizen(idNumber: $n) { name phone income account { balance } } }",
        {"n": "990102199001011239"},
    )

    assert wire.data == {"citizen": None}
    assert {code for code, _ in wire.codes()} == {"ACCESS_DENIED"}
    assert wire.sent == ()
    assert wire.shows("990102199001011239") == set()


def test_mode_refuse_and_mutations_send_nothing_at_all(city: City) -> None:
    refused = city.gateway(RIGHTS, mode="refuse").ask("{ mayor { home { street } phone } }")
    changed = city.gateway(RIGHTS).ask('mutation { rename(idNumber: "1", name: "X") { phone } }')

    for wire in (refused, changed):
        assert wire.status == 403
        assert "data" not in wire.json
        assert wire.sent == ()


def test_a_client_can_have_its_own_operation_refused_as_a_whole(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    stricter = {**gateway.caller(), "datong-mode": "refuse"}
    query = "{ mayor { home { street } phone } }"
    before, refused, after = (
        gateway.ask(query),
        gateway.ask(query, None, stricter),
        gateway.ask(query),
    )
    softer = city.gateway(RIGHTS, mode="refuse").ask(
        query, None, {**gateway.caller(), "datong-mode": "prune"}
    )

    assert (before.status, after.status) == (200, 200)
    assert before.json == after.json
    for wire in (refused, softer):
        assert (wire.status, wire.sent) == (403, ())
        assert wire.errors[0]["extensions"]["code"] == "ACCESS_DENIED"
    assert gateway.ask(query, None, {**gateway.caller(), "datong-mode": "all"}).status == 400

"""However a request is worded or carried, the same rights hold; our headers are ours alone."""

import pytest

from tests.no_leak.city import City, Wire, grants

RIGHTS = grants("Citizen.name")


def _answer(wire: Wire) -> tuple[int, str]:
    return wire.status, wire.body


@pytest.mark.parametrize("query", ["{ mayor { name phone } }", "{ mayor { phone } }", "{ x }"])
def test_get_and_post_answer_alike_and_are_kept_by_nobody(city: City, query: str) -> None:
    gateway = city.gateway(RIGHTS)
    got, posted = gateway.get(query), gateway.ask(query)

    assert _answer(got) == _answer(posted)
    assert "cache-control: no-store" in got.headers
    assert "cache-control: no-store" in posted.headers
    assert got.shows("PHONE-BEN") | got.shows("mayor") & {"log"} == set()


def test_a_mutation_by_get_reaches_no_policy_and_no_department(city: City) -> None:
    wire = city.gateway(RIGHTS).get('mutation { rename(idNumber: "1", name: "x") { name } }')

    assert wire.status == 405
    assert wire.sent == ()


def test_of_several_operations_the_chosen_one_is_judged_and_answered(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    document = "query Good { mayor { name } } query Bad { mayor { phone } }"
    good = gateway.ask(document, operationName="Good")
    bad = gateway.ask(document, operationName="Bad")
    neither = gateway.ask(document)

    assert good.json == {"data": {"mayor": {"name": "NAME-BEN"}}}
    assert "phone" not in good.asked("people")
    assert bad.data == {"mayor": {"phone": None}}
    assert "phone" not in bad.asked("people")
    assert (neither.status, neither.sent) == (400, ())


def test_a_batch_is_refused_as_a_whole(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    body = b'[{"query": "{ mayor { name } }"}, {"query": "{ mayor { phone } }"}]'
    wire = gateway._exchange(gateway.url, body, gateway.caller())  # noqa: SLF001

    assert (wire.status, wire.sent) == (400, ())


def test_a_client_cannot_send_our_headers(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    forged = {
        "datong-context": "forged",
        "datong-request": "forged",
        "cookie": "session=forged",
        "x-datong-context": "forged",
        "datong-debug": "1",
    }
    wire = gateway.ask("{ mayor { name } }", headers={**gateway.caller(), **forged})

    (sent,) = wire.sent
    assert sent.context["sub"] == "clerk"
    assert "forged" not in str(sent.headers)
    assert not sent.headers.keys() & {"authorization", "datong-purpose", "cookie"}
    assert wire.json == {"data": {"mayor": {"name": "NAME-BEN"}}}
    assert "forged" not in wire.headers


def test_departments_are_told_the_id_that_the_client_and_the_trail_have(city: City) -> None:
    wire = city.gateway(RIGHTS).ask("{ mayor { name } }")

    (sent,), (record,) = wire.sent, wire.records
    assert sent.headers["datong-request"] == record["request_id"]
    assert record["request_id"] in wire.headers


def test_not_even_a_careless_allow_list_forwards_them(city: City) -> None:
    listed = ("Datong-Context", "Authorization", "cookie", "datong-purpose")
    gateway = city.gateway(RIGHTS, http={"forwarded_headers": listed})
    forged = {"datong-context": "forged", "cookie": "session=forged"}
    wire = gateway.ask("{ mayor { name } }", headers={**gateway.caller(), **forged})

    (sent,) = wire.sent
    assert sent.context["sub"] == "clerk"
    assert not sent.headers.keys() & {"authorization", "cookie", "datong-purpose"}


def test_a_client_may_not_look_at_its_fetches_unless_that_is_switched_on(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    asked = {**gateway.caller(), "datong-debug": "1"}

    assert "extensions" not in gateway.ask("{ mayor { name } }", headers=asked).json


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Basic Y2xlcms6"},
    ],
)
def test_who_is_not_known_gets_nothing(city: City, headers: dict[str, str]) -> None:
    wire = city.gateway(RIGHTS).ask("{ mayor { name } }", headers=headers)

    assert wire.status == 401
    assert "data" not in wire.json
    assert (wire.sent, wire.records) == ((), ())


def test_a_purpose_of_somebody_else_is_refused_not_dropped(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    for purpose in ("loan-pre-approval", "unheard", "", "work, work"):
        headers = {**gateway.caller(), "datong-purpose": purpose}
        wire = gateway.ask("{ mayor { name } }", headers=headers)

        assert (wire.status, wire.sent) == (403, ())

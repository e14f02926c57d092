"""What one caller warmed is of no use to another."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.no_leak.city import City, Gateway, Sent, grants

REGION = {"uses": {"select": True}, "region": True}
RIGHTS = grants("Citizen.home", Citizen__name=REGION, Citizen__phone={**REGION, "roles": {"in": 1}})
QUERY = "{ mayor { name phone } citizens { totalCount } }"


def _regions(sent: object) -> set[str]:
    return {
        part.context["row_filters"]["Citizen"]["value"]
        for part in sent  # type: ignore[attr-defined]
    }


def test_callers_with_equal_verdicts_keep_their_own_row_filters(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    for region in ("990102", "990103", "990102", "990104"):
        # The same person as well: the region is the token's, not the caller's name.
        for sub in ("clerk", f"clerk-{region}"):
            wire = gateway.ask(QUERY, None, gateway.caller(sub=sub, region=region))

            assert _regions(wire.sent) == {region}
            assert {each.context["sub"] for each in wire.sent} == {sub}
            assert {each.context["caller"]["region"] for each in wire.sent} == {region}


def test_questions_at_the_same_moment_are_not_mixed_up(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    regions = [f"9901{at:02}" for at in range(12)]
    before = len(city.subgraphs.sent)

    def ask(region: str) -> int:
        return gateway.ask(QUERY, None, gateway.caller(sub=region, region=region)).status

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(ask, regions)) == {200}
    pairs = {
        (each.context["sub"], each.context["row_filters"]["Citizen"]["value"])
        for each in city.subgraphs.sent[before:]
    }
    assert pairs == {(region, region) for region in regions}


def _at_once(
    city: City, gateway: Gateway, query: str, callers: list[dict[str, str]]
) -> tuple[list[Any], list[Sent], list[dict[str, Any]]]:
    """Answers, what was sent for them, and what was recorded of them, all at the same moment."""
    gateway.ask(query, None, callers[0])
    sent, recorded = len(city.subgraphs.sent), len(gateway.records())
    city.subgraphs.pause = 0.3
    try:
        with ThreadPoolExecutor(len(callers)) as pool:
            wires = list(pool.map(lambda caller: gateway.ask(query, None, caller), callers))
    finally:
        city.subgraphs.pause = 0.0
    return [each.json for each in wires], city.subgraphs.sent[sent:], gateway.records()[recorded:]


def test_equal_questions_at_once_share_requests_and_keep_their_own_records(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    alone = len(gateway.ask(QUERY, None, gateway.caller(region="990102")).sent)

    answers, sent, records = _at_once(
        city, gateway, QUERY, [gateway.caller(region="990102") for _ in range(4)]
    )

    assert answers == [answers[0]] * 4
    assert alone <= len(sent) < 2 * alone
    releases = [each for each in records if each["kind"] == "release"]
    assert len({each["request_id"] for each in releases}) == 4
    assert [each["entities"] for each in releases] == [releases[0]["entities"]] * 4


def test_callers_of_equal_verdicts_and_other_rows_share_nothing(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    regions = ["990102", "990103"]

    _, sent, records = _at_once(
        city, gateway, QUERY, [gateway.caller(sub=each, region=each) for each in regions]
    )

    asked = sorted(
        (each.context["sub"], each.context["row_filters"]["Citizen"]["value"]) for each in sent
    )
    assert set(asked) == {(region, region) for region in regions}
    assert {each["caller"]["id"] for each in records} == set(regions)


def test_equal_changes_at_once_are_all_made(city: City) -> None:
    gateway = city.gateway(grants("Citizen.idNumber"))
    change = 'mutation { rename(idNumber: "BEN", name: "x") { idNumber } }'

    _, sent, _ = _at_once(city, gateway, change, [gateway.caller() for _ in range(3)])

    assert len([each for each in sent if "rename" in each.text]) == 3


def test_a_role_more_warms_nothing_for_who_lacks_it(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    with_role = gateway.caller(region="990102", roles=["in"])
    without = gateway.caller(region="990102")
    first = gateway.ask(QUERY, None, with_role)
    second = gateway.ask(QUERY, None, without)
    third = gateway.ask(QUERY, None, with_role)

    assert first.data["mayor"]["phone"] == third.data["mayor"]["phone"] == "PHONE-BEN"
    assert second.data["mayor"]["phone"] is None
    assert second.shows("PHONE-BEN") == set()
    assert "phone" not in second.asked("people")


def test_a_purpose_warms_nothing_for_a_question_without_one(city: City) -> None:
    gateway = city.gateway(RIGHTS)
    known = gateway.caller(region="990102")
    without = {name: value for name, value in known.items() if name != "datong-purpose"}
    gateway.ask(QUERY, None, known)
    wire = gateway.ask(QUERY, None, without)

    assert wire.json["data"] is None
    assert wire.shows("NAME-BEN") == set()


def test_what_was_compiled_for_one_caller_masks_and_denies_for_another(city: City) -> None:
    gateway = city.gateway(grants(Citizen__name={"uses": {"select": True}, "mask": "initial"}))
    owner, office = gateway.caller(sub="owner", department="people"), gateway.caller()
    for _ in range(4):
        whole = gateway.ask("{ mayor { name } }", None, owner)
        masked = gateway.ask("{ mayor { name } }", None, office)
        pruned = gateway.ask("{ mayor { name phone } }", None, office)

        assert whole.data == {"mayor": {"name": "NAME-BEN"}}
        assert masked.data == {"mayor": {"name": "N**"}}
        assert pruned.data == {"mayor": {"name": "N**", "phone": None}}
        assert pruned.codes() == [("ACCESS_DENIED", "mayor.phone")]

"""What one caller warmed is of no use to another."""

from concurrent.futures import ThreadPoolExecutor

from tests.no_leak.city import City, grants

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

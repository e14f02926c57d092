"""What a field is computed from, and by which key it is found, is fetched and not shown."""

from federation.access import (
    AccessRequest,
    Asker,
    Caller,
    Decision,
    Effect,
    Verdict,
    allow_all,
    ask,
    restrict,
)
from federation.composition import compose
from federation.gateway.state import build_state
from federation.operation import Limits, parse_operation
from federation.subgraph import load_subgraph
from tests.no_leak.city import City, grants, uses
from tests.no_leak.departments import BEN, SDL
from tests.support.decided import decided

FEEDS = {"uses": {"join": True}, "level": 3}


def test_a_key_without_a_right_joins_and_is_not_shown(city: City) -> None:
    rights = grants("Citizen.account", "Account.balance")
    wire = city.gateway(rights).ask("{ mayor { account { balance } } }")
    shown = city.gateway(rights).ask("{ mayor { idNumber account { balance } } }")

    assert wire.data == {"mayor": {"account": {"balance": 440_044}}}
    assert wire.shows(BEN) == {"fund"}
    assert shown.json["data"] is None
    assert shown.codes() == [("ACCESS_DENIED", "mayor.idNumber")]


def test_an_input_feeds_what_it_may_feed_and_is_not_shown(city: City) -> None:
    rights = grants("Citizen.limit", Citizen__income=uses("join"))
    wire = city.gateway(rights).ask("{ mayor { limit income i: income } }")

    assert wire.data == {"mayor": {"limit": 606_006_606, "income": None, "i": None}}
    assert [path for _, path in wire.codes()] == ["mayor.income", "mayor.i"]
    # The declared input goes to the department that needs it, and nowhere else.
    assert wire.shows(660_066) == {"fund"}


def test_a_denied_input_denies_what_it_feeds(city: City) -> None:
    rights = grants("Citizen.limit", "Citizen.name")
    wire = city.gateway(rights).ask("{ mayor { limit } }")

    assert wire.data == {"mayor": {"limit": None}}
    assert wire.codes() == [("ACCESS_DENIED", "mayor.limit")]
    assert wire.shows(606_006_606) == set()
    assert wire.asked("tax") + wire.asked("fund") == ""


def test_the_right_to_an_input_for_one_field_is_none_to_select_it(city: City) -> None:
    rights = grants("Citizen.name", Citizen__income=FEEDS)
    wire = city.gateway(rights).ask("{ mayor { name income } }")

    assert wire.data == {"mayor": {"name": "NAME-BEN", "income": None}}
    assert wire.asked("tax") == ""


def test_no_department_lowers_the_grade_of_what_another_ones_data_feeds() -> None:
    lowered = SDL["fund"].replace(
        '@requires(fields: "income") @classified(level: 3)',
        '@requires(fields: "income") @classified(level: 1)',
    )
    composition = compose(
        load_subgraph(name, f"http://{name}.example", lowered if name == "fund" else sdl)
        for name, sdl in SDL.items()
    )

    assert composition.supergraph is None
    assert any("Citizen.limit" in error.message for error in composition.errors)


CONTEXT = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",
  import: ["@key", "@context", "@fromContext", "@external"])
type Query { me: Person }
type Person @key(fields: "id") @context(name: "who") { id: ID! income: Int offer: Offer }
type Offer @key(fields: "id") {
  id: ID!
  rate(income: Int @fromContext(field: "$who { income }")): Int
}
"""


async def test_a_denied_value_from_context_denies_what_it_feeds() -> None:
    composition = compose([load_subgraph("bank", "http://bank", CONTEXT)])
    assert composition.supergraph is not None, composition.errors
    state = build_state(composition.supergraph)
    operation = parse_operation("{ me { offer { rate } } }", state.schema, None, Limits()).operation
    question = ask(operation, {}, Asker(Caller("c", "person"), None, (), 1), state.index)

    def decide(asked: AccessRequest) -> Decision:
        open_but_for = {
            key: Verdict(Effect.DENY if key == ("Person.income", "join") else Effect.ALLOW, (), "r")
            for key in allow_all(asked).verdicts
        }
        return Decision(open_but_for, {}, "r")

    restriction = restrict(operation, {}, decided(question, state.index, decide), state.index)

    assert [refusal.path for refusal in restriction.refusals] == [("me", "offer", "rate")]
    assert "income" not in str(restriction.operation)

"""A contextual argument has to be given on every way that leads to its field."""

from federation.composition import Composition, compose
from federation.coordinate import Coordinate
from federation.subgraph import load_subgraph
from tests.support.planned import LINK

PERSON = 'type Person @key(fields: "id") @context(name: "person") { id: ID! account: Account '
ACCOUNT = (
    'type Account @key(fields: "id") { id: ID! '
    'balance(currency: String @fromContext(field: "$person { currency }")): Int }'
)


def composition(*bodies: str) -> Composition:
    return compose(
        load_subgraph(f"s{at}", f"http://s{at}.example", LINK + body)
        for at, body in enumerate(bodies)
    )


def test_a_way_without_the_context_cannot_be_answered() -> None:
    body = (
        f"type Query {{ person: Person account: Account }} {PERSON} currency: String }} {ACCOUNT}"
    )

    found = composition(body).errors

    assert [(each.code, each.coordinate) for each in found] == [
        ("SATISFIABILITY_ERROR", Coordinate("Account", "balance"))
    ]
    assert "context person" in found[0].message


def test_ways_that_lead_through_the_context_compose() -> None:
    body = f"type Query {{ person: Person }} {PERSON} currency: String }} {ACCOUNT}"

    assert not composition(body).errors


def test_the_value_may_come_from_another_subgraph() -> None:
    body = f"type Query {{ person: Person }} {PERSON} currency: String @external }} {ACCOUNT}"
    other = 'type Person @key(fields: "id") { id: ID! currency: String }'

    assert not composition(body, other).errors


def test_the_value_must_be_within_reach_of_its_holder() -> None:
    body = f"type Query {{ person: Person }} {PERSON} currency: String @external }} {ACCOUNT}"
    other = 'type Person @key(fields: "no") { no: ID! currency: String }'

    found = composition(body, other).errors

    assert ("SATISFIABILITY_ERROR", Coordinate("Account", "balance")) in [
        (each.code, each.coordinate) for each in found
    ]

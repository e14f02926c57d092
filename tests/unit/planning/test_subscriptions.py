"""Plans of subscriptions: one source, and entity fetches for each event."""

from __future__ import annotations

from federation.composition import compose
from federation.operation import Limits, parse_operation
from federation.planning import OperationPlan, plan
from federation.query_graph import build_query_graph
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from tests.support.event_subgraph import DESK, PEOPLE


def _plan(text: str, **sdl: str) -> OperationPlan:
    composed = compose(load_subgraph(name, f"http://{name}", each) for name, each in sdl.items())
    assert composed.supergraph is not None, composed.diagnostics
    operation = parse_operation(
        text, build_api_schema(composed.supergraph), None, Limits()
    ).operation
    return plan(operation, build_query_graph(composed.supergraph))


def test_the_source_comes_first_and_what_follows_are_queries() -> None:
    text = "subscription ($n: Int) { ticket(most: $n) { owner } }"

    made = _plan(text, desk=DESK, people=PEOPLE)

    source, entities = made.fetches
    assert (made.kind, source.id, source.kind, source.subgraph) == (
        "subscription",
        0,
        "subscription",
        "desk",
    )
    assert source.text.startswith("subscription($n: Int) {")
    assert (source.variables, entities.variables) == (("n",), ())
    assert (entities.kind, entities.subgraph, entities.after) == ("query", "people", (0,))


def test_a_field_that_two_subgraphs_have_is_subscribed_to_once() -> None:
    def both(field: str) -> str:
        return f"""
        type Query {{ {field}s: Int }}
        type Subscription {{ thing: Thing }}
        type Thing @key(fields: "id") {{ id: ID! {field}: Int }}
        """

    made = _plan("subscription { thing { a b } }", one=both("a"), two=both("b"))

    assert [(fetch.kind, fetch.subgraph) for fetch in made.fetches] == [
        ("subscription", "one"),
        ("query", "two"),
    ]

"""What a view shows of lists that are parts of longer ones, where some of their rows are unseen."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, parse, print_schema, validate, validate_schema

from federation.access import (
    AccessIndex,
    AccessRequest,
    Asker,
    Decision,
    OperationFacts,
    build_access_index,
    build_view,
    everything,
    restrict,
)
from federation.composition import compose
from federation.operation import Limits, parse_operation
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema
from tests.unit.access.world import CALLER, NOW, decide

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
type Query {
  parties(first: Int): [Party!]!
  firms(first: Int): [Firm!]!
  found(first: Int, after: String): Found!
  listed(first: Int = 10): Listed!
  chosen(first: Int!): Chosen!
  bundle(first: Int): Bundle!
  source: Source!
}
union Party = Citizen | Firm
type Citizen @key(fields: "id") { id: ID!, name: String }
type Firm @key(fields: "id") { id: ID!, title: String, parties(first: Int): [Party!] }
type Found { parties: [Party!]!, note: String, next: Found }
type Listed { parties: [Party!]!, firms: [Firm!]! }
type Chosen { parties: [Party!]!, note: String }
type Bundle { found: Found, note: String }
interface Source { parties(last: Int): [Party!] }
type Paper implements Source { parties(last: Int): [Party!] }
"""
ASKED = [
    "{ parties { __typename } }",
    "{ parties(first: 1) { __typename } }",
    "{ firms(first: 1) { title } }",
    "{ found(first: 1) { parties { __typename } } }",
    '{ found(after: "x") { parties { __typename } } }',
    "{ found(first: 1) { next { next { parties { __typename } } } } }",
    "{ found { next { parties { __typename } } } }",
    "{ listed { parties { __typename } } }",
    "{ listed(first: 1) { firms { title } } }",
    "{ chosen(first: 1) { parties { __typename } } }",
    "{ chosen(first: 1) { note } }",
    "{ bundle(first: 1) { found { parties { __typename } } } }",
    "{ bundle { found { parties { __typename } } } }",
    "{ firms { parties(first: 1) { __typename } } }",
    "{ firms { parties { __typename } } }",
    "{ source { parties(last: 1) { __typename } } }",
    "{ source { parties { __typename } } }",
]


@pytest.fixture(scope="module")
def index() -> AccessIndex:
    composition = compose([load_subgraph("city", "http://city", SDL)])
    assert composition.supergraph is not None
    return build_access_index(composition.supergraph, build_api_schema(composition.supergraph))


def _decision(index: AccessIndex, *denied: str) -> Decision:
    question = AccessRequest(
        Asker(CALLER, "p", (), NOW), OperationFacts("query"), everything(index)
    )
    return decide(question, denied=denied)


def _view(index: AccessIndex, *denied: str) -> GraphQLSchema:
    schema = build_view(index, _decision(index, *denied))
    assert validate_schema(schema) == []
    return schema


@pytest.mark.parametrize("text", ASKED)
def test_what_is_shown_of_pages_is_answered_and_nothing_else(index: AccessIndex, text: str) -> None:
    denied = "Citizen.id", "Citizen.name"
    schema, decision = _view(index, *denied), _decision(index, *denied)
    operation = parse_operation(text, index.schema, None, Limits()).operation

    refusals = restrict(operation, {}, decision, index).refusals

    assert bool(validate(schema, parse(text))) == bool(refusals)


def test_whoever_sees_something_of_all_rows_is_offered_all_pages(index: AccessIndex) -> None:
    assert print_schema(_view(index, "Citizen.name")) == print_schema(_view(index)).replace(
        "\n  name: String", "", 1
    )

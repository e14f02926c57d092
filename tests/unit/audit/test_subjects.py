"""Persons that arguments name, wherever in them and however written."""

from typing import Any

import pytest

from federation.access import build_access_index
from federation.audit import (
    build_subject_inputs,
    named_subjects,
    plain_text,
    subject_arguments,
    subject_digest,
)
from federation.composition import compose
from federation.operation import Limits, parse_operation
from federation.subgraph import load_subgraph
from federation.supergraph import build_api_schema

SDL = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@filters", "@dataSubject"])
directive @dataSubject on FIELD_DEFINITION
directive @filters(field: String!, use: datong__FilterUse = FILTER) repeatable on
  ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
enum datong__FilterUse { FILTER SORT }
type Query {
  citizen(number: ID! @filters(field: "Citizen.number")): Citizen
  search(where: Where, limit: Int, order: Order @filters(field: "Citizen.number", use: SORT)):
    [Citizen!]
  match(number: Test @filters(field: "Citizen.number"), name: Test): [Citizen!]
}
scalar Test
enum Order { UP DOWN }
input Where { all: [Where!] who: Text @filters(field: "Citizen.number") name: Text }
input Text { eq: String in: [String!] }
type Citizen @key(fields: "number") {
  number: ID! @dataSubject
  name: String
  friends(of: [ID!] @filters(field: "Citizen.number")): [Citizen!]
}
"""


def named(query: str, **variables: Any) -> list[Any]:
    composition = compose([load_subgraph("a", "http://a", SDL)])
    assert composition.supergraph is not None, composition.errors
    schema = build_api_schema(composition.supergraph)
    inputs = build_subject_inputs(build_access_index(composition.supergraph, schema))
    operation = parse_operation(query, schema, None, Limits()).operation
    return list(named_subjects(subject_arguments(operation, inputs), variables, inputs))


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ('{ citizen(number: "1") { name } }', {}, ["1"]),
        ("query ($n: ID!) { citizen(number: $n) { name } }", {"n": "2"}, ["2"]),
        ("query ($w: Where) { search(where: $w) { name } }", {}, []),
        (
            "query ($w: Where) { search(where: $w, limit: 5) { name } }",
            {"w": {"all": [{"who": {"in": ["3", "4"]}}, {"name": {"eq": "5"}}], "who": None}},
            ["3", "4"],
        ),
        (
            'query ($t: Text) { search(where: {who: $t, name: {eq: "x"}}) { name } }',
            {"t": {"eq": "6"}},
            ["6"],
        ),
        ("{ search(limit: 1, order: UP) { friends(of: [7, 8]) { name } } }", {}, [7, 8]),
        ("{ search { friends { name } } }", {}, []),
        (
            'query ($t: Test) { match(number: {any: [{eq: "9"}, $t]}, name: {eq: "x"}) { name } }',
            {"t": {"in": ["10"]}},
            ["9", "10"],
        ),
    ],
)
def test_only_what_tests_a_data_subject_counts(
    query: str, variables: dict[str, Any], expected: list[Any]
) -> None:
    assert named(query, **variables) == expected


def test_one_number_has_one_digest_however_it_is_written() -> None:
    key = b"k" * 32
    forms = ("99010219900101123X", " 99010219900101123x ", "９９０１０２１９９００１０１１２３ｘ")

    assert len({subject_digest(key, form) for form in forms}) == 1
    assert subject_digest(key, 12) == subject_digest(key, "12")
    assert subject_digest(key, "12") != subject_digest(b"l" * 32, "12")
    assert plain_text("１２x") == "12X"

"""What is found valid at a glance, what is left to graphql-core, and what bounds its work."""

import pytest
from graphql import build_schema, parse, specified_rules, validate

from federation.operation.plain import is_plainly_valid
from federation.operation.validation import validation_errors
from tests.support.operations import DIRECTIVES

SCHEMA = build_schema(
    DIRECTIVES
    + """
    scalar Any
    enum Colour { RED GREEN }
    input Spot { x: Int!, y: Int = 0, colour: Colour, more: [Spot!] }
    input Either @oneOf { a: Int, b: String }
    interface Being { id: ID! name: String kin: [Being] }
    type Cat implements Being { id: ID! name: String kin: [Being] lives(at: Int): Int }
    type Dog implements Being { id: ID! name: String kin: [Being] tricks: [String] }
    union Pet = Cat | Dog
    type Query {
      cat(id: ID!, first: Int! = 3): Cat being(near: Spot): Being beings(ids: [ID!]): [Being]
      pet: Pet
      any(of: Any): Any either(it: Either): Int
    }
    type Mutation { name(name: String!): Being }
    type Subscription { born: Being died: Being }
    """
)
PLAIN = [
    "{ pet { __typename } }",
    '{ cat(id: "1") { id lives(at: 1) } }',
    "query Q($id: ID!, $n: Int = 1) { cat(id: $id, first: $n) { id } }",
    "query ($id: ID!, $n: Int) { cat(id: $id, first: $n) { id } }",
    "query ($ids: [ID!]!) { beings(ids: $ids) { id } }",
    'query ($id: ID = "1") { cat(id: $id) { id } }',
    "query ($id: ID!) { beings(ids: [1, $id]) { id } }",
    "{ beings(ids: 1) { id } }",
    "{ beings(ids: null) { id } }",
    "query ($x: Int!, $s: Spot!) { being(near: {x: $x, more: [{x: 1}, $s], colour: RED}) { id } }",
    "{ being(near: {x: 1, more: {x: 2}}) { id } }",
    "query ($b: Boolean!) { pet { ... on Cat @skip(if: $b) { id @include(if: true) } } }",
    "{ pet { ...C ... on Being { name } } } fragment C on Cat { ...B } fragment B on Being { id }",
    "fragment B on Being { id kin { ...N } } fragment N on Being { name } { being { ...B ...N } }",
    'mutation { name(name: "a") { id } }',
    "{ any(of: 1) }",
]
LEFT = [
    "{ __schema { types { name } } }",
    '{ __type(name: "Cat") { name } }',
    "query A { pet { __typename } } query B { pet { __typename } }",
    "subscription { born { id } }",
    "{ any(of: {a: [1]}) }",
    "query ($x: Int) { any(of: [$x]) }",
    "{ either(it: {a: 1}) }",
    "{ pet { ... @defer { __typename } } }",
    "{ beings @stream { id } }",
]
INVALID = [
    "{ nothing }",
    "{ pet }",
    '{ cat(id: "1") { id { x } } }',
    "{ pet { name } }",
    "{ cat { id } }",
    '{ cat(id: "1", id: "2") { id } }',
    '{ cat(id: "1", unknown: 1) { id } }',
    "{ cat(id: null) { id } }",
    "{ cat(id: 1.5) { id } }",
    '{ cat(id: "1", first: 99999999999) { id } }',
    "{ cat(id: $id) { id } }",
    "query ($id: ID) { cat(id: $id) { id } }",
    "query ($id: ID = null) { cat(id: $id) { id } }",
    "query ($id: [ID!]!) { cat(id: $id) { id } }",
    "query ($ids: [ID]) { beings(ids: $ids) { id } }",
    "query ($id: ID) { beings(ids: [$id]) { id } }",
    "query ($id: ID!, $id: ID!) { cat(id: $id) { id } }",
    "query ($x: Int) { pet { __typename } }",
    "query ($x: Int = true) { being(near: {x: $x}) { id } }",
    "query ($x: Cat) { being(near: {x: $x}) { id } }",
    "query ($x: Nothing) { being(near: {x: $x}) { id } }",
    "query ($x: Int! @skip(if: true)) { being(near: {x: $x}) { id } }",
    "{ being(near: {y: 1}) { id } }",
    "{ being(near: {x: 1, x: 2}) { id } }",
    "{ being(near: {x: 1, z: 2}) { id } }",
    "{ being(near: {x: 1, colour: BLUE}) { id } }",
    '{ being(near: {x: 1, colour: "RED"}) { id } }',
    "{ being(near: [{x: 1}]) { id } }",
    "{ being(near: 1) { id } }",
    "{ pet { ...Missing } }",
    "{ pet { ... on Nothing { id } } }",
    "{ pet { ... on Spot { x } } }",
    "{ cat(id: 1) { ... on Dog { id } } }",
    "{ cat(id: 1) { ...D } } fragment D on Dog { id }",
    "{ pet { __typename } } fragment Unused on Cat { id }",
    "{ pet { ...C } } fragment C on Cat { id } fragment C on Cat { name }",
    "{ pet { ...C } } fragment C on Cat { id kin { ...B } } fragment B on Being { ...C }",
    "{ pet { ...C } } fragment C on Cat { ...C }",
    "{ pet { ...C } } fragment C on Cat @skip(if: true) { id }",
    "{ pet { ...C } } fragment C on Nothing { id }",
    "query @skip(if: true) { pet { __typename } }",
    "{ pet { __typename @skip } }",
    "{ pet { __typename @skip(if: 1) } }",
    "{ pet { __typename @skip(if: true) @skip(if: true) } }",
    "{ pet { __typename @skip(if: true, when: 1) } }",
    "{ pet { __typename @unknown } }",
    "{ pet { ...C @skip(if: $b) } } fragment C on Cat { id }",
    "type Cat { id: ID } { pet { __typename } }",
    "subscription { born { id } died { id } }",
]


@pytest.mark.parametrize("text", PLAIN)
def test_common_operations_are_valid_at_a_glance(text: str) -> None:
    document = parse(text)

    assert is_plainly_valid(document, SCHEMA)
    assert not validate(SCHEMA, document)


@pytest.mark.parametrize("text", [*LEFT, *INVALID])
def test_the_rest_is_left_to_graphql_core(text: str) -> None:
    document = parse(text)

    assert not is_plainly_valid(document, SCHEMA)
    expected = validate(SCHEMA, document, hide_suggestions=True)
    assert validation_errors(document, SCHEMA, 100) == expected
    assert bool(expected) is (text in INVALID)


def _nested(fragments: int) -> str:
    """Fragments within each other, with three selection sets in each."""
    chain = [
        f"fragment F{at} on Being {{ kin {{ kin {{ ...F{at + 1} }} }} }}" for at in range(fragments)
    ]
    return f"{{ being {{ ...F0 }} }} {' '.join(chain)} fragment F{fragments} on Being {{ id }}"


@pytest.mark.parametrize("fragments", [65, 66, 67, 300])
def test_nesting_through_fragments_is_bounded_as_in_graphql_core(fragments: int) -> None:
    document = parse(_nested(fragments))
    # All but the comparison of fields, which the stack does not bear everywhere.
    rules = [each for each in specified_rules if "Overlapping" not in each.__name__]

    assert is_plainly_valid(document, SCHEMA) is not bool(validate(SCHEMA, document, rules))


def test_fields_repeated_thousands_of_times_are_valid() -> None:
    text = f"{{ pet {{ ... on Cat {{ {'lives(at: 1) ' * 4_000} }} }} }}"

    assert not validation_errors(parse(text), SCHEMA, 50)


def test_search_for_words_for_a_conflict_ends() -> None:
    text = f"{{ pet {{ ... on Cat {{ {'lives(at: 1) ' * 4_000} lives(at: 2) }} }} }}"

    errors = validation_errors(parse(text), SCHEMA, 50)

    assert [error.message for error in errors] == ["Validation aborted."]

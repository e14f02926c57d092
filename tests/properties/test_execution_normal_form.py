"""A normalised operation asks the same as the text it came from."""

from itertools import product
from random import Random
from typing import Any

from graphql import GraphQLSchema, build_schema, execute_sync, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from federation.operation import EMPTY, parse_operation
from federation.selection import InlineFragment, SelectionSet
from tests.support.operations import OperationWriter
from tests.support.plans import UNLIMITED

SCHEMA = build_schema(
    """
    interface Node { id: ID! friend: Node }
    interface Named { name: String friend: Node }
    type User implements Node & Named { id: ID! name: String friend: Node posts: [Post!] rank: Int }
    type Post implements Node { id: ID! friend: Node title: String author: User things: [Thing] }
    type Place implements Named { name: String friend: Node near: [Place] }
    union Thing = User | Post | Place
    union Pair = User | Place
    type Query { me: User node: Node named: Named things: [Thing!] pair: Pair posts: [Post] }
    """
)


def _row(random: Random, depth: int) -> dict[str, Any] | None:
    if depth == 0 or random.random() < 0.1:
        return None
    below = [_row(random, depth - 1) for _ in range(2)]
    rows: list[dict[str, Any]] = [
        {"__typename": "User", "id": random.randint(1, 9), "name": "u", "rank": 1},
        {"__typename": "Post", "id": random.randint(1, 9), "title": "t"},
        {"__typename": "Place", "name": "p"},
    ]
    row = random.choice(rows)
    row["things"] = [each for each in below if each]
    row["posts"] = [each for each in below if each and each["__typename"] == "Post"]
    row["near"] = [each for each in below if each and each["__typename"] == "Place"]
    row["friend"] = next((e for e in below if e and e["__typename"] in {"User", "Post"}), None)
    row["author"] = next((e for e in below if e and e["__typename"] == "User"), None)
    return row


def _root(random: Random) -> dict[str, Any]:
    rows = [row for row in (_row(random, 4) for _ in range(6)) if row]

    def first(*types: str) -> dict[str, Any] | None:
        return next((row for row in rows if row["__typename"] in types), None)

    return {
        "me": first("User"),
        "node": first("User", "Post"),
        "named": first("Place", "User"),
        "things": rows,
        "pair": first("User", "Place"),
        "posts": [row for row in rows if row["__typename"] == "Post"],
    }


def _answer(schema: GraphQLSchema, text: str, root: object, variables: dict[str, Any]) -> object:
    result = execute_sync(schema, parse(text), root_value=root, variable_values=variables)
    assert not result.errors, result.errors
    return _ordered(result.data)


def _ordered(value: Any) -> Any:
    """Objects as lists of pairs, so that key order counts; the marker of emptiness left out."""
    if isinstance(value, dict):
        return [(key, _ordered(item)) for key, item in value.items() if key != EMPTY.alias]
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def _fragments_within(selections: SelectionSet, depth: int = 0) -> int:
    """The most inline fragments that stand directly in one another."""
    return max(
        (
            _fragments_within(each.selections, depth + 1)
            if isinstance(each, InlineFragment)
            else max(depth, _fragments_within(each.selections))
            for each in selections
        ),
        default=depth,
    )


@given(st.integers(min_value=0, max_value=10**9))
def test_normalised_operation_answers_like_its_text(seed: int) -> None:
    random = Random(seed)
    text = OperationWriter(SCHEMA, random).query()
    root = _root(random)
    if validate(SCHEMA, parse(text)):
        return

    operation = parse_operation(text, SCHEMA, None, UNLIMITED).operation

    for yes, no in product([True, False], repeat=2):
        given_values = {"yes": yes, "no": no}
        answer = _answer(SCHEMA, str(operation), root, given_values) if operation.selections else []
        assert answer == _answer(SCHEMA, text, root, given_values)
    assert not operation.selections or validate(SCHEMA, parse(str(operation))) == []
    assert _fragments_within(operation.selections) <= 1
    again = parse_operation(text, SCHEMA, None, UNLIMITED)
    assert hash(again.operation) == hash(operation)

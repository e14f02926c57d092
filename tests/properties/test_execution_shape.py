"""The response is shaped as graphql-core executes: same data, same key order, same error paths."""

import asyncio
import re
from itertools import product
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NameNode,
    SelectionSetNode,
    Visitor,
    build_schema,
    execute_sync,
    parse,
    validate,
    visit,
)
from hypothesis import given
from hypothesis import strategies as st

from federation.execution import ExecutionRequest, SubgraphReply, execute
from tests.support.city import Replies
from tests.support.operations import OperationWriter
from tests.support.plans import plan_of, root

SDL = """
interface Node { id: ID! next: Node }
enum Sex { MALE FEMALE }
type User implements Node { id: ID! next: User! name: String! sex: Sex rank: Int things: [Thing!] }
type Post implements Node { id: ID! next: Node title: String grid: [[Int!]]! author: User! }
union Thing = User | Post
type Query {
  me: User node: Node! things: [Thing] strict: [Thing!]! posts: [[Post!]!] done: Boolean
}
"""
SCHEMA = build_schema(SDL)
LENIENT = build_schema(
    "scalar Any "
    + re.sub(r"\b(ID|Sex|String|Int|Boolean)\b", "Any", SDL.replace("!", "")).replace(
        "enum Any { MALE FEMALE }", ""
    )
)


class _Typenames(Visitor):
    """Asks every object for its type, as a plan does for abstract values."""

    def leave_selection_set(self, node: SelectionSetNode, *_: object) -> SelectionSetNode:
        typename = FieldNode(name=NameNode(value="__typename"))
        return SelectionSetNode(selections=(typename, *node.selections))


def _leaf(random: Random, *values: Any) -> Any:
    return None if random.random() < 0.08 else random.choice(values)


def _row(random: Random, kind: str, depth: int) -> dict[str, Any] | None:
    if depth == 0 or random.random() < 0.08:
        return None

    def one() -> dict[str, Any] | None:
        return _row(random, random.choice(["User", "Post"]), depth - 1)

    def many() -> Any:
        return _leaf(random, [one() for _ in range(random.randint(0, 3))])

    shared = {"__typename": kind, "id": _leaf(random, 1, "b")}
    if kind == "User":
        return {
            **shared,
            "next": _row(random, "User", depth - 1),
            "name": _leaf(random, "n"),
            "sex": _leaf(random, "MALE", "HIDDEN"),
            "rank": _leaf(random, 1, "x", 2**40),
            "things": many(),
        }
    return {
        **shared,
        "next": one(),
        "title": _leaf(random, "t"),
        "grid": _leaf(random, [[1, 2], None, [3, None]], [[1]]),
        "author": _row(random, "User", depth - 1),
    }


def _root(random: Random) -> dict[str, Any]:
    posts = [[_row(random, "Post", 3)] for _ in range(2)]
    things = [_row(random, random.choice(["User", "Post"]), 4) for _ in range(3)]
    return {
        "me": _row(random, "User", 5),
        "node": _row(random, "Post", 4) or _row(random, "User", 4),
        "things": things,
        "strict": [thing for thing in things if thing],
        "posts": posts,
        "done": _leaf(random, True, "x"),
    }


def _execute(schema: GraphQLSchema, document: DocumentNode, rows: Any, values: Any) -> Any:
    return execute_sync(schema, document, root_value=rows, variable_values=values)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, _ordered(item)) for key, item in value.items()]
    return [_ordered(item) for item in value] if isinstance(value, list) else value


@given(st.integers(min_value=0, max_value=10**9))
def test_shape_equals_the_reference_executor(seed: int) -> None:
    random = Random(seed)
    text = OperationWriter(SCHEMA, random).query()
    document = parse(text)
    rows = _root(random)
    if validate(SCHEMA, document):
        return
    plan = plan_of(text, SCHEMA, root(0, "all", ""))

    for yes, no in product([True, False], repeat=2):
        values = {"yes": yes, "no": no}
        answer = _execute(LENIENT, visit(document, _Typenames()), rows, values)
        assert not answer.errors
        transport = Replies(all=SubgraphReply(answer.data))
        result = asyncio.run(execute(plan, ExecutionRequest(variables=values), transport, SCHEMA))

        expected = _execute(SCHEMA, document, rows, values)
        assert _ordered(result.data) == _ordered(expected.data)
        assert sorted(str(list(error.path or ())) for error in result.errors) == sorted(
            str(error.path) for error in expected.errors or ()
        )

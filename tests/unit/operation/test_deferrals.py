"""The normal form of ``@defer`` and ``@stream``: conditions on fields, numbered from outside in."""

import pytest
from graphql import build_schema

from federation.operation import Limits, parse_operation
from tests.support.operations import DIRECTIVES

SCHEMA = build_schema(
    """
    type Query { me: Person  all: [Person!]! }
    type Mutation { change: Person }
    type Subscription { changed: Person }
    type Person { name: String  home: Home  friends: [Person] }
    type Home { street: String  town: String }
    """
    + DIRECTIVES
)


def normal(text: str) -> str:
    parsed = parse_operation(text, SCHEMA, None, Limits(), is_incremental=True)
    return str(parsed.operation)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{ me { ... @defer(label: "a") { name } } }',
            'query { me { ... @defer(label: "a") { name } } }',
        ),
        (
            '{ me { ...F @defer(label: "a\\"b") } } fragment F on Person { name home { town } }',
            'query { me { ... @defer(label: "a\\"b") { name }'
            ' ... @defer(label: "a\\"b") { home { town } } } }',
        ),
        # One within another stands within it; equal fields are told apart by where they come.
        (
            "{ me { name ... @defer { name ... @defer { home { town } } } } }",
            "query { me { name ... @defer { name } ... @defer { ... @defer { home { town } } } } }",
        ),
        ("{ me { ... @defer(if: false) { name } } }", "query { me { name } }"),
        ("{ me { ... @defer(if: true) { name } } }", "query { me { ... @defer { name } } }"),
        (
            "query ($v: Boolean!) { me { ... @defer(if: $v) { name @skip(if: $v) } } }",
            "query($v: Boolean!) { me { ... @defer(if: $v) { name @skip(if: $v) } } }",
        ),
        (
            '{ all @stream(initialCount: 2, label: "s") { name } }',
            'query { all @stream(initialCount: 2, label: "s") { name } }',
        ),
        ("{ all @stream(if: false) { name } }", "query { all { name } }"),
    ],
)
def test_deferrals_stand_on_fields(text: str, expected: str) -> None:
    assert normal(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "mutation { change { ... @defer { name } friends @stream { name } } }",
        "subscription { changed { ... @defer(if: false) { name } friends { name } } }",
    ],
)
def test_only_queries_are_answered_in_parts(text: str) -> None:
    assert "@" not in normal(text)


def test_the_directives_mean_nothing_to_who_takes_no_parts() -> None:
    text = '{ me { ... @defer(label: "a") { name } } all @stream { name } }'

    parsed = parse_operation(text, SCHEMA, None, Limits())

    assert str(parsed.operation) == "query { me { name } all { name } }"


def test_no_label_is_in_the_signature() -> None:
    text = '{ me { ... @defer(label: "330102") { name } } all @stream(label: "330103") { name } }'

    parsed = parse_operation(text, SCHEMA, None, Limits(), is_incremental=True)

    assert parsed.signature == (
        "query { me { ... @defer { name } } all @stream(initialCount: 0) { name } }"
    )

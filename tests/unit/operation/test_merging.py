"""Fields that share a response key: which situations merge, by the rule's own verdict too."""

import pytest
from graphql import (
    DocumentNode,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    parse,
    validate,
)

from federation.operation.merging import fields_merge
from tests.support.operations import DIRECTIVES

SCHEMA = build_schema(
    DIRECTIVES
    + """
    interface Item { id: ID! title(lang: String, short: Boolean): String near(of: Spot): [Item] }
    input Spot { x: Int, y: Int }
    type Book implements Item {
      id: ID! title(lang: String, short: Boolean): String near(of: Spot): [Item]
      pages: Int code: String! writer: Person lent: [[Person]] other: Book
    }
    type Film implements Item {
      id: ID! title(lang: String, short: Boolean): String near(of: Spot): [Item]
      pages: String! code: String minutes: Int writer: [Person] lent: [Person] other: Film
    }
    type Person { name: String born: Int friend: Person likes: Item }
    union Owned = Book | Film | Person
    type Query { item: Item book: Book person: Person owned: Owned all: [Item] }
    """
)
ON_BOOK, ON_FILM = "... on Book", "... on Film"

MERGES = {
    "nothing": "{ item { id title } }",
    "the same field": "{ person { name name } }",
    "the same alias": "{ person { a: name a: name } }",
    "aliases of one field": "{ person { a: name b: name } }",
    "one argument twice": '{ item { title(lang: "a") title(lang: "a") } }',
    "arguments in another order": (
        '{ item { title(lang: "a", short: true) title(short: true, lang: "a") } }'
    ),
    "one variable twice": "query ($l: String) { item { title(lang: $l) title(lang: $l) } }",
    "input objects alike": "{ item { near(of: {x: 1}) { id } near(of: {x: 1}) { title } } }",
    "different directives": "{ person { name @skip(if: true) name @include(if: true) } }",
    "fragment spread twice": "{ person { ...N ...N } } fragment N on Person { name }",
    "field and fragment": "{ person { name ...N } } fragment N on Person { name born }",
    "objects that exclude each other": (
        f'{{ item {{ {ON_BOOK} {{ a: title(lang: "a") }} {ON_FILM} {{ a: title }} }} }}'
    ),
    "different fields of one type in exclusive objects": (
        f"{{ item {{ {ON_BOOK} {{ n: pages }} {ON_FILM} {{ n: minutes }} }} }}"
    ),
    "below exclusive objects": (
        f"{{ item {{ {ON_BOOK} {{ other {{ a: title }} }}"
        f' {ON_FILM} {{ other {{ a: title(lang: "b") }} }} }} }}'
    ),
    "different objects of one shape": (
        f"{{ item {{ {ON_BOOK} {{ x: writer {{ name }} }}"
        f" {ON_BOOK} {{ x: writer {{ born }} }} }} }}"
    ),
    "deeper, all the same": (
        "{ person { likes { id near { id } } likes { near { id title } id } } }"
    ),
    "through fragments in fragments": (
        "{ person { ...A friend { name } } } fragment A on Person { ...B }"
        " fragment B on Person { friend { born name } }"
    ),
    "types and titles of a union": (
        f"{{ owned {{ __typename {ON_BOOK} {{ __typename id }} {ON_FILM} {{ id }} }} }}"
    ),
    "streamed once": "{ all @stream(initialCount: 1) { id } }",
}
CONFLICTS = {
    "two fields under one alias": "{ person { a: name a: born } }",
    "alias that hides a field": "{ person { name: born name } }",
    "one with an argument": '{ item { title title(lang: "a") } }',
    "other arguments": '{ item { title(lang: "a") title(short: true) } }',
    "other values": '{ item { title(lang: "a") title(lang: "b") } }',
    "block string beside a string": '{ item { title(lang: "a") title(lang: """a""") } }',
    "literal beside a variable": 'query ($l: String) { item { title(lang: "a") title(lang: $l) } }',
    "other variables": (
        "query ($l: String, $m: String) { item { title(lang: $l) title(lang: $m) } }"
    ),
    "fields of input objects": "{ item { near(of: {x: 1}) { id } near(of: {x: 2}) { id } } }",
    "interface beside an object": (
        f'{{ item {{ a: title(lang: "a") {ON_BOOK} {{ a: title }} }} }}'
    ),
    "object beside an interface, the other way round": (
        f"{{ item {{ {ON_BOOK} {{ a: code }} a: title }} }}"
    ),
    "interface beside two objects, one of them alike": (
        f"{{ item {{ {ON_BOOK} {{ a: id }} {ON_FILM} {{ a: code }} a: id }} }}"
    ),
    "scalars that differ in exclusive objects": (
        f"{{ item {{ {ON_BOOK} {{ n: pages }} {ON_FILM} {{ n: title }} }} }}"
    ),
    "nullable beside required": f"{{ item {{ {ON_BOOK} {{ code }} {ON_FILM} {{ code }} }} }}",
    "list beside an object": (
        f"{{ item {{ {ON_BOOK} {{ writer {{ name }} }} {ON_FILM} {{ writer {{ name }} }} }} }}"
    ),
    "list beside a list of lists": (
        f"{{ item {{ {ON_BOOK} {{ lent {{ name }} }} {ON_FILM} {{ lent {{ name }} }} }} }}"
    ),
    "scalar beside an object": (
        f"{{ item {{ {ON_BOOK} {{ x: other {{ id }} }} {ON_FILM} {{ x: minutes }} }} }}"
    ),
    "below one field twice": "{ person { friend { a: name } friend { a: born } } }",
    "far below": "{ person { friend { friend { a: name } } friend { friend { a: born } } } }",
    "shapes below exclusive objects": (
        f"{{ item {{ {ON_BOOK} {{ x: other {{ a: pages }} }}"
        f" {ON_FILM} {{ x: other {{ a: minutes a: pages }} }} }} }}"
    ),
    "shapes far below exclusive objects": (
        f"{{ item {{ {ON_BOOK} {{ x: other {{ other {{ a: pages }} }} }}"
        f" {ON_FILM} {{ x: other {{ other {{ a: title }} }} }} }} }}"
    ),
    "in a fragment itself": "{ person { ...A } } fragment A on Person { a: name a: born }",
    "between fragments": (
        "{ person { ...A ...B } } fragment A on Person { a: name } fragment B on Person { a: born }"
    ),
    "between a field and a fragment in a fragment": (
        "{ person { a: name ...A } } fragment A on Person { ...B } fragment B on Person { a: born }"
    ),
    "below fields of two fragments": (
        "{ person { ...A ...B } } fragment A on Person { friend { ...C } }"
        " fragment B on Person { friend { a: born } } fragment C on Person { a: name }"
    ),
    "in the second operation": "query A { person { name } } query B { person { a: name a: born } }",
    "streamed twice": "{ all @stream { id } all @stream { id } }",
    "streamed and not": "{ all @stream(initialCount: 1) { id } all { id } }",
    "streamed in exclusive objects": (
        f"{{ item {{ {ON_BOOK} {{ near @stream {{ id }} }} {ON_FILM} {{ near {{ id }} }} }} }}"
    ),
}


@pytest.mark.parametrize("text", MERGES.values(), ids=MERGES)
def test_fields_merge(text: str) -> None:
    document = parse(text)

    assert fields_merge(document, SCHEMA)
    assert not validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule])


@pytest.mark.parametrize("text", CONFLICTS.values(), ids=CONFLICTS)
def test_fields_conflict(text: str) -> None:
    document = parse(text)

    assert not fields_merge(document, SCHEMA)
    assert validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule])


@pytest.mark.parametrize(
    "text",
    [
        "{ person { nothing } }",
        "{ person { ...Missing } }",
        "{ person { ... on Nobody { name } } }",
        "{ person { ... on Spot { x } } }",
        "mutation { rename }",
        "{ person { name { first } } }",
        "{ person { friend friend } }",
    ],
)
def test_other_faults_are_for_other_rules_to_tell(text: str) -> None:
    fields_merge(parse(text), SCHEMA)


def test_fragments_in_circles_end() -> None:
    text = (
        "{ person { ...A } } fragment A on Person { friend { ...A } ...B } fragment B on Person {"
    )

    assert fields_merge(parse(f"{text} ...A name }}"), SCHEMA)


def test_groups_that_multiply_are_left_to_the_rule() -> None:
    assert fields_merge(*_multiplying(types=3, levels=4))
    assert not fields_merge(*_multiplying(types=5, levels=8))


def _multiplying(types: int, levels: int) -> tuple[DocumentNode, GraphQLSchema]:
    """At each level, what each object type selects goes along with what the interface selects."""
    names = [f"T{at}" for at in range(types)]
    schema = build_schema(
        "interface I { i: I } type Query { i: I } "
        + " ".join(f"type {each} implements I {{ i: I }}" for each in names)
    )
    text = "i { __typename }"
    for level in range(levels, 0, -1):
        own = f"{'i { ' * level} __typename {'} ' * level}"
        text = " ".join(f"... on {each} {{ {own} }}" for each in names) + f" i {{ {text} }}"
    return parse(f"{{ i {{ {text} }} }}"), schema

# ruff: noqa: E501 - a subgraph stands on one line
"""Findings that the folders in tests/cases do not show: borderline inputs, each with its codes.

Most were found by the random changes of tests/peers/test_random_composition.py.
"""

import re

import pytest

from federation.composition import SubgraphDocument, compose_documents

HEAD = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [%s])
"""
NAMES = (
    "@composeDirective", "@cost", "@external", "@extends", "@inaccessible", "@interfaceObject", "@key",
    "@listSize", "@override", "@provides", "@requires", "@shareable", "@tag",
)  # fmt: skip
INTERFACE = """type Query { t: T }
interface T @key(fields: "id") { id: ID! x: Int }
type U implements T @key(fields: "id") { id: ID! x: Int }
"""


def codes(*subgraphs: str, plain: bool = False) -> tuple[list[str], list[str]]:
    """Codes of errors and of hints, sorted."""
    head = "" if plain else HEAD % ", ".join(f'"{each}"' for each in NAMES)
    composition = compose_documents(
        SubgraphDocument(name, f"http://{name}", head + sdl)
        for name, sdl in zip("abc", subgraphs, strict=False)
    )
    return (
        sorted({each.code for each in composition.errors}),
        sorted({each.code for each in composition.hints}),
    )


@pytest.mark.parametrize(
    ("expected", "subgraphs"),
    [
        # An extension needs a base, of whatever kind and with whatever key.
        ("EXTENSION_WITH_NO_BASE", ["type Query { b: B } extend type B { x: Int }"]),
        (
            "EXTENSION_WITH_NO_BASE",
            ['type Query { b: B } extend type B @key(fields: "id") { id: ID! }'],
        ),
        ("EXTENSION_WITH_NO_BASE", ["type Query { b: E } extend enum E { A }"]),
        ("", ['type Query { b: B } type B @extends @key(fields: "id") { id: ID! }']),
        # @shareable once on each definition.
        ("INVALID_SHAREABLE_USAGE", ["type Query { a: Int @shareable @shareable }"]),
        ("INVALID_SHAREABLE_USAGE", ["type Query @shareable @shareable { a: Int }"]),
        ("", ["type Query @shareable { a: Int } extend type Query @shareable { b: Int }"]),
        # Who takes over may require or provide; who loses may not; interface objects never take over.
        (
            "",
            [
                'type Query { t: T } type T @key(fields: "id") { id: ID! w: Int z: Int }',
                'type T @key(fields: "id") { id: ID! z: Int @external'
                ' w: Int @requires(fields: "z") @override(from: "a") }',
            ],
        ),
        (
            "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
            [
                'type Query { t: T } type T @key(fields: "id")'
                ' { id: ID! z: Int @external w: Int @requires(fields: "z") }',
                'type T @key(fields: "id") { id: ID! z: Int w: Int @override(from: "a") }',
            ],
        ),
        (
            "INVALID_FIELD_SHARING OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
            [
                INTERFACE,
                'type T @key(fields: "id") @interfaceObject { id: ID! y: Int }',
                'type T @key(fields: "id") @interfaceObject { id: ID! y: Int @override(from: "b") }',
            ],
        ),
        # What several interface objects add is shared.
        (
            "INVALID_FIELD_SHARING",
            [
                INTERFACE,
                'type T @key(fields: "id") @interfaceObject { id: ID! y: Int }',
                'type T @key(fields: "id") @interfaceObject { id: ID! y: Int }',
            ],
        ),
        (
            "EXTERNAL_MISSING_ON_BASE",
            [
                INTERFACE,
                'type T @key(fields: "id") @interfaceObject'
                ' { id: ID! y: Int @external z: Int @requires(fields: "y") }',
            ],
        ),
        # Nobody can tell the type of an interface object whose interface has no key.
        (
            "SATISFIABILITY_ERROR",
            [
                "type Unused { a: Int } interface T { id: ID! x: Int }"
                ' type U implements T @key(fields: "id") { id: ID! x: Int }',
                'type Query { t: T } type T @key(fields: "id") @interfaceObject { id: ID! y: Int }',
            ],
        ),
        (
            "INTERFACE_OBJECT_USAGE_ERROR",
            [
                INTERFACE,
                'type T @key(fields: "id") @interfaceObject { id: ID! y: Int }'
                ' type U @key(fields: "id") { id: ID! z: Int }',
            ],
        ),
        # Interfaces below an interface object's interface do not get its fields by themselves.
        (
            "INTERFACE_FIELD_NO_IMPLEM",
            [
                'type Query { n: N } interface N @key(fields: "id") { id: ID! }'
                ' interface M implements N @key(fields: "id") { id: ID! }'
                ' type T implements M & N @key(fields: "id") { id: ID! }',
                'type N @key(fields: "id") @interfaceObject { id: ID! y: Int }',
            ],
        ),
        # Whoever implements an interface implements those that it gets elsewhere.
        (
            "INVALID_GRAPHQL",
            [
                'type Query { m: M } interface M @key(fields: "id") { id: ID! }'
                ' type T implements M @key(fields: "id") { id: ID! }',
                "interface N { y: Int }"
                ' type M implements N @key(fields: "id") @interfaceObject { id: ID! y: Int }',
            ],
        ),
        # Nobody shares a subscription; the first version of federation marks nothing.
        (
            "INVALID_FIELD_SHARING",
            ["type Query { a: Int } type Subscription { s: Int @shareable }"],
        ),
        # A field set selects something, and its arguments are values of their types.
        ("KEY_INVALID_FIELDS", ['type Query { t: T } type T @key(fields: "") { id: ID! }']),
        *(
            (
                expected,
                [
                    'type Query { t: T } type T @key(fields: "id")'
                    " { id: ID! f(a: Int, b: [E!], c: In, d: Any, e: Float): Int }"
                    " enum E { A } input In { x: Int! y: [In] } scalar Any",
                    'type T @key(fields: "id") { id: ID!'
                    " f(a: Int, b: [E!], c: In, d: Any, e: Float): Int @external"
                    f' g: Int @requires(fields: """f({given})""") }}'
                    " enum E { A } input In { x: Int! y: [In] } scalar Any",
                ],
            )
            for expected, given in (
                ("", "a: 1, b: A, c: {x: 1, y: [{x: 2}, null]}, d: {z: [A, 1.5]}, e: 1"),
                ("", "a: null, b: [A, A], c: null"),
                *(
                    ("REQUIRES_INVALID_FIELDS", wrong)
                    for wrong in (
                        'a: "x"',
                        "a: 1.5",
                        "a: $x",
                        "b: [null]",
                        "b: B",
                        'b: "A"',
                        "c: {}",
                        "c: {x: null}",
                        "c: {x: 1, z: 1}",
                        "c: 1",
                        "d: [$x]",
                        'e: "1"',
                    )
                ),
            )
        ),
        # A composite field without a selection is one mistake.
        (
            "REQUIRES_INVALID_FIELDS",
            ['type Query { t: T } type T { o: T x: Int @requires(fields: "o") }'],
        ),
        # Slicing arguments are those that every subgraph knows.
        (
            "LIST_SIZE_INVALID_SLICING_ARGUMENT",
            [
                'type Query { p(first: Int): [Int] @listSize(slicingArguments: ["first"]) @shareable }',
                "type Query { p: [Int] @shareable }",
            ],
        ),
        # A default value names what is left of its type.
        (
            "INVALID_GRAPHQL",
            [
                "type Query { a(z: In = {x: 1, y: 2}): Int } input In { x: Int y: Int }",
                "type Query { b(e: In): Int } input In { x: Int }",
            ],
        ),
        # Directives for clients merge like fields.
        (
            "FIELD_ARGUMENT_TYPE_MISMATCH",
            [
                "directive @d(a: Int) on FIELD type Query { a: Int }",
                "directive @d(a: String) on FIELD type Query { b: Int }",
            ],
        ),
        (
            "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
            [
                "directive @d(a: Int!) on FIELD type Query { a: Int }",
                "directive @d on FIELD type Query { b: Int }",
            ],
        ),
        (
            "REQUIRED_INACCESSIBLE",
            ["directive @d(a: Int! @inaccessible) on FIELD type Query { a: Int }"],
        ),
    ],
)
def test_errors_of_borderline_inputs(expected: str, subgraphs: list[str]) -> None:
    assert codes(*subgraphs)[0] == expected.split()


@pytest.mark.parametrize(
    ("expected", "subgraphs"),
    [
        (
            "EXTENSION_WITH_NO_BASE",
            ['type Query { b: B } type B @extends @key(fields: "id") { id: ID! }'],
        ),
        (
            "",
            [
                'type Query { b: B } type B @extends @key(fields: "id") { id: ID! @external x: Int }',
                'type B @extends @key(fields: "id") { id: ID! y: Int }',
            ],
        ),
        # A field set that names nothing is reported, one that only says too much is dropped.
        (
            "PROVIDES_INVALID_FIELDS",
            [
                'type Query { b: B @provides(fields: "nope") }'
                ' extend type B @key(fields: "id") { id: ID! @external }',
                'type B @key(fields: "id") { id: ID! }',
            ],
        ),
        (
            "",
            [
                'type Query { b: B @provides(fields: "id") }'
                ' extend type B @key(fields: "id") { id: ID! @external }',
                'type B @key(fields: "id") { id: ID! }',
            ],
        ),
    ],
)
def test_errors_of_federation_1_documents(expected: str, subgraphs: list[str]) -> None:
    assert codes(*subgraphs, plain=True)[0] == expected.split()


@pytest.mark.parametrize(
    ("version", "sdl", "expected"),
    [
        ("2.6", 'type Query { a: Int @override(from: "b", label: "percent(1)") }', "INVALID_GRAPHQL"),
        ("2.7", 'type Query { a: Int @override(from: "b", label: "percent(1)") }', ""),
        ("2.1", "type Query @shareable { a: Int } extend type Query @shareable { b: Int }", "INVALID_GRAPHQL"),
        ("2.2", "type Query @shareable { a: Int } extend type Query @shareable { b: Int }", ""),
        ("2.2", 'extend schema @tag(name: "x") type Query { a: Int }', "INVALID_GRAPHQL"),
        ("2.3", 'extend schema @tag(name: "x") type Query { a: Int }', ""),
        ("2.8", "type Query { a: Int @federation__cost(weight: 1) }", "INVALID_GRAPHQL"),
        ("2.9", "type Query { a: Int @federation__cost(weight: 1) }", ""),
    ],
)  # fmt: skip
def test_a_directive_is_what_the_linked_version_says(version: str, sdl: str, expected: str) -> None:
    used = sorted({f'"{name}"' for name in re.findall(r"@(?:override|shareable|tag)", sdl)})
    link = f"https://specs.apollo.dev/federation/v{version}"
    head = f'extend schema @link(url: "{link}", import: [{", ".join(used)}])\n'

    assert codes(head + sdl, plain=True)[0] == expected.split()


@pytest.mark.parametrize(
    "links",
    [
        '@link(url: "https://specs.apollo.dev/federation/v2.9")'
        ' @link(url: "https://specs.apollo.dev/federation/v2.8")',
        '@link(url: "https://specs.apollo.dev/federation/v2.9")'
        ' @link(url: "https://example.com/federation/v1.0")',
        '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
        ' @link(url: "https://example.com/key/v1.0")',
        '@link(url: "https://example.com/a/v1.0", import: ["@x"])'
        ' @link(url: "https://example.com/b/v1.0", import: ["@x"])',
        '@link(url: "https://example.com/a/v1.0", import: ["@x", {name: "@y", as: "@x"}])',
        '@link(url: "https://example.com/a/v1.0", import: [{name: "@x", has: "@y"}])',
        '@link(url: "https://example.com/a/v1.0", import: ["@x y"])',
        '@link(url: "https://specs.apollo.dev/federation/v2.9", as: "a b")',
        '@link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed_")',
    ],
)
def test_links_do_not_take_each_others_names(links: str) -> None:
    found = codes(f"extend schema {links}\ntype Query {{ a: Int }}", plain=True)[0]

    assert found == ["INVALID_LINK_DIRECTIVE_USAGE"]


def test_the_purpose_of_a_link_is_one_of_two() -> None:
    link = '@link(url: "https://example.com/a/v1.0", for: FUN)'

    assert codes(f"extend schema {link}\ntype Query {{ a: Int }}", plain=True)[0] == [
        "INVALID_GRAPHQL"
    ]


COMPOSING = """extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective", "@key", "@tag"])
  @link(url: "https://example.com/%s", import: [%s])
  @composeDirective(name: "%s")
directive %s on FIELD_DEFINITION
"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("s/v1.0", '"@x"', "@x", "@x"), ("s/v2.0", '"@x"', "@x", "@x")),
        (("s/v1.0", '"@x"', "@x", "@x"), ("s/v1.0", '{name: "@x", as: "@y"}', "@y", "@y")),
        (("s/v1.0", '"@x"', "@x", "@x"), ("t/v1.0", '"@x"', "@x", "@x")),
        (("s/v1.0", '"@x"', "@x", "@x"), ("s/v1.0", '"@z"', "@z", "@w")),
        (("s/v1.0", '"@x"', "@key", "@x"), ("s/v1.0", '"@x"', "@x", "@x")),
    ],
)
def test_composed_directives_are_the_same_everywhere(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    first = COMPOSING % one + "type Query { a: Int }"
    second = COMPOSING % other + "type Query { b: Int }"

    assert codes(first, second, plain=True)[0] == ["DIRECTIVE_COMPOSITION_ERROR"]


def test_a_label_counts_only_where_there_is_a_field_to_migrate() -> None:
    found = codes(
        'type Query { t: T } type T @key(fields: "id") { id: ID! }',
        'type T @key(fields: "id") { id: ID! x: Int @override(from: "a", label: "percent(5)") }',
    )

    assert found == ([], ["OVERRIDE_DIRECTIVE_CAN_BE_REMOVED"])


def test_governance_directives_may_be_composed_by_request() -> None:
    found = codes(
        """extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: ["@classified"])
  @composeDirective(name: "@classified")
directive @classified(level: Int!, category: String) on FIELD_DEFINITION
type Query { a: Int @classified(level: 2) }""",
        plain=True,
    )

    assert found == ([], [])


def test_subgraphs_are_told_apart_by_their_names() -> None:
    twice = [
        SubgraphDocument("tax", url, "type Query { a: Int }") for url in ("http://a", "http://b")
    ]

    composition = compose_documents(twice)

    assert [each.code for each in composition.errors] == ["INVALID_SUBGRAPH_NAME"]
    assert "http://a, http://b" in composition.errors[0].message


@pytest.mark.parametrize(
    ("sdl", "told"),
    [
        ("", "holds no definitions"),
        ("# soon\n", "holds no definitions"),
        ('{"data": {"_service": {"sdl": ""}}}', "is JSON"),
        ("[]", "is JSON"),
        ("<html></html>", "is a page"),
        ("query { a }", "queries and fragments"),
        ("type Query { a: Int } fragment F on Query { a }", "queries and fragments"),
        ("type Query { a Int }", "Syntax Error"),
    ],
)
def test_a_text_that_is_no_sdl_is_named(sdl: str, told: str) -> None:
    composition = compose_documents([SubgraphDocument("tax", "", sdl)])

    assert [each.code for each in composition.errors] == ["INVALID_GRAPHQL"]
    assert told in composition.errors[0].message

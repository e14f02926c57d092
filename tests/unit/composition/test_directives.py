"""Merging applied directives and descriptions."""

from federation.composition.directives import merge_description, merge_directives
from federation.subgraph import load_subgraph
from federation.subgraph.model import Field, Subgraph

HEAD = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@tag",'
    ' "@requiresScopes", "@policy", "@cost", "@listSize", "@authenticated"])\n'
)


def sources(*fields: str) -> list[tuple[Subgraph, Field]]:
    found = []
    for index, text in enumerate(fields):
        subgraph = load_subgraph(f"s{index}", "", f"{HEAD}type Query {{ {text} }}")
        found.append((subgraph, subgraph.types["Query"].fields["f"]))
    return found


def merged(*fields: str) -> dict[str, dict[str, str]]:
    return {each.name: dict(each.arguments) for each in merge_directives(sources(*fields))}


def test_requirements_of_all_subgraphs_hold_together() -> None:
    found = merged(
        'f: Int @requiresScopes(scopes: [["a"], ["admin"]])',
        'f: Int @requiresScopes(scopes: [["b", "c"], ["admin"]])',
    )

    # a together with admin is already allowed by admin alone.
    assert found["requiresScopes"]["scopes"] == '[["admin"], ["a", "b", "c"]]'


def test_costs_take_the_maximum() -> None:
    assert merged("f: Int @cost(weight: 2)", "f: Int @cost(weight: 7)")["cost"] == {"weight": "7"}


def test_list_sizes_take_the_maximum_and_the_union() -> None:
    found = merged(
        'f(a: Int): [Int] @listSize(assumedSize: 3, slicingArguments: ["a"])',
        'f(b: Int): [Int] @listSize(slicingArguments: ["b"], requireOneSlicingArgument: false)',
    )

    assert found["listSize"] == {
        "assumedSize": "3",
        "slicingArguments": '["a", "b"]',
        "requireOneSlicingArgument": "false",
    }


def test_the_most_frequent_deprecation_wins() -> None:
    old, new = 'f: Int @deprecated(reason: "old")', 'f: Int @deprecated(reason: "new")'

    assert merged(old, new, new)["deprecated"] == {"reason": '"new"'}


def test_the_most_frequent_description_wins_over_empty_ones() -> None:
    texts = ['"" f: Int', '"a" f: Int', '"b" f: Int', '"b" f: Int']

    assert merge_description(sources(*texts)) == "b"


def test_an_empty_description_is_better_than_none() -> None:
    assert merge_description(sources("f: Int", '"" f: Int')) == ""

"""Composition as a whole."""

import json
import random
from pathlib import Path

import pytest

from federation.composition import SubgraphDocument, compose, compose_documents
from federation.composition.compose import name_graphs
from federation.errors import Severity
from federation.subgraph import load_subgraph
from federation.supergraph import (
    build_api_schema,
    print_api_schema,
    print_supergraph,
    read_supergraph,
)

SHARED = Path(__file__).parents[4] / "shared"
SUITES = sorted((SHARED / "conformance" / "suites").glob("*.json"))

HEAD = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [%s])\n'


@pytest.mark.skipif(not SUITES, reason="the conformance pack is not beside the checkout")
@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem)
def test_conformance_suites_compose_alike_in_both_forms(suite: Path) -> None:
    subgraphs = json.loads(suite.read_text(encoding="utf-8"))["subgraphs"]
    texts = set()

    for form in ("sdl", "service_sdl"):
        composition = compose(
            load_subgraph(each["name"], f"http://{each['name']}", each[form]) for each in subgraphs
        )
        assert composition.supergraph is not None, composition.diagnostics
        assert read_supergraph(print_supergraph(composition.supergraph)) == composition.supergraph
        build_api_schema(composition.supergraph)
        texts.add(print_supergraph(composition.supergraph))

    assert len(texts) == 1


@pytest.mark.skipif(not SUITES, reason="the benchmark is not beside the checkout")
def test_the_benchmarks_supergraph_is_read() -> None:
    text = (SHARED / "bench" / "scenario" / "supergraph.graphql").read_text(encoding="utf-8")

    supergraph = read_supergraph(text)

    assert [graph.name for graph in supergraph.graphs] == [
        "accounts",
        "inventory",
        "products",
        "reviews",
    ]
    assert read_supergraph(print_supergraph(supergraph)) == supergraph
    assert "topProducts(first: Int = 5): [Product]" in print_api_schema(supergraph)


def test_the_order_of_definitions_does_not_matter() -> None:
    parts = [
        "type Query { a: A b: B }",
        'type A @key(fields: "id") { id: ID! b: B }',
        "type B @shareable { x: Int }",
        "enum E { V }",
        "union U = A | B",
    ]
    other = SubgraphDocument("other", "", HEAD % '"@shareable"' + "type B @shareable { x: Int }")
    texts = set()

    for seed in range(5):
        shuffled = random.Random(seed).sample(parts, len(parts))
        sdl = HEAD % '"@key", "@shareable"' + "\n".join(shuffled)
        composition = compose_documents([SubgraphDocument("one", "", sdl), other])
        assert composition.supergraph is not None
        texts.add(print_supergraph(composition.supergraph))

    assert len(texts) == 1


def test_faults_of_all_subgraphs_come_in_one_run() -> None:
    composition = compose_documents(
        [
            SubgraphDocument("a", "", "type Query {"),
            SubgraphDocument("b", "", "type Query { x: Missing }"),
            SubgraphDocument("c", "", HEAD % '"@key"' + 'type C @key(fields: "no") { id: ID! }'),
        ]
    )

    assert composition.supergraph is None
    assert {(each.code, each.locations[0].subgraph) for each in composition.diagnostics} == {
        ("INVALID_GRAPHQL", "a"),
        ("INVALID_GRAPHQL", "b"),
        ("KEY_INVALID_FIELDS", "c"),
    }


def test_hints_do_not_stop_composition() -> None:
    sdl = (
        'extend schema @link(url: "https://specs.datong.dev/governance/v1.0",'
        ' import: ["@classified"]) type Query { a(b: Int): Int @classified(level: 1) }'
    )

    composition = compose_documents([SubgraphDocument("a", "", sdl)])

    assert composition.supergraph is not None
    assert composition.errors == ()
    assert [each.severity for each in composition.hints] == [Severity.HINT]


@pytest.mark.parametrize(
    ("names", "enums"),
    [
        (["public_security"], ["PUBLIC_SECURITY"]),
        (["tax-office", "tax_office"], ["TAX_OFFICE_1", "TAX_OFFICE_2"]),
        (["1st"], ["_1ST"]),
        (["area_51"], ["AREA_51_"]),
    ],
)
def test_subgraph_names_become_distinct_enum_values(names: list[str], enums: list[str]) -> None:
    subgraphs = [load_subgraph(name, "", "type Query { a: Int }") for name in names]

    assert [graph.enum for graph in name_graphs(subgraphs)] == enums


def test_a_merged_field_must_fit_the_merged_interface() -> None:
    interface = 'type Query { i: I } interface I @key(fields: "id") { id: ID! x: Int }'
    composition = compose_documents(
        [
            SubgraphDocument(
                "a",
                "",
                HEAD % '"@key"'
                + interface
                + ' type T implements I @key(fields: "id") { id: ID! x: Int }',
            ),
            SubgraphDocument(
                "b", "", HEAD % '"@key"' + "interface J { id: ID! } type U implements J { id: ID! }"
            ),
            SubgraphDocument("c", "", HEAD % '"@key"' + "interface J { id: ID! y: Int! }"),
            SubgraphDocument("d", "", HEAD % '"@key"' + "type U { y: Int }"),
        ]
    )

    assert [(each.code, str(each.coordinate)) for each in composition.errors] == [
        ("INVALID_GRAPHQL", "U.y")
    ]


def test_of_two_departments_that_agreed_the_source_can_be_published_first() -> None:
    governed = (
        "extend schema"
        ' @link(url: "https://specs.apollo.dev/federation/v2.9",'
        ' import: ["@key", "@external", "@requires"])'
        ' @link(url: "https://specs.datong.dev/governance/v1.0",'
        ' import: ["@classified", "@derivation"])\n'
    )
    agreement = '@derivation(of: "Person.limit", by: "bank", level: 2)'
    tax = """type Query { person(id: ID): Person }
    type Person @key(fields: "id") @classified(level: 2) {
      id: ID!
      income: Int @classified(level: 3) %s
    }"""
    bank = """type Person @key(fields: "id") {
      id: ID!
      income: Int @external
      limit: Int @requires(fields: "income") @classified(level: 2)
    }"""
    source = SubgraphDocument("tax", "", governed + tax % agreement)
    deriving = SubgraphDocument("bank", "", governed + bank)
    unasked = SubgraphDocument("tax", "", governed + tax % "")

    assert compose_documents([source]).supergraph is not None
    assert compose_documents([source, deriving]).supergraph is not None
    assert {each.code for each in compose_documents([unasked, deriving]).errors} == {
        "GOVERNANCE_GRADE_LOWERED"
    }


def test_an_interface_object_shares_its_fields_with_the_implementers() -> None:
    head = HEAD % '"@key", "@interfaceObject", "@shareable"'
    known = """
    type Query { i: I }
    interface I @key(fields: "id") { id: ID! }
    type T implements I @key(fields: "id") { id: ID! active: Boolean %s }
    """
    added = 'type I @key(fields: "id") @interfaceObject { id: ID! active: Boolean @shareable }'

    alone = compose_documents(
        [SubgraphDocument("a", "", head + known % ""), SubgraphDocument("b", "", head + added)]
    )
    agreed = compose_documents(
        [
            SubgraphDocument("a", "", head + known % "@shareable"),
            SubgraphDocument("b", "", head + added),
        ]
    )

    assert [each.code for each in alone.errors] == ["INVALID_FIELD_SHARING"]
    assert agreed.supergraph is not None

"""Governance metadata read from the supergraph."""

import pytest

from federation.composition import SubgraphDocument, compose_documents
from federation.coordinate import Coordinate, read_coordinate
from federation.supergraph import Governance, print_supergraph, read_governance, read_supergraph
from federation.supergraph.governance import Filter, FilterUse, SharingClass
from tests.support.cases import case

LINKS = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@key", "@external", "@requires", "@shareable", "@interfaceObject"])
  @link(url: "https://specs.datong.dev/governance/v1.0", import: [
    "@classified", "@sharing", "@filters", "@derivation", "@sourceOfRecord", "@dataSubject"])
"""


def governance_of(**sdl: str) -> Governance:
    composition = compose_documents(
        SubgraphDocument(name, "", LINKS + text) for name, text in sdl.items()
    )
    assert composition.supergraph is not None, composition.diagnostics
    governance = read_governance(composition.supergraph)
    read = read_supergraph(print_supergraph(composition.supergraph))
    assert read_governance(read).facts.keys() == governance.facts.keys()
    return governance


def merged_case() -> Governance:
    composition = compose_documents(case("governance/merged").subgraphs())
    assert composition.supergraph is not None
    return read_governance(composition.supergraph)


def level(governance: Governance, coordinate: str) -> int | None:
    return governance.facts[read_coordinate(coordinate)].level


def test_a_field_inherits_from_its_type() -> None:
    governance = governance_of(
        a="type Query { a: A } type A @classified(level: 3) @sharing(class: CONDITIONAL) { b: Int }"
    )

    facts = governance.facts[Coordinate("A", "b")]

    assert facts.level == 3
    assert facts.sharing is SharingClass.CONDITIONAL


def test_what_nobody_grades_has_no_grade() -> None:
    assert level(governance_of(a="type Query { a: Int }"), "Query.a") is None


def test_the_higher_grade_and_the_stricter_class_win() -> None:
    fields = "type A @shareable { x: Int @classified(level: %d) @sharing(class: %s) }"

    governance = governance_of(
        a="type Query { a: A }" + fields % (2, "CONDITIONAL"), b=fields % (4, "UNCONDITIONAL")
    )

    facts = governance.facts[Coordinate("A", "x")]
    assert (facts.level, facts.sharing) == (4, SharingClass.CONDITIONAL)


def test_one_department_cannot_lower_what_anothers_type_says() -> None:
    governance = governance_of(
        a="type Query { a: A } type A @shareable @classified(level: 4) { x: Int }",
        b="type A @shareable { x: Int @classified(level: 1) }",
    )

    assert level(governance, "A.x") == 4


def test_requirements_raise_a_grade_and_agreements_lower_it() -> None:
    governance = merged_case()

    assert level(governance, "Person.risk") == 4
    assert level(governance, "Person.limit") == 2


def test_an_agreement_of_the_deriving_department_itself_is_none() -> None:
    fund = """
    type Person @key(fields: "id") @derivation(of: "Person.limit", by: "fund", level: 1) {
      id: ID!
      income: Int @external
      limit: Int @requires(fields: "income")
    }
    """
    tax = """
    type Query { person: Person }
    type Person @key(fields: "id") { id: ID! income: Int @classified(level: 4) }
    """

    assert level(governance_of(tax=tax, fund=fund), "Person.limit") == 4


def test_requirements_of_requirements_raise_grades_too() -> None:
    governance = governance_of(
        a="""type Query { p: P } type P @key(fields: "id") {
          id: ID! x: Int @classified(level: 5) }""",
        b='type P @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }',
        c='type P @key(fields: "id") { id: ID! y: Int @external z: Int @requires(fields: "y") }',
    )

    assert level(governance, "P.z") == 5


def test_only_resolving_subgraphs_own_a_field() -> None:
    facts = merged_case().facts

    assert facts[Coordinate("Person", "income")].owners == ("tax",)
    assert facts[Coordinate("Person", "region")].owners == ("fund", "tax")


def test_a_department_is_source_of_record_of_its_own_fields_only() -> None:
    facts = merged_case().facts

    assert facts[Coordinate("Person", "income")].source_of_record == "tax"
    assert facts[Coordinate("Person", "limit")].source_of_record is None


def test_subject_region_filters_and_counts_are_found() -> None:
    governance = merged_case()

    assert governance.data_subjects == {"Person": "number"}
    assert governance.region_codes == {"Person": "region"}
    assert governance.filters[Coordinate("Query", "person", "number")] == (
        Filter(Coordinate("Person", "number"), FilterUse.FILTER),
    )
    assert governance.facts[Coordinate("PersonConnection", "totalCount")].derived_from == (
        "Person",
    )


def test_of_several_fields_for_one_person_or_place_none_is_taken() -> None:
    composition = compose_documents(case("governance/merged").subgraphs())
    assert composition.supergraph is not None
    text = print_supergraph(composition.supergraph)
    # As a tool that does not know our rules could compose it.
    marks = "  another: String @dataSubject @regionCode\n"
    text = text.replace("  number: ID! @classified", f"{marks}  number: ID! @classified")
    assert marks in text

    governance = read_governance(read_supergraph(text))

    assert (governance.data_subjects, governance.region_codes) == ({}, {})


@pytest.mark.parametrize(
    "mark",
    [
        "another: [ID!] @dataSubject",
        "another: PersonEdge @dataSubject",
        "another(form: Int!): ID @dataSubject",
        'another: ID @join__field(graph: FUND, requires: "income") @dataSubject',
    ],
)
def test_a_field_that_is_no_plain_value_of_the_row_names_no_person(mark: str) -> None:
    composition = compose_documents(case("governance/merged").subgraphs())
    assert composition.supergraph is not None
    own, text = "@classified(level: 3)", print_supergraph(composition.supergraph)
    # As a tool that does not know our rules could compose it.
    text = text.replace(f"{own} @dataSubject", f"{own}\n  {mark}")
    assert mark in text

    governance = read_governance(read_supergraph(text))

    assert governance.data_subjects == {}


def test_a_type_about_a_person_names_it_by_its_only_key() -> None:
    own = 'type Query { p: Person } type Person @key(fields: "id") @dataSubject { id: ID! }'
    other = 'type Person @key(fields: "id") @key(fields: "alias") { id: ID! alias: ID! }'

    assert governance_of(own=own).data_subjects == {"Person": "id"}
    assert governance_of(own=own, a=other).data_subjects == {}


def test_a_field_added_by_an_interface_object_keeps_its_departments_grade() -> None:
    governance = governance_of(
        a="""type Query { i: I } interface I @key(fields: "id") { id: ID! }
        type T implements I @key(fields: "id") @classified(level: 1) { id: ID! }""",
        b="""type I @interfaceObject @key(fields: "id") @classified(level: 3) {
          id: ID! added: Int }""",
    )

    facts = governance.facts[Coordinate("T", "added")]

    assert (facts.level, facts.owners) == (3, ("b",))

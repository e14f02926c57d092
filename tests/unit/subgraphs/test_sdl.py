"""What the departments publish: federation SDL with two languages and a grade on everything."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from federation.composition import compose
from federation.subgraph import load_subgraph
from subgraphs.__main__ import NAMES, load_department

DESCRIPTION = re.compile(r"[A-Z][ -~]+\n\n[\u4e00-\u9fff]")
PREFIX = "datong__"
# Arguments that page; all others test something.
PAGING = {"first", "after", "where", "orderBy", "input"}


def _document(name: str) -> DocumentNode:
    return parse(load_department(name).schema.sdl)


def _types(document: DocumentNode) -> Iterator[Any]:
    kinds = (
        ObjectTypeDefinitionNode,
        InterfaceTypeDefinitionNode,
        UnionTypeDefinitionNode,
        EnumTypeDefinitionNode,
        ScalarTypeDefinitionNode,
        InputObjectTypeDefinitionNode,
    )
    for definition in document.definitions:
        if isinstance(definition, kinds) and not definition.name.value.startswith(PREFIX):
            yield definition


def _fields(document: DocumentNode) -> Iterator[tuple[str, FieldDefinitionNode]]:
    for definition in _types(document):
        if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            for field in definition.fields or ():
                yield f"{definition.name.value}.{field.name.value}", field


def _directives(node: Any) -> set[str]:
    return {directive.name.value for directive in node.directives or ()}


def _elements(document: DocumentNode) -> Iterator[tuple[str, Any]]:
    """All that takes a description: types, fields, arguments, input fields, enum values."""
    for definition in _types(document):
        name = definition.name.value
        yield name, definition
        for part in [*getattr(definition, "fields", ()), *getattr(definition, "values", ())]:
            yield f"{name}.{part.name.value}", part
            for argument in getattr(part, "arguments", None) or ():
                yield f"{name}.{part.name.value}({argument.name.value}:)", argument


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_described_in_both_languages(name: str) -> None:
    undescribed = [
        coordinate
        for coordinate, element in _elements(_document(name))
        if element.description is None or not DESCRIPTION.match(element.description.value)
    ]

    assert undescribed == []


@pytest.mark.parametrize("name", NAMES)
def test_every_field_and_type_is_graded(name: str) -> None:
    document = _document(name)
    ungraded = [
        coordinate
        for coordinate, field in _fields(document)
        if not {"classified", "sharing"} <= _directives(field)
    ]
    for definition in _types(document):
        needed = {"classified"}
        if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            needed = {"classified", "sharing", "catalogued"}
        if isinstance(definition, InputObjectTypeDefinitionNode):
            needed = set()
        if not needed <= _directives(definition):
            ungraded.append(definition.name.value)

    assert ungraded == []


@pytest.mark.parametrize("name", NAMES)
def test_every_input_that_tests_or_orders_says_so(name: str) -> None:
    document = _document(name)
    silent = []
    for coordinate, field in _fields(document):
        silent += [
            f"{coordinate}({argument.name.value}:)"
            for argument in field.arguments or ()
            if argument.name.value not in PAGING and "filters" not in _directives(argument)
        ]
    for definition in _types(document):
        kind = definition.name.value
        parts: list[Any] = []
        if isinstance(definition, InputObjectTypeDefinitionNode) and kind.endswith("Filter"):
            parts.extend(definition.fields or ())
        if isinstance(definition, EnumTypeDefinitionNode) and kind.endswith("Order"):
            parts.extend(definition.values or ())
        silent += [f"{kind}.{p.name.value}" for p in parts if "filters" not in _directives(p)]

    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_totals_are_derived_from_their_own_node_type(name: str) -> None:
    for coordinate, field in _fields(_document(name)):
        if coordinate.endswith("Connection.totalCount"):
            derived = [
                print_ast(argument.value)
                for directive in field.directives or ()
                if directive.name.value == "derivedFrom"
                for argument in directive.arguments or ()
            ]
            assert derived == [f'"{coordinate.removesuffix("Connection.totalCount")}"']


@pytest.mark.parametrize("name", NAMES)
def test_sdl_is_the_same_every_time(name: str) -> None:
    department = load_department(name)

    first = department.schema.sdl
    del department.schema.sdl

    assert department.schema.sdl == first


def test_eight_departments_compose() -> None:
    subgraphs = [
        load_subgraph(name, f"http://{name}", load_department(name).schema.sdl) for name in NAMES
    ]

    composition = compose(subgraphs)

    assert composition.supergraph is not None, composition.diagnostics
    assert [each for each in composition.diagnostics if each.severity.value == "error"] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("public_security", "type Citizen @classified(level: 2)"),
        ("public_security", '@key(fields: "personId")'),
        ("public_security", "@inaccessible"),
        ("public_security", 'of: "Citizen.eligibleForSchool", by: "education", level: 1'),
        ("market_regulation", '@provides(fields: "name")'),
        ("market_regulation", '@key(fields: "certificateNumber", resolvable: false)'),
        ("market_regulation", "BusinessLicence implements Certificate & Licence"),
        ("human_resources", '@override(from: "market_regulation")'),
        ("housing_fund", '@requires(fields: "annualIncome creditRating { score }")'),
        ("natural_resources", '@key(fields: "regionCode parcelNumber")'),
        ("natural_resources", "union Party @classified(level: 1) = Citizen | Company"),
        ("tax", 'of: "Citizen.loanLimit", by: "housing_fund", level: 2'),
        ("health", "@interfaceObject"),
        ("education", '@key(fields: "school { code } year")'),
        ("education", '@requires(fields: "registeredAddress { regionCode }")'),
    ],
)
def test_graph_uses_what_federation_offers(name: str, expected: str) -> None:
    assert expected in load_department(name).schema.sdl

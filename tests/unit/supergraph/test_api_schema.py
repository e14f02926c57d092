"""The API schema."""

import pytest
from graphql import (
    ExecutionResult,
    experimental_execute_incrementally,
    get_introspection_query,
    parse,
)

from federation.composition import compose_documents
from federation.errors import InvalidSupergraph
from federation.supergraph import (
    Supergraph,
    build_api_schema,
    print_api_schema,
    read_supergraph,
)
from tests.support.cases import case

BROKEN = """
schema @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
enum join__Graph { ONE @join__graph(name: "one", url: "") }
type Query @join__type(graph: ONE) { a: %s }
"""


def supergraph_of(case_id: str) -> Supergraph:
    composition = compose_documents(case(case_id).subgraphs())
    assert composition.supergraph is not None, composition.diagnostics
    return composition.supergraph


def test_introspection_shows_no_machinery_and_nothing_hidden() -> None:
    schema = build_api_schema(supergraph_of("inaccessible/everywhere"))

    result = experimental_execute_incrementally(schema, parse(get_introspection_query()))
    assert isinstance(result, ExecutionResult)

    assert result.errors is None
    assert result.data is not None
    names = {each["name"] for each in result.data["__schema"]["types"]}
    assert "Hidden" not in names
    assert not any(name.startswith(("join__", "link__")) for name in names)
    shown = str(result.data)
    assert "debug" not in shown
    assert "SECRET" not in shown
    assert "inner" not in shown


def test_descriptions_deprecations_and_urls_stay() -> None:
    text = print_api_schema(supergraph_of("descriptions/most_frequent"))

    assert '@deprecated(reason: "Use today.")' in text
    assert '@specifiedBy(url: "https://example.com/date")' in text
    assert "to the east." in text


def test_a_contextual_argument_is_not_the_clients() -> None:
    schema = build_api_schema(supergraph_of("context/argument"))

    account = schema.type_map["Account"]

    assert "balance(round: Boolean): String" in print_api_schema(supergraph_of("context/argument"))
    assert account is not None


@pytest.mark.parametrize("type_name", ["Missing", "join__Graph"])
def test_a_supergraph_without_a_valid_api_schema_is_refused(type_name: str) -> None:
    supergraph = read_supergraph(BROKEN % type_name)

    with pytest.raises(InvalidSupergraph):
        build_api_schema(supergraph)

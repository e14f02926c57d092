"""The query graph under override labels, and which labels can change a plan."""

import pytest

from federation.query_graph import LabelledGraphs, build_query_graph, names_in
from tests.support.built_case import built
from tests.support.cases import case

GRAPHS = LabelledGraphs(built(case("override/labels")).supergraph)


@pytest.mark.parametrize("active", [(), ("new-weights",), ("percent(25)", "new-search")])
def test_a_graph_under_labels_is_the_one_built_under_them(active: tuple[str, ...]) -> None:
    labels = frozenset(active)
    built_anew = build_query_graph(built(case("override/labels")).supergraph, active_labels=labels)

    assert GRAPHS.graph(labels) == built_anew
    assert GRAPHS.graph(labels | {"unknown"}) is GRAPHS.graph(labels)


@pytest.mark.parametrize(
    ("names", "mattering"),
    [
        # Freight requires the weight of whatever product it is.
        (["id"], {"new-weights"}),
        (["price"], {"new-weights", "percent(25)"}),
        (["search", "maker"], {"new-weights", "percent(25)", "new-search"}),
    ],
)
def test_labels_matter_to_what_is_selected_or_may_be_required(
    names: list[str], mattering: set[str]
) -> None:
    assert GRAPHS.mattering(frozenset(GRAPHS.labels), names) == mattering
    assert GRAPHS.mattering(frozenset(), names) == frozenset()


def test_names_are_found_at_every_depth() -> None:
    operation = built(case("override/labels")).parse("{ products { ... on Product { price } } }")

    assert set(names_in(operation.operation.selections)) == {"products", "price"}

"""Fields with arguments from context are refused clearly, since no fetch supplies them yet."""

import pytest

from federation.composition import compose_documents
from federation.errors import PlanningError
from federation.operation import Limits, parse_operation
from federation.planning import plan
from federation.query_graph import build_query_graph
from federation.supergraph import build_api_schema
from tests.support.cases import case


def test_field_with_an_argument_from_context_is_refused_by_its_coordinate() -> None:
    supergraph = compose_documents(case("context/argument").subgraphs()).supergraph
    assert supergraph is not None
    text = "{ person { account { opened balance } } }"
    operation = parse_operation(text, build_api_schema(supergraph), None, Limits()).operation

    with pytest.raises(PlanningError) as refused:
        plan(operation, build_query_graph(supergraph))

    assert refused.value.extensions["coordinate"] == "Account.balance"

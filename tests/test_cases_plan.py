"""Planning, driven by the folders in tests/cases."""

import json

import pytest

from federation.planning import (
    explain_choices,
    plan,
    plan_to_json,
    print_plan,
    print_plan_tree,
)
from federation.query_graph import LabelledGraphs
from federation.supergraph import print_supergraph, read_supergraph
from tests.support.built_case import built
from tests.support.cases import CaseOperation, case_operations
from tests.support.golden import Golden
from tests.support.plan_guards import check_inputs, check_texts


@pytest.mark.parametrize("asked", case_operations(), ids=lambda asked: asked.id)
def test_plans_as_the_golden_plan_says(asked: CaseOperation, golden: Golden) -> None:
    case = built(asked.case, labels=asked.labels())
    operation = case.parse(asked.text).operation

    operation_plan = plan(operation, case.graph)

    check_texts(operation_plan, case.subgraph_schemas)
    check_inputs(operation_plan)
    golden.check(asked.beside("plan"), print_plan(operation_plan))
    forms = {
        "plan.json": json.dumps(plan_to_json(operation_plan), indent=2) + "\n",
        "plan.tree": print_plan_tree(operation_plan, explain_choices(operation, case.graph)),
    }
    for suffix, text in forms.items():
        if asked.beside(suffix).exists():
            golden.check(asked.beside(suffix), text)


@pytest.mark.parametrize("asked", case_operations(), ids=lambda asked: asked.id)
def test_equal_inputs_give_equal_plans(asked: CaseOperation) -> None:
    case = built(asked.case, labels=asked.labels())
    operation = case.parse(asked.text).operation
    supergraph = read_supergraph(print_supergraph(case.supergraph))

    operation_plan = plan(operation, case.graph)

    assert plan(operation, case.graph) == operation_plan
    assert plan(operation, LabelledGraphs(supergraph).graph(asked.labels())) == operation_plan
    other = built(asked.case, is_reversed=True, labels=asked.labels())
    assert plan(operation, other.graph) == operation_plan

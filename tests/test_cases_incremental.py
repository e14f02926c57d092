"""Incremental delivery, driven by the folders in tests/cases/incremental."""

import json

import pytest

from federation.execution import Payload, execute_incrementally
from federation.gateway.incremental.formats import current, earlier
from federation.operation import parse_operation
from federation.planning import plan, print_plan
from tests.support.built_case import WIDE, built
from tests.support.case_world import monolith_answer
from tests.support.cases import CaseOperation, case_operations
from tests.support.golden import Golden
from tests.support.incremental import merged
from tests.support.plan_guards import check_inputs, check_texts

ASKED = [each for each in case_operations() if each.id.startswith("incremental/")]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.id)
async def test_answers_in_parts_as_the_golden_parts_say(
    asked: CaseOperation, golden: Golden
) -> None:
    case = built(asked.case)
    parsed = parse_operation(asked.text, case.schema, None, WIDE, is_incremental=True)
    request = case.request(parsed, asked.variables())
    operation_plan = plan(parsed.operation, case.graph)
    check_texts(operation_plan, case.subgraph_schemas)
    check_inputs(operation_plan)
    payloads: list[Payload] = []

    async def release(payload: Payload) -> None:
        payloads.append(payload)

    await execute_incrementally(operation_plan, request, case.transport(), case.schema, release)

    golden.check(asked.beside("deferred.plan"), print_plan(operation_plan))
    parts = [current(payload) for payload in payloads]
    golden.check(asked.beside("parts.json"), _text(parts))
    golden.check(asked.beside("parts_20220824.json"), _text(list(map(earlier, payloads))))
    data, error_paths = monolith_answer(case.schema, case.world(), asked.text, request)
    if not error_paths:
        assert merged(parts) == data
    told = {error.path for payload in payloads for error in payload.all_errors()}
    assert told == error_paths


def _text(parts: object) -> str:
    return json.dumps(parts, ensure_ascii=False, indent=2) + "\n"

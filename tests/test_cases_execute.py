"""Execution, driven by the folders in tests/cases: the federation answers like one schema."""

import json
import os
from random import Random
from typing import Any

import pytest
from graphql import parse, validate

from federation.execution import ExecutionRequest, SubgraphRequest, compile_typed, execute
from federation.operation import ParsedOperation
from federation.planning import plan
from tests.support.as_bytes import AsBytes, data_of
from tests.support.built_case import BuiltCase, built
from tests.support.case_world import CaseTransport, monolith_answer
from tests.support.cases import Case, CaseOperation, case_operations, running_cases
from tests.support.golden import Golden
from tests.support.operations import CONDITIONS, OperationWriter
from tests.support.plan_guards import check_inputs, check_texts

RANDOM_OPERATIONS = int(os.environ.get("DATONG_RANDOM_OPERATIONS", "6"))


@pytest.mark.parametrize("asked", case_operations(), ids=lambda asked: asked.id)
async def test_answers_like_one_schema(asked: CaseOperation, golden: Golden) -> None:
    case = built(asked.case, labels=asked.labels())
    parsed = case.parse(asked.text)
    request = case.request(parsed, asked.variables())
    transport = case.transport()

    result = await case.answer(parsed, request, transport)

    response: dict[str, Any] = {"data": result.data}
    if result.errors:
        response["errors"] = [error.to_json() for error in result.errors]
    as_sent = ExecutionRequest(variables=asked.variables())
    data, error_paths = monolith_answer(case.schema, case.world(), asked.text, as_sent)
    assert _in_order(result.data) == _in_order(data)
    assert {error.path for error in result.errors} == error_paths
    golden.check(asked.beside("response.json"), _text(response))
    if asked.beside("requests.txt").exists():
        golden.check(asked.beside("requests.txt"), _requests(transport))


@pytest.mark.parametrize("case", running_cases(), ids=lambda case: case.id)
async def test_random_operations_are_answered_like_one_schema(case: Case) -> None:
    build = built(case)
    for seed in range(RANDOM_OPERATIONS):
        text = OperationWriter(build.schema, Random(f"{case.id} {seed}")).query()
        if validate(build.schema, parse(text)):
            continue
        parsed = build.parse(text)
        request = build.request(parsed, dict.fromkeys(CONDITIONS, seed % 2 == 0))
        operation_plan = plan(parsed.operation, build.graph)
        check_texts(operation_plan, build.subgraph_schemas)
        check_inputs(operation_plan)

        result = await build.answer(parsed, request, build.transport())

        data, error_paths = monolith_answer(build.schema, build.world(), text, request)
        assert _in_order(result.data) == _in_order(data), text
        assert {error.path for error in result.errors} == error_paths, text


@pytest.mark.parametrize("asked", case_operations(), ids=lambda asked: asked.id)
async def test_generated_code_answers_like_the_interpreter(asked: CaseOperation) -> None:
    case = built(asked.case, labels=asked.labels())
    parsed = case.parse(asked.text)
    await _check_code(case, parsed, case.request(parsed, asked.variables()))


@pytest.mark.parametrize("case", running_cases(), ids=lambda case: case.id)
async def test_generated_code_answers_random_operations_like_the_interpreter(case: Case) -> None:
    build = built(case)
    for seed in range(RANDOM_OPERATIONS):
        text = OperationWriter(build.schema, Random(f"{case.id} {seed} code")).query()
        if not validate(build.schema, parse(text)):
            parsed = build.parse(text)
            request = build.request(parsed, dict.fromkeys(CONDITIONS, seed % 2 == 0))
            await _check_code(build, parsed, request)


async def _check_code(case: BuiltCase, parsed: ParsedOperation, request: ExecutionRequest) -> None:
    """Compare answers and requests of code, and of code for which equal objects are one."""
    planned = plan(parsed.operation, case.graph)
    code = compile_typed(planned, request, case.schema)
    if code is None:
        return
    told = []
    sharing = compile_typed(planned, request, case.schema, code.sharing.candidates)
    for each in (None, code, sharing):
        transport = case.transport()
        result = await execute(planned, request, AsBytes(transport), case.schema, each)
        errors = [error.to_json() for error in result.errors]
        told.append(_in_order([data_of(result), errors, sorted(map(_sent, transport.sent))]))
    assert told[0] == told[1] == told[2]


def _sent(sent: tuple[str, SubgraphRequest]) -> str:
    """A request, whatever the order of its representations: that is the order of answers."""
    name, request = sent
    variables = {
        key: sorted(value, key=_in_order) if isinstance(value, list) else value
        for key, value in request.variables.items()
    }
    return _in_order([name, request.text, variables])


def test_code_is_made_for_most_cases() -> None:
    without = []
    for asked in case_operations():
        case = built(asked.case, labels=asked.labels())
        parsed = case.parse(asked.text)
        request = case.request(parsed, asked.variables())
        if compile_typed(plan(parsed.operation, case.graph), request, case.schema) is None:
            without.append(asked.id)
    assert len(without) < len(case_operations()) / 4


def _in_order(data: object) -> str:
    """A text that tells the order of keys as well."""
    return json.dumps(data, ensure_ascii=False)


def _text(response: object) -> str:
    return json.dumps(response, ensure_ascii=False, indent=2) + "\n"


def _requests(transport: CaseTransport) -> str:
    """Every request in the order of sending, with its variables."""
    return "".join(
        f"{name}: {request.text}\n  {_in_order(dict(request.variables))}\n"
        for name, request in transport.sent
    )

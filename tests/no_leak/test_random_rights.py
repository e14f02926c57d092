"""Random schemas, rights, row filters and operations, against a reference: one schema and its rows.

The reference is the monolith executed field by field: a field that the decision does not open fails
there, as the specification lets a field fail, a masked one is masked, and rows that their filter
does not let pass are not there. The gateway must give the same data. Departments that hold a
filter's column filter by themselves, the others do not. What the gateway sends them may hold what
the caller reads, keys, columns of filters, and inputs that the decision lets feed something; errors
hold none of the rows.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_schema,
    parse,
    validate,
)

from federation.access import (
    ROW_RIGHT_RULE,
    Asker,
    Caller,
    Decision,
    Disclosure,
    Restriction,
    ask,
    bind_masks,
    bind_row_tests,
    restrict,
)
from federation.audit import NameHashes, plan_with_names
from federation.errors import InvalidOperation
from federation.execution import (
    ExecutionRequest,
    Payload,
    compile_typed,
    execute,
    execute_incrementally,
    is_incremental,
)
from federation.gateway.incremental.formats import current
from federation.gateway.incremental.released import part_result
from federation.gateway.recording import audited_verdicts, touched_by
from federation.operation import Limits, Operation, parse_operation
from federation.planning import plan
from tests.no_leak.random_names import agree_in_parts, released
from tests.no_leak.random_rights import (
    MASK_KEY,
    SECRET,
    VARIABLES,
    RecordingSubgraphs,
    Reference,
    Rights,
    World,
    check_requests,
    masks_some,
    row_filters,
    world_of,
)
from tests.support.as_bytes import AsBytes, data_of
from tests.support.decided import decided
from tests.support.incremental import merged
from tests.support.operations import (
    DIRECTIVES,
    DeferringWriter,
    OperationWriter,
    without_deferrals,
)

SCHEMAS = int(os.environ.get("DATONG_NO_LEAK_SCHEMAS", "10"))
FIRST_SEED = int(os.environ.get("DATONG_NO_LEAK_FIRST_SEED", "0"))
OPERATIONS = 6
WIDE = Limits(
    max_root_fields=1_000,
    max_aliases=1_000,
    max_fields=100_000,
    max_tokens=100_000,
    max_deferrals=1_000,
)
HIDDEN = Disclosure.HIDDEN
ASKER = Asker(Caller("clerk", "person"), None, (), 1)


def queries(
    writer: type[OperationWriter], monolith: GraphQLSchema, seed: int
) -> Iterator[tuple[str, Random]]:
    """Valid queries, each with what else of it is random."""
    for number in range(OPERATIONS):
        random = Random(seed * 1_000 + number)
        text = writer(monolith, random).query()
        if not validate(monolith, parse(text)):
            yield text, random


def judged(
    world: World, text: str, rights: Rights, *, has_parts: bool = False
) -> tuple[Operation, dict[str, Any], Decision]:
    """A query, its variables, and the decision on it."""
    operation = parse_operation(text, world.schema, None, WIDE, is_incremental=has_parts).operation
    variables = {each.name: VARIABLES[each.name] for each in operation.variables}
    question = ask(operation, variables, ASKER, world.index)
    return operation, variables, decided(question, world.index, rights.decide)


def work_of(variables: dict[str, Any], restriction: Restriction) -> ExecutionRequest:
    """As the gateway executes it."""
    return ExecutionRequest(
        variables=variables,
        masks=bind_masks(restriction.masks, MASK_KEY),
        row_tests=bind_row_tests(restriction),
        refusals=restriction.refusals,
        show_subgraph_errors=False,
    )


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS))
async def test_nothing_that_the_reference_forbids_shows_anywhere(seed: int) -> None:
    world = world_of(seed)
    for text, random in queries(OperationWriter, world.monolith, seed):
        filters = row_filters(world.graph, random)
        rights = Rights(filters, random.randrange(1_000_000))
        operation, variables, decision = judged(world, text, rights)
        restriction = restrict(operation, variables, decision, world.index)
        subgraphs = RecordingSubgraphs(world.graph, filters, world.index)
        work = work_of(variables, restriction)
        operation_plan = plan(restriction.operation, world.query_graph)

        result = await execute(operation_plan, work, subgraphs, world.schema)
        code = compile_typed(operation_plan, work, world.schema)
        as_bytes = AsBytes(subgraphs)
        again = await execute(operation_plan, work, as_bytes, world.schema, code)

        assert data_of(again) == result.data, text
        assert again.errors == result.errors, text
        assert again.filtered == result.filtered, text
        reference = Reference(world, rights.given, filters)
        # An interface object cannot tell types apart: a mask on one then holds for all.
        if "addedNodes" not in text or not masks_some(decision, world.graph.members("Node")):
            assert result.data == reference.answer(text), text
        assert SECRET not in json.dumps([error.to_json() for error in result.errors])
        assert {error.extensions["code"] for error in result.errors} <= {
            "ACCESS_DENIED",
            "NO_DECISION",
        }, text
        check_requests(world, reference, subgraphs.requests)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS))
async def test_nothing_shows_in_later_parts_either(seed: int) -> None:
    world = world_of(seed)
    monolith = build_schema(world.graph.monolith + DIRECTIVES)
    for text, random in queries(DeferringWriter, monolith, seed):
        filters = row_filters(world.graph, random) if random.random() < 0.5 else {}
        rights = Rights(filters, random.randrange(1_000_000))
        operation, variables, decision = judged(world, text, rights, has_parts=True)
        restriction = restrict(operation, variables, decision, world.index)
        subgraphs = RecordingSubgraphs(world.graph, filters, world.index)
        work = work_of(variables, restriction)
        named = plan_with_names(restriction.operation, world.query_graph, world.identities)
        operation_plan = named.plan
        if operation_plan.row_tests:
            # Nothing leaves before all rows are tested.
            assert not is_incremental(operation_plan, work)
            continue
        payloads: list[Payload] = []

        async def release(payload: Payload, into: list[Payload] = payloads) -> None:
            into.append(payload)

        await execute_incrementally(operation_plan, work, subgraphs, world.schema, release)

        reference = Reference(world, rights.given, filters)
        errors = [error for payload in payloads for error in payload.all_errors()]
        check_requests(world, reference, subgraphs.requests)
        assert SECRET not in json.dumps([error.to_json() for error in errors])
        # Where a fragment fails, null is felt less far than it is without the directives.
        if any(each.is_failure for payload in payloads for each in payload.completed):
            continue
        whole = await execute(operation_plan, work, subgraphs, world.schema)
        told = [(error.path, error.message) for error in errors]
        assert sorted(told, key=str) == sorted(
            ((error.path, error.message) for error in whole.errors), key=str
        ), text
        if "addedNodes" not in text or not masks_some(decision, world.graph.members("Node")):
            records = [
                touched_by(part_result(payload), named, NameHashes(b"")) for payload in payloads
            ]
            truth = released(reference, without_deferrals(text), world.identities)
            assert agree_in_parts(records, truth), text
            shown = merged([current(payload) for payload in payloads])
            assert shown == reference.answer(without_deferrals(text)), text


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS))
def test_records_tell_every_field_that_is_refused_for_its_rows(seed: int) -> None:
    world = world_of(seed)
    for text, random in queries(OperationWriter, world.monolith, seed):
        rights = Rights(row_filters(world.graph, random), random.randrange(1_000_000), by_type=True)
        operation, variables, decision = judged(world, text, rights)
        refusals = restrict(operation, variables, decision, world.index).refusals
        refused = {
            str(each.error.extensions["coordinate"])
            for each in refusals
            if "row_right_required" in each.error.extensions["reasons"]
        }

        told = {
            coordinate
            for group in audited_verdicts(decision, world.index)
            if (group.effect, group.rule) == ("deny", ROW_RIGHT_RULE)
            for coordinate in group.coordinates
        }

        # A field that is refused is told also where an outer one was refused before.
        assert refused <= told, text


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SCHEMAS))
async def test_where_all_is_hidden_what_is_answered_is_open(seed: int) -> None:
    world = world_of(seed)
    for text, random in queries(OperationWriter, world.monolith, seed):
        rights = Rights({}, random.randrange(1_000_000), by_type=True)
        operation, variables, decision = judged(world, text, rights)
        try:
            restriction = restrict(operation, variables, decision, world.index, disclosure=HIDDEN)
        except InvalidOperation:
            continue
        subgraphs = RecordingSubgraphs(world.graph, {}, world.index)
        work = ExecutionRequest(variables=variables, row_tests=bind_row_tests(restriction))
        operation_plan = plan(restriction.operation, world.query_graph)

        result = await execute(operation_plan, work, subgraphs, world.schema)

        reference = Reference(world, rights.given, {})
        assert restriction.refusals == ()
        assert result.data == reference.answer(text), text
        check_requests(world, reference, subgraphs.requests)

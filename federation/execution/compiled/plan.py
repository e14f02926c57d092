"""A plan and the code generated for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema

from federation.execution.compiled.calling import Call, write_call
from federation.execution.compiled.checking import Check, write_check
from federation.execution.compiled.shaping import Shape, write_shape
from federation.execution.compiled.source import Source, Unexpected
from federation.operation.introspection import INTROSPECTION_FIELDS
from federation.planning.plan import OperationPlan, OutputField
from federation.selection import SelectionSet

_MAX_LISTS = 15
"""Lists on the way to an entity; Python nests no more than twenty loops."""


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """Generated functions of one plan, which must be alive as long as this is.

    Attributes:
        shape: Of a request without masks and refusals, from the tree to the response's data.
        calls: By identity of the plan's entity fetches.
        checks: By identity of the selection sets of the plan's fetches.
        size: About how many bytes it takes.
    """

    shape: Shape
    calls: Mapping[int, Call]
    checks: Mapping[int, Check]
    size: int


def compile_plan(plan: OperationPlan, schema: GraphQLSchema) -> CompiledPlan | None:
    """Code for a plan; None where only the interpreted executor knows what to do.

    That is so for plans with run-time conditions, introspection or context, and for those that
    would give more code than they are worth.
    """
    entities = [entity for fetch in plan.fetches for entity in fetch.entities]
    asked = [
        *(fetch.selections for fetch in plan.fetches),
        *(entity.selections for entity in entities),
        *(each.selections for entity in entities for each in entity.fallbacks),
    ]
    if (
        any(fetch.conditions for fetch in plan.fetches)
        or any(entity.conditions or entity.context for entity in entities)
        or any(_is_conditional(selections) for selections in asked)
        or any(path.count("@") > _MAX_LISTS for entity in entities for path in entity.paths)
        or not all(_is_plain(field) for field in _outputs(plan.output))
    ):
        return None
    source = Source()
    try:
        shape = write_shape(plan, schema, source)
        calls = {id(entity): write_call(entity, source) for entity in entities}
        checks = {id(selections): write_check(selections, source) for selections in asked}
    except Unexpected:
        return None
    size = source.run()
    return CompiledPlan(
        shape=source.names[shape],
        calls={key: source.names[name] for key, name in calls.items()},
        checks={key: source.names[name] for key, name in checks.items()},
        size=size,
    )


def _is_conditional(selections: SelectionSet) -> bool:
    return any(each.conditions or _is_conditional(each.selections) for each in selections)


def _outputs(fields: Iterable[OutputField]) -> Iterator[OutputField]:
    for field in fields:
        yield field
        yield from _outputs(field.fields)


def _is_plain(field: OutputField) -> bool:
    return not field.conditions and field.name not in INTROSPECTION_FIELDS

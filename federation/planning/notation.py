"""A plan as JSON in the notation of Apollo's query plans, which other tools read.

That notation has no request with several entity calls and no call for several places. They are
written one by one; calls that travel in one request have the same ``id``, a key of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from federation.planning.deferred import deferred_parts, primary_fetches
from federation.planning.plan import (
    Conditions,
    ContextValue,
    EntityFetch,
    Fetch,
    OperationPlan,
    RepresentationField,
    ResponsePath,
)
from federation.planning.text import stage_numbers
from federation.selection import Condition, InlineFragment

Node: TypeAlias = dict[str, Any]


def plan_to_json(plan: OperationPlan) -> Node:
    """The plan as ``{"kind": "QueryPlan", "node": ...}``; without ``node`` when it asks nobody."""
    numbers = stage_numbers(plan.fetches)
    is_subscription = plan.kind == "subscription" and bool(plan.fetches)
    fetches = plan.fetches[1:] if is_subscription else plan.fetches
    node = _sequence(fetches, numbers) if not plan.deferrals else _deferring(plan, numbers)
    if is_subscription:
        (primary,) = _nodes(plan.fetches[0])
        node = {"kind": "Subscription", "primary": primary} | ({"rest": node} if node else {})
    return {"kind": "QueryPlan"} | ({"node": node} if node else {})


def _deferring(plan: OperationPlan, numbers: Mapping[int, int]) -> Node:
    """Without ``subselection``: which fields belong to which part is not told."""
    primary = _sequence(primary_fetches(plan), numbers)
    parts = []
    for part in deferred_parts(plan):
        node = _sequence(part.fetches, numbers)
        label = part.condition.deferral.label
        parts.append(
            {"depends": [{"id": str(each)} for each in part.depends], "queryPath": list(part.path)}
            | ({} if label is None else {"label": label})
            | ({"node": node} if node else {})
        )
    return {"kind": "Defer", "primary": {"node": primary} if primary else {}, "deferred": parts}


def _sequence(fetches: Sequence[Fetch], numbers: Mapping[int, int]) -> Node | None:
    stages = [
        _all_of(
            "Parallel",
            [node for fetch in fetches if numbers[fetch.id] == stage for node in _nodes(fetch)],
        )
        for stage in sorted({numbers[fetch.id] for fetch in fetches})
    ]
    return _all_of("Sequence", stages) if stages else None


def _all_of(kind: str, nodes: Sequence[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else {"kind": kind, "nodes": list(nodes)}


def _nodes(fetch: Fetch) -> Iterator[Node]:
    if not fetch.entities:
        node: Node = {
            "kind": "Fetch",
            "id": fetch.id,
            "serviceName": fetch.subgraph,
            "operationKind": fetch.kind,
            "operation": fetch.text,
            "variableUsages": list(fetch.variables),
        }
        yield _when(fetch.conditions, _flattened(fetch.path, node) if fetch.path else node)
        return
    for entity, text in zip(fetch.entities, fetch.parts or (fetch.text,), strict=True):
        for path in entity.paths:
            call = _entity(fetch, entity, path, text)
            yield _when(entity.conditions, _flattened(path, call))


def _entity(fetch: Fetch, entity: EntityFetch, path: ResponsePath, text: str) -> Node:
    (fragment,) = entity.selections
    assert isinstance(fragment, InlineFragment), "an entity call has one fragment around it"
    typename = {"kind": "Field", "name": "__typename"}
    fields = [typename, *(_field(each) for each in entity.representation)]
    condition = entity.typename or fragment.type_condition
    node: Node = {
        "kind": "Fetch",
        "id": fetch.id,
        "serviceName": fetch.subgraph,
        "operationKind": fetch.kind,
        "operation": text,
        "variableUsages": [*fetch.variables, *(each.variable for each in entity.context)],
        "requires": [{"kind": "InlineFragment", "typeCondition": condition, "selections": fields}],
    }
    around = f"... on {condition}"
    rewrites: list[Node] = list(_renames(entity.representation, [around]))
    if entity.typename is not None:
        to = {"path": [around, "__typename"], "setValueTo": entity.typename}
        rewrites.insert(0, {"kind": "ValueSetter", **to})
    node["inputRewrites"] = rewrites
    if entity.context:
        node["contextRewrites"] = [
            rewrite for each in entity.context for rewrite in _taken(each, path)
        ]
    return node


def _field(field: RepresentationField) -> Node:
    node: Node = {"kind": "Field", "name": field.name}
    if field.source != field.name:
        node["alias"] = field.source
    if field.fields:
        node["selections"] = [_field(each) for each in field.fields]
    return node


def _renames(fields: tuple[RepresentationField, ...], path: list[str]) -> Iterator[Node]:
    for each in fields:
        yield from _renames(each.fields, [*path, each.source])
        if each.source != each.name:
            yield {
                "kind": "KeyRenamer",
                "path": [*path, each.source],
                "renameKeyTo": each.name,
            }


def _taken(value: ContextValue, path: ResponsePath) -> Iterator[Node]:
    up = [".."] * sum(step != "@" and not step.startswith("|") for step in path[value.depth :])
    for leaf in _leaves(value.fields):
        yield {"kind": "KeyRenamer", "path": [*up, *leaf], "renameKeyTo": value.variable}


def _leaves(fields: tuple[RepresentationField, ...]) -> Iterator[list[str]]:
    for each in fields:
        around = [f"... on {name}" for name in sorted(each.types or ())][:1]
        for below in _leaves(each.fields) if each.fields else [[]]:
            yield [*around, each.source, *below]


def _flattened(path: ResponsePath, node: Node) -> Node:
    return {"kind": "Flatten", "path": list(_steps(path)), "node": node}


def _steps(path: ResponsePath) -> Iterator[str]:
    """Type conditions stand behind the step that they narrow, as in ``@|[Book]``."""
    steps: list[str] = []
    for step in path:
        if step.startswith("|"):
            steps[-1] += f"|[{step[1:].replace('|', ',')}]"
        else:
            steps.append(step)
    yield from steps


def _when(conditions: Conditions, node: Node) -> Node:
    """The node under a disjunction: where one conjunction fails, the next is tried."""
    if not conditions:
        return node
    first, *others = conditions
    return _under(first, node, _when(tuple(others), node) if others else None)


def _under(conjunction: tuple[Condition, ...], node: Node, otherwise: Node | None) -> Node:
    if not conjunction:
        return node
    first, *others = conjunction
    taken = _under(tuple(others), node, otherwise)
    holds, fails = ("elseClause", "ifClause") if first.negated else ("ifClause", "elseClause")
    made = {"kind": "Condition", "condition": first.variable, holds: taken}
    return made | ({fails: otherwise} if otherwise is not None else {})

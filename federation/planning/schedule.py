"""The schedule: requests become numbered fetches with their texts, in an order that can be run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from federation.planning.entities import entity_fetches
from federation.planning.entity_text import fetch_texts
from federation.planning.fetches import Request, any_of
from federation.planning.place import RootStep
from federation.planning.plan import Conditions, Deferrals, EntityFetch, Fetch
from federation.selection import (
    deferrals_of,
    print_selection_set,
    variables_of,
)


def schedule(
    segments: Sequence[Sequence[Request]],
    kind: str,
    declared: Mapping[str, str],
) -> tuple[Fetch, ...]:
    """Fetches of all segments; a segment begins when the one before it has ended.

    Args:
        segments: Requests of each segment, each after those it waits for. Queries and
            subscriptions have one segment, mutations one for each run of root fields.
        kind: Of the operation; entity fetches are always queries.
    """
    fetches: list[Fetch] = []
    numbers: dict[Request, int] = {}
    previous: tuple[int, ...] = ()
    for segment in segments:
        first = len(fetches)
        for request in segment:
            number = len(fetches)
            numbers[request] = number
            after = tuple(sorted(numbers[other] for other in request.after))
            fetches.append(_fetch(number, request, kind, after or previous, declared))
        previous = tuple(range(first, len(fetches))) or previous
    return tuple(fetches)


def _fetch(
    number: int,
    request: Request,
    kind: str,
    after: tuple[int, ...],
    declared: Mapping[str, str],
) -> Fetch:
    calls = request.calls
    step = calls[0].step
    if isinstance(step, RootStep):
        selections = calls[0].tree.selections()
        kind = kind if not step.path else "query"
        variables = tuple(sorted(variables_of(selections)))
        return Fetch(
            id=number,
            subgraph=request.graph,
            kind=kind,
            text=f"{_head(kind, variables, declared)}{print_selection_set(selections)}",
            variables=variables,
            after=after,
            selections=selections,
            path=step.path,
            conditions=calls[0].run_conditions(),
            deferrals=_deferrals(request),
        )
    entities = entity_fetches(calls)
    texts = fetch_texts(entities, declared)
    is_variable = any(each.context or each.conditions or each.fallbacks for each in entities)
    return Fetch(
        id=number,
        subgraph=request.graph,
        kind="query",
        text=texts.whole,
        variables=texts.variables,
        after=after,
        entities=entities,
        parts=texts.parts,
        conditions=_conditions(entities),
        declarations=tuple(declared[name] for name in texts.variables) if is_variable else (),
        deferrals=_deferrals(request),
    )


def _deferrals(request: Request) -> tuple[Deferrals, ...]:
    alternatives = [deferrals_of(phase) for phase in request.phases]
    return () if () in alternatives else tuple(alternatives)


def _head(
    kind: str,
    variables: tuple[str, ...],
    declared: Mapping[str, str],
) -> str:
    texts = [declared[name] for name in variables]
    if kind == "query" and not texts:
        return ""
    declarations = f"({', '.join(texts)})" if texts else ""
    return f"{kind}{declarations} "


def _conditions(entities: Sequence[EntityFetch]) -> Conditions:
    """When any of the calls is wanted; empty for always."""
    if any(not entity.conditions for entity in entities):
        return ()
    return any_of(each for entity in entities for each in entity.conditions)

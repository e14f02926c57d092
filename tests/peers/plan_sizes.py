"""How many requests and rounds a plan takes, ours and @apollo/query-planner's alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from federation.planning import Fetch, OperationPlan
from federation.planning.plan import Conditions


@dataclass(frozen=True, slots=True)
class PlanSize:
    """What answering costs.

    Attributes:
        rounds: Requests that wait for each other, on the longest way.
        requests: Requests in all.
    """

    rounds: int
    requests: int


def assignments(names: Iterable[str]) -> Iterator[dict[str, bool]]:
    """Every way to set Boolean variables."""
    ordered = sorted(names)
    for values in product((True, False), repeat=len(ordered)):
        yield dict(zip(ordered, values, strict=True))


def our_size(plan: OperationPlan, variables: Mapping[str, bool]) -> PlanSize:
    """Of our plan, with these values in its conditions.

    A fetch that is not sent takes no round, but passes on what it waits for.
    """
    ends: dict[int, int] = {}
    requests = 0
    for fetch in plan.fetches:
        is_sent = _is_sent(fetch, variables)
        requests += is_sent
        ends[fetch.id] = is_sent + max((ends[other] for other in fetch.after), default=0)
    return PlanSize(max(ends.values(), default=0), requests)


def _is_sent(fetch: Fetch, variables: Mapping[str, bool]) -> bool:
    if not _holds(fetch.conditions, variables):
        return False
    calls = [_holds(each.conditions, variables) for each in fetch.entities]
    return any(calls) if calls else True


def _holds(conditions: Conditions, variables: Mapping[str, bool]) -> bool:
    return not conditions or any(
        all(variables.get(each.variable, True) is not each.negated for each in conjunction)
        for conjunction in conditions
    )


def apollo_size(node: Mapping[str, Any] | None, variables: Mapping[str, bool]) -> PlanSize:
    """Of a plan node of theirs, or of a whole plan's ``node``; no node is no request."""
    if node is None:
        return PlanSize(0, 0)
    match node["kind"]:
        case "Fetch":
            return PlanSize(1, 1)
        case "Flatten":
            return apollo_size(node["node"], variables)
        case "Condition":
            clause = "ifClause" if variables.get(node["condition"], True) else "elseClause"
            return apollo_size(node.get(clause), variables)
        case "Sequence":
            parts = [apollo_size(each, variables) for each in node["nodes"]]
            return PlanSize(sum(p.rounds for p in parts), sum(p.requests for p in parts))
        case "Parallel":
            parts = [apollo_size(each, variables) for each in node["nodes"]]
            return PlanSize(max(p.rounds for p in parts), sum(p.requests for p in parts))
    raise AssertionError(f"unknown plan node {node['kind']}")

"""The deferred parts of a plan, as its printed forms show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from federation.planning.plan import Fetch, OperationPlan, OutputField
from federation.selection import Condition


@dataclass(frozen=True, slots=True)
class DeferredPart:
    """One fragment with ``@defer``, or the later items of a list.

    Attributes:
        path: Response keys to the object in which the fragment stands, or to the list.
        fetches: Made for it; one that several parts share stands with the first of them.
        depends: Ids of fetches made for something else that these wait for.
    """

    condition: Condition
    path: tuple[str, ...]
    fetches: tuple[Fetch, ...]
    depends: tuple[int, ...]


def primary_fetches(plan: OperationPlan) -> tuple[Fetch, ...]:
    """The fetches that the first part of the response needs."""
    return tuple(fetch for fetch in plan.fetches if not fetch.deferrals)


def deferred_parts(plan: OperationPlan) -> list[DeferredPart]:
    """The others, by the part that they are made for."""
    places = _places(plan.output)
    return [_part(each, places[each.deferral.number], plan) for each in plan.deferrals]


def _part(condition: Condition, path: tuple[str, ...], plan: OperationPlan) -> DeferredPart:
    own = tuple(
        fetch for fetch in plan.fetches if fetch.deferrals and condition == fetch.deferrals[0][-1]
    )
    waits = {earlier for fetch in own for earlier in fetch.after} - {fetch.id for fetch in own}
    return DeferredPart(condition, path, own, tuple(sorted(waits)))


def _places(
    output: Iterable[OutputField], path: tuple[str, ...] = ()
) -> dict[int, tuple[str, ...]]:
    """Where each deferral begins, by its number."""
    places: dict[int, tuple[str, ...]] = {}
    for field in output:
        below = (*path, field.key)
        for each in field.deferrals:
            places.setdefault(each.deferral.number, below[: each.deferral.depth])
        if field.stream is not None:
            places[field.stream.condition.deferral.number] = below
        places = _places(field.fields, below) | places
    return places

"""Phases: in which part of the response a value is wanted, and so when it has to be fetched.

A phase is the set of deferrals around a value, as far as they are around the objects that its
request is about as well; the empty one is the first part of the response. What is deferred within
those objects only comes along with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from federation.planning.place import FieldStep, Site
from federation.planning.plan import OutputField, ResponsePath
from federation.selection import Condition, Field, SelectionSet, deferrals_of

Phase: TypeAlias = frozenset[Condition]

FIRST: Phase = frozenset()


def phase_at(path: ResponsePath, conditions: tuple[Condition, ...]) -> Phase:
    """The phase of a request about the objects at a path, for a value under these conditions."""
    deferrals = deferrals_of(conditions)
    if not deferrals:
        return frozenset()
    depth = sum(step != "@" and step[0] != "|" for step in path)
    return frozenset(each for each in deferrals if each.deferral.depth <= depth)


def add_phase(phases: tuple[Phase, ...], phase: Phase) -> tuple[Phase, ...]:
    """Phases of a request that is made for one more; those within another say nothing."""
    if phase in phases or any(known <= phase for known in phases):
        return phases
    return (*(known for known in phases if not phase <= known), phase)


def start_of(site: Site) -> Site:
    """The site at which the request for a site begins."""
    while site.parent is not None:
        site = site.parent
    return site


def field_of(site: Site) -> Field | None:
    """The first field on the way from the begin of the request to a site, if there is any."""
    first: Field | None = None
    at: Site | None = site
    while at is not None:
        if isinstance(at.step, FieldStep):
            first = at.step.field
        at = at.parent
    return first


def order_of(conditions: tuple[Condition, ...]) -> tuple[int, tuple[int, ...]]:
    """Sort key by which values come before all that is deferred further."""
    if not conditions:
        return (0, ())
    numbers = tuple(each.deferral.number for each in deferrals_of(conditions))
    return (len(numbers), numbers)


def occurrences(
    selections: SelectionSet, path: ResponsePath = (), around: Phase = frozenset()
) -> dict[ResponsePath, set[Phase]]:
    """For each field, by response keys, the deferrals around each of its selections."""
    found: dict[ResponsePath, set[Phase]] = {}
    for each in selections:
        within = around | frozenset(deferrals_of(each.conditions))
        at = (*path, each.response_key) if isinstance(each, Field) else path
        if isinstance(each, Field):
            found.setdefault(at, set()).add(within)
        for below, phases in occurrences(each.selections, at, within).items():
            found.setdefault(below, set()).update(phases)
    return found


def with_deferrals(
    output: Iterable[OutputField], around: tuple[Condition, ...] = ()
) -> tuple[OutputField, ...]:
    """The output, each field with the deferrals further out besides its own."""
    return tuple(_with_deferrals(each, around) for each in output)


def _with_deferrals(field: OutputField, around: tuple[Condition, ...]) -> OutputField:
    deferrals = deferrals_of((*around, *field.deferrals))
    return OutputField(
        field.key,
        field.source,
        field.name,
        field.parent,
        field.type,
        field.types,
        field.conditions,
        with_deferrals(field.fields, deferrals),
        deferrals,
        field.stream,
    )


def all_deferrals(output: Iterable[OutputField]) -> tuple[Condition, ...]:
    """Every deferral that stands in an output."""
    return deferrals_of(set(_deferrals(output)))


def _deferrals(output: Iterable[OutputField]) -> Iterable[Condition]:
    for field in output:
        yield from field.deferrals
        if field.stream is not None:
            yield field.stream.condition
        yield from _deferrals(field.fields)

"""From the calls of a request to entity fetches: as few entities as possible are sent.

What is asked of the objects of one place is one call, even if different things are needed for it.
What is asked alike at several places is one call, so that an entity found at several of them
travels once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from msgspec.structs import replace

from federation.planning.fetches import Call, agree, entry_of, merge_representation
from federation.planning.place import EntityStep
from federation.planning.plan import EntityFetch, RepresentationField, ResponsePath
from federation.selection import InlineFragment, SelectionSet, merge_selections


def entity_fetches(calls: Sequence[Call]) -> tuple[EntityFetch, ...]:
    """The entity fetches of one request, in order of first use."""
    entities = [_combined([_entity_fetch(call) for call in group]) for group in _groups(calls)]
    if len(entities) == 1:
        return tuple(entities)
    united: dict[Hashable, list[EntityFetch]] = {}
    for entity in entities:
        # What depends on the objects around is asked place by place.
        identity = (_identity(entity), entity.paths if entity.context else ())
        united.setdefault(identity, []).append(entity)
    return tuple(
        _at(alike[0], tuple(path for each in alike for path in each.paths))
        if len(alike) > 1
        else alike[0]
        for alike in united.values()
    )


def _groups(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """Calls that enter alike, with the same conditions, and can share a representation."""
    groups: list[list[Call]] = []
    by_entry: dict[Hashable, list[list[Call]]] = {}
    for call in calls:
        alike = by_entry.setdefault(entry_of(call.step), [])
        for group in alike:
            if _fit(group, call):
                group.append(call)
                break
        else:
            alike.append([call])
            groups.append(alike[-1])
    yield from groups


def _fit(group: list[Call], call: Call) -> bool:
    return group[0].run_conditions() == call.run_conditions() and agree(
        [field for each in (*group, call) for field in each.representation]
    )


def _entity_fetch(call: Call) -> EntityFetch:
    step = call.step
    assert isinstance(step, EntityStep), "roots and entity calls never share a request"
    return EntityFetch(
        paths=(step.path,),
        types=None,
        typename=step.typename,
        representation=merge_representation(tuple(call.representation)),
        selections=(InlineFragment(step.fragment, call.tree.selections()),),
        conditions=call.run_conditions(),
        context=step.context,
    )


def _combined(parts: list[EntityFetch]) -> EntityFetch:
    """One call for all; where an object lacks what one part needs, the others are still asked."""
    if len(parts) == 1:
        return parts[0]
    representation = merge_representation(
        tuple(field for part in parts for field in part.representation)
    )
    return replace(
        parts[0],
        representation=representation,
        selections=merge_selections(
            tuple(selection for part in parts for selection in part.selections)
        ),
        fallbacks=tuple(part for part in parts if part.representation != representation),
    )


def _at(entity: EntityFetch, paths: tuple[ResponsePath, ...]) -> EntityFetch:
    return replace(
        entity,
        paths=paths,
        fallbacks=tuple(_at(fallback, paths) for fallback in entity.fallbacks),
    )


def _identity(entity: EntityFetch) -> Hashable:
    """Equal for calls that differ in their paths only, or in the order of fields."""
    return (
        entity.typename,
        _sent(entity.representation),
        _asked(entity.selections),
        entity.conditions,
        entity.context,
        tuple(_identity(fallback) for fallback in entity.fallbacks),
    )


def _sent(fields: tuple[RepresentationField, ...]) -> Hashable:
    return frozenset(
        [
            (each.name, each.source, each.types, _sent(each.fields)) if each.fields else each
            for each in fields
        ]
    )


def _asked(selections: SelectionSet) -> Hashable:
    return frozenset(
        [
            (replace(each, selections=()), _asked(each.selections)) if each.selections else each
            for each in selections
        ]
    )

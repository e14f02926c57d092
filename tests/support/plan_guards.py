"""What must hold for every plan, whatever the case is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import GraphQLSchema, parse, validate

from federation.planning import EntityFetch, Fetch, OperationPlan, RepresentationField, ResponsePath
from federation.selection import Field, SelectionSet


def check_texts(plan: OperationPlan, schemas: Mapping[str, GraphQLSchema]) -> None:
    """Every text that may be sent is valid in the schema of its subgraph."""
    for fetch in plan.fetches:
        for text in (fetch.text, *fetch.parts):
            assert not validate(schemas[fetch.subgraph], parse(text)), (fetch.subgraph, text)


def check_inputs(plan: OperationPlan) -> None:
    """Whatever a representation holds was selected by a fetch that has ended before."""
    for fetch in plan.fetches:
        selected = {path for other in _before(fetch, plan) for path in _selected(other)}
        for entity in fetch.entities:
            for path in entity.paths:
                needed = _needed_at(entity, path)
                assert needed <= selected, (fetch.id, needed - selected)


def _needed_at(entity: EntityFetch, path: ResponsePath) -> set[ResponsePath]:
    place = _plain(path)
    needed = {
        (*_plain(path[:at]), "__typename") for at, step in enumerate(path) if step.startswith("|")
    }
    needed |= set(_needed(entity.representation, place))
    for value in entity.context:
        needed |= set(_needed(value.fields, _plain(path[: value.depth])))
    if entity.typename is None:
        needed.add((*place, "__typename"))
    for fallback in entity.fallbacks:
        assert fallback.paths == entity.paths
        needed |= _needed_at(fallback, path)
    return needed


def _before(fetch: Fetch, plan: OperationPlan) -> list[Fetch]:
    numbers = set(fetch.after)
    for other in reversed(plan.fetches[: fetch.id]):
        if other.id in numbers:
            numbers.update(other.after)
    return [other for other in plan.fetches if other.id in numbers]


def _selected(fetch: Fetch) -> Iterator[ResponsePath]:
    yield from _paths(fetch.selections, _plain(fetch.path))
    for entity in fetch.entities:
        for path in entity.paths:
            yield from _paths(entity.selections, _plain(path))


def _paths(selections: SelectionSet, place: ResponsePath) -> Iterator[ResponsePath]:
    for selection in selections:
        here = (*place, selection.response_key) if isinstance(selection, Field) else place
        if isinstance(selection, Field):
            yield here
        yield from _paths(selection.selections, here)


def _needed(fields: tuple[RepresentationField, ...], place: ResponsePath) -> Iterator[ResponsePath]:
    for field in fields:
        here = (*place, field.source)
        yield here
        if field.types is not None:
            yield (*place, "__typename")
        yield from _needed(field.fields, here)


def _plain(path: ResponsePath) -> ResponsePath:
    """The path without list markers and type conditions."""
    return tuple(step for step in path if step != "@" and not step.startswith("|"))

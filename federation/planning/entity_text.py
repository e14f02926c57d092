"""The operation text of entity calls: the same bytes for the same calls, always."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from federation.errors import PlanningError
from federation.planning.plan import EntityFetch, Fetch
from federation.selection import (
    Argument,
    InlineFragment,
    Selection,
    SelectionSet,
    print_selection_set,
    variables_of,
)


class _Call(NamedTuple):
    """What one call has in a text: its selections, and the variables in them.

    Attributes:
        variables: Names of the client's.
        context: Types of those with values from around the entities.
    """

    selections: str
    variables: set[str]
    context: dict[str, str]


class Texts(NamedTuple):
    """The texts of a fetch.

    Attributes:
        whole: It asks for all calls.
        parts: Each asks for one of several calls alone.
        variables: Of the client, in ``whole``.
    """

    whole: str
    parts: tuple[str, ...]
    variables: tuple[str, ...]


def fetch_texts(entities: Sequence[EntityFetch], declared: Mapping[str, str]) -> Texts:
    """The texts that ask for all entity calls of a fetch, and for each alone.

    Args:
        entities: At least one.
        declared: Definitions of the client's variables, by name.

    Raises:
        PlanningError: The client uses a name that is needed here.
    """
    calls = [_call(entity) for entity in entities]
    parts = tuple(_text([call], declared) for call in calls) if len(calls) > 1 else ()
    return Texts(_text(calls, declared), parts, _variables(calls))


def calls_text(fetch: Fetch, calls: Sequence[EntityFetch]) -> str:
    """The text that asks for some calls of a fetch, or for one several times.

    Args:
        calls: As they stand in the fetch, or ``numbered``; at least one.
    """
    declared = dict(zip(fetch.variables, fetch.declarations, strict=True))
    return _text([_call(entity) for entity in calls], declared)


def _call(entity: EntityFetch) -> _Call:
    context = {value.variable: value.type for value in entity.context}
    variables = variables_of(entity.selections) - context.keys()
    return _Call(print_selection_set(entity.selections), variables, context)


def _variables(calls: Iterable[_Call]) -> tuple[str, ...]:
    return tuple(sorted(set[str]().union(*[call.variables for call in calls])))


def _text(calls: Sequence[_Call], declared: Mapping[str, str]) -> str:
    """One ``_entities`` for each call, aliased where there are several."""
    if len(calls) == 1:
        names = ["representations"]
        asked = f"_entities(representations: $representations) {calls[0].selections}"
    else:
        names = [f"_r{at}" for at in range(len(calls))]
        asked = " ".join(
            f"_e{at}: _entities(representations: $_r{at}) {call.selections}"
            for at, call in enumerate(calls)
        )
    variables = _variables(calls)
    context = {name: type_text for call in calls for name, type_text in call.context.items()}
    clash = {*names} & {*variables}
    # Numbers are put behind these names where there are several values.
    clash |= {name for name in declared for own in context if f"{name}_".startswith(f"{own}_")}
    if clash:
        raise PlanningError(
            f"the variable name ${clash.pop()} is reserved; rename it in the operation"
        )
    definitions = [f"${name}: [_Any!]!" for name in names]
    definitions += [f"${name}: {type_text}" for name, type_text in context.items()]
    definitions += [declared[name] for name in variables]
    return f"query({', '.join(definitions)}) {{ {asked} }}"


def client_variables(entities: Sequence[EntityFetch]) -> tuple[str, ...]:
    """Variables of the client that calls use, sorted; those with values from context are none."""
    used = {name for entity in entities for name in variables_of(entity.selections)}
    taken = {value.variable for entity in entities for value in entity.context}
    return tuple(sorted(used - taken))


def numbered(entity: EntityFetch, number: int) -> EntityFetch:
    """The same call with the number in the names of its context's variables."""
    if not entity.context:
        return entity
    names = {value.variable: f"{value.variable}_{number}" for value in entity.context}
    return replace(
        entity,
        context=tuple(replace(value, variable=names[value.variable]) for value in entity.context),
        selections=_renamed(entity.selections, names),
    )


def _renamed(selections: SelectionSet, names: Mapping[str, str]) -> SelectionSet:
    return tuple(_rename(selection, names) for selection in selections)


def _rename(selection: Selection, names: Mapping[str, str]) -> Selection:
    inner = _renamed(selection.selections, names)
    if isinstance(selection, InlineFragment):
        return replace(selection, selections=inner)
    return replace(
        selection,
        selections=inner,
        arguments=tuple(_rename_argument(each, names) for each in selection.arguments),
    )


def _rename_argument(argument: Argument, names: Mapping[str, str]) -> Argument:
    if len(argument.variables) != 1 or argument.variables[0] not in names:
        return argument
    name = names[argument.variables[0]]
    return Argument(argument.name, f"${name}", (name,))

"""The operation text of entity calls: the same bytes for the same calls, always."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

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


def entities_text(entities: Sequence[EntityFetch], declared: Mapping[str, str]) -> str:
    """One ``_entities`` for each call, aliased where there are several.

    Args:
        entities: At least one.
        declared: Definitions of the client's variables, by name.

    Raises:
        PlanningError: The client uses a name that is needed here.
    """
    if len(entities) == 1:
        names = ["representations"]
        calls = f"_entities(representations: $representations) {_selected(entities[0])}"
    else:
        names = [f"_r{at}" for at in range(len(entities))]
        calls = " ".join(
            f"_e{at}: _entities(representations: ${name}) {_selected(entity)}"
            for at, (name, entity) in enumerate(zip(names, entities, strict=True))
        )
    variables = client_variables(entities)
    context = {value.variable: value.type for entity in entities for value in entity.context}
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
    return f"query({', '.join(definitions)}) {{ {calls} }}"


def client_variables(entities: Sequence[EntityFetch]) -> tuple[str, ...]:
    """Variables of the client that calls use, sorted; those with values from context are none."""
    used = {name for entity in entities for name in variables_of(entity.selections)}
    taken = {value.variable for entity in entities for value in entity.context}
    return tuple(sorted(used - taken))


def calls_text(fetch: Fetch, calls: Sequence[EntityFetch]) -> str:
    """The text that asks for some calls of a fetch, or for one several times.

    Args:
        calls: As they stand in the fetch, or ``numbered``; at least one.
    """
    return entities_text(calls, dict(zip(fetch.variables, fetch.declarations, strict=True)))


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


def _selected(entity: EntityFetch) -> str:
    return print_selection_set(entity.selections)


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

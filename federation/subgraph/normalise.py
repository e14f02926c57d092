"""What directives mean beyond their text: fake externals, and federation 1's implicit rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from federation.coordinate import Coordinate
from federation.subgraph.field_set_faults import FieldSetUse, faults_in
from federation.subgraph.model import (
    Directive,
    Field,
    Kind,
    Type,
    has_directive,
)
from federation.subgraph.specifications import FEDERATION
from federation.subgraph.usage import (
    FieldName,
    fields_in,
    referred_types,
    selections_of,
    used_fields,
)


def own_key_fields(types: Mapping[str, Type]) -> dict[str, Type]:
    """The types without ``@external`` on what the keys of extensions name.

    There it only says that the type has its base in another subgraph: the field is resolved here.
    """
    owned: set[FieldName] = set()
    for definition in types.values():
        for key in definition.keys:
            if definition.is_extension or key.on_extension:
                owned.update(fields_in(selections_of(key), definition.name, types))
    return _change_fields(
        types,
        lambda owner, field: (
            _without(field, "external") if (owner.name, field.name) in owned else field
        ),
    )


def upgrade(types: Mapping[str, Type]) -> dict[str, Type]:
    """The types of a federation 1 document as federation 2 would write them.

    Interfaces lose federation directives, ``@requires`` and ``@provides`` that name no external
    field are dropped, and external fields that nothing uses go. That every field is shareable is
    left to composition, which knows the subgraph's version.

    Source:
        Apollo Federation documentation, "Moving to Apollo Federation 2".
    """
    upgraded = own_key_fields(_without_interface_directives(types))
    upgraded = _without_idle_field_sets(upgraded)
    used = used_fields(upgraded)
    kept = {
        name: replace(
            definition,
            fields={
                field.name: field
                for field in definition.fields.values()
                if (name, field.name) in used or not has_directive(field, "external")
            },
        )
        for name, definition in upgraded.items()
    }
    # A type of which nothing is left goes. Where the subgraph refers to it, a rule reports it.
    referred = referred_types(upgraded)
    return {
        name: definition if definition.fields else upgraded[name]
        for name, definition in kept.items()
        if definition.fields or not upgraded[name].fields or name in referred
    }


def _without_interface_directives(types: Mapping[str, Type]) -> dict[str, Type]:
    def clean(owner: Type, field: Field) -> Field:
        if owner.kind is not Kind.INTERFACE:
            return field
        return _without(field, "external", "requires", "provides")

    return {
        name: replace(definition, directives=_filter(definition.directives, "key"))
        if definition.kind is Kind.INTERFACE
        else definition
        for name, definition in _change_fields(types, clean).items()
    }


def _without_idle_field_sets(types: Mapping[str, Type]) -> dict[str, Type]:
    def is_idle(directive: Directive, on: Coordinate, type_name: str) -> bool:
        targets = fields_in(selections_of(directive), type_name, types)
        if any(has_directive(types[owner].fields[field], "external") for owner, field in targets):
            return False
        # What is wrong in itself is left for a rule to report.
        return not any(faults_in(FieldSetUse(directive, on, type_name), types))

    def clean(owner: Type, field: Field) -> Field:
        on = Coordinate(owner.name, field.name)
        selected_from = {"requires": owner.name, "provides": field.type.strip("[]!")}
        idle = {
            directive.name
            for directive in field.directives
            if directive.specification == FEDERATION
            and directive.name in selected_from
            and is_idle(directive, on, selected_from[directive.name])
        }
        return _without(field, *idle) if idle else field

    return _change_fields(types, clean)


def _change_fields(
    types: Mapping[str, Type], change: Callable[[Type, Field], Field]
) -> dict[str, Type]:
    return {
        name: replace(
            definition,
            fields={field.name: change(definition, field) for field in definition.fields.values()},
        )
        if definition.fields
        else definition
        for name, definition in types.items()
    }


def _without(field: Field, *names: str) -> Field:
    kept = _filter(field.directives, *names)
    return field if len(kept) == len(field.directives) else replace(field, directives=kept)


def _filter(directives: tuple[Directive, ...], *names: str) -> tuple[Directive, ...]:
    return tuple(
        each for each in directives if not (each.name in names and each.specification == FEDERATION)
    )

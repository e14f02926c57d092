"""Which fields a subgraph's field sets and interfaces speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from federation.field_set import read_field_set
from federation.selection import Field as SelectedField
from federation.selection import SelectionSet
from federation.subgraph.contexts import arguments_of
from federation.subgraph.model import Directive, Kind, Type, directives_of

FieldName: TypeAlias = tuple[str, str]
"""Type and field name."""


def selections_of(directive: Directive) -> SelectionSet:
    """The field set of ``@key``, ``@requires`` or ``@provides``; empty when it cannot be read."""
    text = directive.text("fields")
    try:
        return read_field_set(text) if text else ()
    except ValueError:
        return ()


def fields_in(
    selections: SelectionSet, type_name: str, types: Mapping[str, Type]
) -> Iterator[FieldName]:
    """Every known field that a field set on ``type_name`` names, nested ones included."""
    definition = types.get(type_name)
    for selection in selections:
        if isinstance(selection, SelectedField):
            field = definition.fields.get(selection.name) if definition else None
            if field is not None:
                yield type_name, field.name
                yield from fields_in(selection.selections, field.type.strip("[]!"), types)
        else:
            yield from fields_in(selection.selections, selection.type_condition or type_name, types)


def field_sets_of(types: Mapping[str, Type]) -> Iterator[tuple[Directive, SelectionSet, str]]:
    """Every field set in use: its directive, its selections and the type they select from."""
    for definition in types.values():
        for key in definition.keys:
            yield key, selections_of(key), definition.name
        for field in definition.fields.values():
            for requires in directives_of(field, "requires"):
                yield requires, selections_of(requires), definition.name
            for provides in directives_of(field, "provides"):
                yield provides, selections_of(provides), field.type.strip("[]!")


def implementers(interface: str, types: Mapping[str, Type]) -> Iterator[Type]:
    """Types that declare to implement ``interface``."""
    for definition in types.values():
        if interface in definition.interfaces:
            yield definition


def used_fields(types: Mapping[str, Type]) -> frozenset[FieldName]:
    """Fields that field sets or contexts name, in implementers too, or that interfaces demand."""
    used: set[FieldName] = set()
    for _, selections, type_name in field_sets_of(types):
        used.update(_with_implementers(fields_in(selections, type_name, types), types))
    used.update(_with_implementers(_context_fields(types), types))
    for definition in types.values():
        for interface in definition.interfaces:
            demanded = types.get(interface)
            if demanded is not None:
                used.update((definition.name, field) for field in demanded.fields)
    return frozenset(used)


def _context_fields(types: Mapping[str, Type]) -> Iterator[FieldName]:
    """Fields that arguments are filled from, on every type that sets the context."""
    for definition in types.values():
        for field in definition.fields.values():
            for argument in arguments_of(definition, field):
                try:
                    selections = read_field_set(argument.selection)
                except ValueError:
                    continue
                for holder in types.values():
                    names = [each.text("name") for each in directives_of(holder, "context")]
                    if argument.context is not None and argument.context in names:
                        yield from fields_in(selections, holder.name, types)


def provided_fields(types: Mapping[str, Type]) -> frozenset[FieldName]:
    """Fields that some ``@provides`` names, in implementers as well."""
    return frozenset(
        found
        for directive, selections, type_name in field_sets_of(types)
        if directive.name == "provides"
        for found in _with_implementers(fields_in(selections, type_name, types), types)
    )


def _with_implementers(
    found: Iterable[FieldName], types: Mapping[str, Type]
) -> Iterator[FieldName]:
    for owner, field in found:
        yield owner, field
        if types[owner].kind is Kind.INTERFACE:
            yield from ((each.name, field) for each in implementers(owner, types))


def key_fields(types: Mapping[str, Type]) -> frozenset[FieldName]:
    """Fields that some key names, nested ones included."""
    return frozenset(
        found
        for definition in types.values()
        for key in definition.keys
        for found in fields_in(selections_of(key), definition.name, types)
    )


def referred_types(types: Mapping[str, Type]) -> frozenset[str]:
    """Names of the types that some field returns or some union holds."""
    returned = (
        field.type.strip("[]!") for each in types.values() for field in each.fields.values()
    )
    members = (member for each in types.values() for member in each.members)
    return frozenset((*returned, *members))

"""``@external``: fields that a subgraph mentions and others resolve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from federation.selection import Field as SelectedField
from federation.selection import SelectionSet
from federation.subgraph.field_set_faults import FieldSetUse, uses_of
from federation.subgraph.model import Kind, Subgraph, Type, has_directive
from federation.subgraph.usage import FieldName, implementers, selections_of


def missing_external(subgraph: Subgraph, directive: str) -> Iterator[tuple[FieldSetUse, str, str]]:
    """Leaves of field sets that neither are external nor stand under an external field.

    A composite field without a selection is no leaf but a fault, which another rule reports.

    Yields:
        The field set with the leaf's type and name.
    """
    for use in uses_of(subgraph, directive):
        selections = selections_of(use.directive)
        for owner, name in _local_leaves(selections, use.parent, subgraph.types):
            yield use, owner, name


def _local_leaves(
    selections: SelectionSet, type_name: str, types: Mapping[str, Type]
) -> Iterator[FieldName]:
    definition = types.get(type_name)
    for selection in selections:
        if not isinstance(selection, SelectedField):
            inner = selection.type_condition or type_name
            yield from _local_leaves(selection.selections, inner, types)
            continue
        field = definition.fields.get(selection.name) if definition else None
        if definition is None or field is None or _is_external(definition, field.name, types):
            continue
        target = types.get(field.type.strip("[]!"))
        if selection.selections:
            yield from _local_leaves(selection.selections, field.type.strip("[]!"), types)
        elif target is None or not (target.is_composite or target.kind is Kind.UNION):
            yield type_name, field.name


def _is_external(definition: Type, field: str, types: Mapping[str, Type]) -> bool:
    """Whether the field is resolved elsewhere; for an interface, in some implementer."""
    if has_directive(definition.fields[field], "external"):
        return True
    return definition.kind is Kind.INTERFACE and any(
        field in each.fields and has_directive(each.fields[field], "external")
        for each in implementers(definition.name, types)
    )

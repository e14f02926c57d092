"""GOVERNANCE_ARGUMENT_UNMAPPED: an argument does not say which field it tests or orders by."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.merged import Merged
from federation.coordinate import Coordinate
from federation.errors import Diagnostic, Severity
from federation.supergraph.model import (
    EnumType,
    InputObjectType,
    InputValue,
    named_type,
)
from federation.supergraph.paging import turns_pages


def governance_argument_unmapped(merged: Merged) -> Iterator[Diagnostic]:
    """A hint: such an argument is graded like the strictest field of the type it selects from.

    Only where some element is graded at all; arguments of input or enum type are mapped inside,
    and those of paging test nothing.
    """
    governance = merged.governance
    if all(each.level is None for each in governance.facts.values()):
        return
    for definition in merged.supergraph.composite_types():
        for field in definition.fields.values():
            for argument in field.arguments:
                coordinate = Coordinate(definition.name, field.name, argument.name)
                if coordinate in governance.filters or _is_mapped_inside(argument, merged):
                    continue
                if turns_pages(merged.supergraph, field, argument):
                    continue
                yield Diagnostic(
                    "GOVERNANCE_ARGUMENT_UNMAPPED",
                    f"{coordinate} does not say which field it tests or orders by",
                    Severity.HINT,
                    coordinate,
                    merged.places(coordinate),
                    'Add @filters(field: "Type.field").',
                )


def _is_mapped_inside(argument: InputValue, merged: Merged) -> bool:
    definition = merged.supergraph.types.get(named_type(argument.type))
    return isinstance(definition, InputObjectType | EnumType)

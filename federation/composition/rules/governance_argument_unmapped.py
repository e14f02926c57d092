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
    ObjectType,
    named_type,
)

_PAGING = frozenset({"first", "last", "before", "after"})


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
                if argument.name in _PAGING and _is_connection(field.type, merged):
                    continue
                yield Diagnostic(
                    "GOVERNANCE_ARGUMENT_UNMAPPED",
                    f"{coordinate} does not say which field it tests or orders by",
                    Severity.HINT,
                    coordinate,
                    merged.places(coordinate),
                    'Add @filters(field: "Type.field").',
                )


def _is_connection(type_text: str, merged: Merged) -> bool:
    definition = merged.supergraph.types.get(named_type(type_text))
    return isinstance(definition, ObjectType) and {"edges", "pageInfo"} <= definition.fields.keys()


def _is_mapped_inside(argument: InputValue, merged: Merged) -> bool:
    definition = merged.supergraph.types.get(named_type(argument.type))
    return isinstance(definition, InputObjectType | EnumType)

"""KEY_FIELDS_SELECT_INVALID_TYPE: a key names a field of interface or union type."""

from __future__ import annotations

from collections.abc import Iterator

from federation.errors import Diagnostic
from federation.subgraph.field_set_faults import uses_of
from federation.subgraph.model import Kind, Subgraph
from federation.subgraph.usage import fields_in, selections_of


def key_fields_select_invalid_type(subgraph: Subgraph) -> Iterator[Diagnostic]:
    """A key compares values, so its fields are scalars, enums or objects of these.

    Interfaces and unions cannot be compared. A list is one value.
    """
    for use in uses_of(subgraph, "key"):
        for owner, name in fields_in(selections_of(use.directive), use.parent, subgraph.types):
            type_name = subgraph.types[owner].fields[name].type.strip("[]!")
            definition = subgraph.types.get(type_name)
            if definition is not None and definition.kind in (Kind.INTERFACE, Kind.UNION):
                yield use.diagnostic(
                    "KEY_FIELDS_SELECT_INVALID_TYPE",
                    f"{owner}.{name} is of {definition.kind.value} type {type_name}",
                    "Use fields of scalar, enum or object type as keys.",
                )

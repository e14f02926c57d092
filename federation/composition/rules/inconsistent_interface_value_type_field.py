"""INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD: an interface lacks a field in some subgraph."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.composition.value_types import missing_fields
from federation.errors import Diagnostic
from federation.subgraph.model import Kind


def inconsistent_interface_value_type_field(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: where the interface lacks the field, implementers are asked for it type by type."""
    yield from missing_fields(schema, Kind.INTERFACE, "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD")

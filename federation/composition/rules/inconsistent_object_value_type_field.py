"""INCONSISTENT_OBJECT_VALUE_TYPE_FIELD: a type without key lacks a field in some subgraph."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.sources import Sources
from federation.composition.value_types import missing_fields
from federation.errors import Diagnostic
from federation.subgraph.model import Kind


def inconsistent_object_value_type_field(schema: Sources) -> Iterator[Diagnostic]:
    """A hint: an object that comes from a subgraph without the field may not have it."""
    yield from missing_fields(schema, Kind.OBJECT, "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD")

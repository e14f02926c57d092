"""INPUT_FIELD_DEFAULT_MISMATCH: an input field has different default values."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    input_fields,
)
from federation.composition.sources import Sources
from federation.errors import Diagnostic


def input_field_default_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """A value that the client leaves out means the same in every subgraph."""
    for each in input_fields(schema):
        yield from each.default_conflict("INPUT_FIELD_DEFAULT_MISMATCH")

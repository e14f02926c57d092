"""FIELD_ARGUMENT_DEFAULT_MISMATCH: an argument has different default values."""

from __future__ import annotations

from collections.abc import Iterator

from federation.composition.inputs import (
    arguments,
)
from federation.composition.sources import Sources
from federation.errors import Diagnostic


def field_argument_default_mismatch(schema: Sources) -> Iterator[Diagnostic]:
    """A value that the client leaves out means the same in every subgraph."""
    for each in arguments(schema):
        yield from each.default_conflict("FIELD_ARGUMENT_DEFAULT_MISMATCH")

"""An answer for one field, as processes hand it to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from federation.access import RowCondition, Uses, Verdict, read_condition

FieldKey = tuple[str, Uses]


class KeptField(msgspec.Struct, frozen=True):
    """What was answered for one field and its uses; whole seconds from ``start`` to ``end``."""

    start: int
    end: int
    verdicts: dict[str, Verdict]
    rows: dict[str, list[dict[str, Any]]]
    revision: str

    def conditions(self) -> Mapping[str, tuple[RowCondition, ...]]:
        """The conditions by type that the field brings."""
        return {name: tuple(map(read_condition, each)) for name, each in self.rows.items()}

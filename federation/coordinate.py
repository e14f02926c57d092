"""Schema coordinates: the names by which policy, audit and diagnostics speak of schema elements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

_COORDINATE = re.compile(
    r"^(?P<type>[_A-Za-z]\w*)(?:\.(?P<field>[_A-Za-z]\w*)(?:\((?P<argument>[_A-Za-z]\w*):\))?)?$"
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Coordinate:
    """A type, a field (or input field, or enum value), or an argument of a schema.

    Printed as ``Type``, ``Type.field`` or ``Type.field(argument:)``; ordered by that text. An
    argument of a directive has ``@name`` in place of the type, and no field.

    Source:
        GraphQL specification, "Schema Coordinates".
    """

    type: str
    field: str | None = None
    argument: str | None = None

    def __str__(self) -> str:
        if self.field is None:
            return self.type if self.argument is None else f"{self.type}({self.argument}:)"
        if self.argument is None:
            return f"{self.type}.{self.field}"
        return f"{self.type}.{self.field}({self.argument}:)"

    def __lt__(self, other: Coordinate) -> bool:
        return str(self) < str(other)


def read_coordinate(text: str) -> Coordinate:
    """The coordinate that ``text`` prints.

    Raises:
        ValueError: The text is not a coordinate of a type, field or argument.
    """
    match = _COORDINATE.match(text)
    if match is None:
        raise ValueError(f"not a schema coordinate: {text!r}")
    return Coordinate(match["type"], match["field"], match["argument"])

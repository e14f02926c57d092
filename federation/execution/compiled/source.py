"""Python text under construction, and what it refers to."""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any


class Unexpected(Exception):
    """Something that generated code leaves to the interpreted executor."""


_MAX_LINES = 20_000
"""Beyond that a plan is not worth its code: types inside types multiply."""


class Source:
    """A module in the making.

    Names that come from schemas or clients stand in it as string literals only, so that none of
    them can become code.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._count = 0
        self.names: dict[str, Any] = {"Unexpected": Unexpected}

    def fresh(self, prefix: str) -> str:
        """A name that is not used yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any) -> str:
        """The name under which generated code finds a value."""
        name = self.fresh("c")
        self.names[name] = value
        return name

    def add(self, *lines: str) -> None:
        """Add whole lines.

        Raises:
            Unexpected: It has become too much.
        """
        self._lines.extend(lines)
        if len(self._lines) > _MAX_LINES:
            raise Unexpected

    def run(self) -> int:
        """Define everything in ``names``; the answer is about how many bytes that takes."""
        code = compile("\n".join(self._lines), "<plan>", "exec")
        exec(code, self.names)  # noqa: S102 - the text is ours, see above
        return _size(code) + 200 * len(self.names)


def _size(code: CodeType) -> int:
    size = sys.getsizeof(code) + 100 * len(code.co_names)
    for constant in code.co_consts:
        size += _size(constant) if isinstance(constant, CodeType) else sys.getsizeof(constant)
    return size

"""Disclosure ``hidden``: what a caller may not ask is answered as what does not exist.

Without a schema of the caller's own to validate against, that takes one answer for both, and for
every other fault that depends on the schema; and it takes a decision on everything that was valid.
"""

from __future__ import annotations

from types import TracebackType

from federation.access import Disclosure
from federation.errors import InvalidOperation, ResponseError
from federation.operation import ParsedOperation
from federation.operation.introspection import INTROSPECTION_FIELDS
from federation.operation.parse import PARSE_FAILED
from federation.selection import Field

_UNTOLD = ResponseError(
    "The operation is not valid, or holds what this caller may not ask.",
    extensions={"code": InvalidOperation.code},
)


class Hiding:
    """As a context it turns each fault that depends on the schema into the same one.

    It does nothing under ``Disclosure.EXPLAIN``.
    """

    def __init__(self, disclosure: Disclosure) -> None:
        self._is_on = disclosure is Disclosure.HIDDEN

    def check(self, parsed: ParsedOperation) -> None:
        """Refuse what is valid and would be answered without a decision on every part of it.

        Raises:
            InvalidOperation: Introspection, several operations, or selections that nothing can
                ever be answered for.
        """
        if self._is_on and (not parsed.is_whole or _introspects(parsed)):
            raise InvalidOperation((_UNTOLD,))

    def __enter__(self) -> None:
        """Nothing is needed."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise the one fault instead of another; syntax is no secret."""
        if self._is_on and isinstance(error, InvalidOperation) and not _is_syntax(error):
            raise InvalidOperation((_UNTOLD,)) from None


def _introspects(parsed: ParsedOperation) -> bool:
    return any(
        isinstance(each, Field) and each.name in INTROSPECTION_FIELDS
        for each in parsed.operation.selections
    )


def _is_syntax(error: InvalidOperation) -> bool:
    return bool(error.errors) and all(
        each.extensions.get("code") == PARSE_FAILED for each in error.errors
    )

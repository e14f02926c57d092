"""Disclosure ``hidden``: what a caller may not ask is answered as what does not exist.

That takes one answer for both, and for every other fault that depends on the schema; and it takes a
decision on everything that was valid.
"""

from __future__ import annotations

from types import TracebackType

from federation.access import Disclosure
from federation.errors import InvalidOperation, OperationTooLarge
from federation.gateway.messages import EventsNotAccepted, NotOverGet
from federation.gateway.own_schema import UNTOLD, is_about_the_text
from federation.operation import ParsedOperation


class Hiding:
    """As a context it turns each fault that depends on the schema into the same one.

    It does nothing under ``Disclosure.EXPLAIN``.

    Attributes:
        of_the_valid: The same for faults that are found only where the schema knows all.
    """

    def __init__(self, disclosure: Disclosure) -> None:
        self._is_on = disclosure is Disclosure.HIDDEN
        self.of_the_valid = _OfTheValid(is_on=self._is_on)

    def check(self, parsed: ParsedOperation) -> None:
        """Refuse what is valid and would be answered without a decision on every part of it.

        Raises:
            InvalidOperation: Several operations, or selections that nothing can ever be answered
                for.
        """
        if self._is_on and not parsed.is_whole:
            raise InvalidOperation((UNTOLD,))

    def __enter__(self) -> None:
        """Nothing is needed."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise the one fault instead of another; syntax is no secret."""
        if self._is_on and isinstance(error, InvalidOperation) and not is_about_the_text(error):
            raise InvalidOperation((UNTOLD,)) from None


class _OfTheValid:
    """See ``Hiding``; no generator, since every request enters it three times."""

    def __init__(self, *, is_on: bool) -> None:
        self._is_on = is_on

    def __enter__(self) -> None:
        """Nothing is needed."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raise the one fault instead of another."""
        if self._is_on and isinstance(error, OperationTooLarge | NotOverGet | EventsNotAccepted):
            raise InvalidOperation((UNTOLD,)) from None

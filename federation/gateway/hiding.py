"""Disclosure ``hidden``: what a caller may not ask is answered as what does not exist.

That takes one answer for both, and for every other fault that depends on the schema; and it takes a
decision on everything that was valid, inputs included that are named and given no value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from federation.access import (
    AccessRequest,
    Decision,
    Disclosure,
    NamedInputs,
    PolicyEngine,
)
from federation.errors import InvalidOperation, OperationTooLarge
from federation.gateway.bounded import Bounded
from federation.gateway.messages import EventsNotAccepted, NotOverGet
from federation.gateway.own_schema import UNTOLD, is_about_the_text
from federation.operation import ParsedOperation

_KEPT = 2_000


class _Turning:
    """As a context it turns each fault that tells of the schema into the same one."""

    def __init__(self, tells: Callable[[BaseException | None], bool], *, is_on: bool) -> None:
        self._tells = tells
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
        if self._is_on and self._tells(error):
            raise InvalidOperation((UNTOLD,)) from None


class Hiding(_Turning):
    """Turns faults of operations that are not valid.

    It does nothing under ``Disclosure.EXPLAIN``.

    Attributes:
        of_the_valid: The same for faults that are found only where the schema knows all.
    """

    def __init__(self, disclosure: Disclosure) -> None:
        is_on = disclosure is Disclosure.HIDDEN
        super().__init__(_is_of_the_invalid, is_on=is_on)
        self.of_the_valid = _Turning(_is_of_the_valid, is_on=is_on)
        # Both are held, so that no identity is another's.
        self._seen: Bounded[tuple[int, int], tuple[NamedInputs, Decision, bool]] = Bounded(_KEPT)

    def check(self, parsed: ParsedOperation) -> None:
        """Refuse what is valid and would be answered without a decision on every part of it.

        Raises:
            InvalidOperation: Several operations, or selections that nothing can ever be answered
                for.
        """
        if self._is_on and not parsed.is_whole:
            raise InvalidOperation((UNTOLD,))

    async def check_named(
        self, engine: PolicyEngine, question: AccessRequest, named: NamedInputs | None
    ) -> None:
        """Refuse inputs that were not asked about, since they have no value, and are not seen.

        Args:
            engine: Decides.
            question: About the operation.
            named: Such inputs; None where nothing is hidden.

        Raises:
            InvalidOperation: One of them is not seen.
            PolicyUnavailable: As the engine does.
        """
        if named is None or not named.tests:
            return
        asked = replace(question.about(named.tests), beside=question.fields)
        decision = await engine.decide(asked)
        key = (id(named), id(decision))
        seen = self._seen.get(key)
        if seen is None or seen[0] is not named or seen[1] is not decision:
            seen = self._seen.put(key, (named, decision, named.are_seen(decision)))
        if not seen[2]:
            raise InvalidOperation((UNTOLD,))


def _is_of_the_invalid(error: BaseException | None) -> bool:
    # Syntax is no secret.
    return isinstance(error, InvalidOperation) and not is_about_the_text(error)


def _is_of_the_valid(error: BaseException | None) -> bool:
    return isinstance(error, OperationTooLarge | NotOverGet | EventsNotAccepted)

"""Links to where access can be requested, for what a caller is refused and its purpose."""

from __future__ import annotations

from dataclasses import replace

from federation.access import RequestPage, with_link
from federation.errors import Forbidden, Refusal
from federation.gateway.bounded import Bounded

# Mostly it is one: policies that read the purpose decide anew for each.
_KEPT_PURPOSES = 20


class LinkedRefusals:
    """The refusals of one restriction, given their links once for each purpose.

    A restriction holds for a decision, and callers with other purposes may share that.
    """

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        self._refusals = refusals
        self._linked: Bounded[str, tuple[Refusal, ...]] = Bounded(_KEPT_PURPOSES)

    def to(self, page: RequestPage) -> tuple[Refusal, ...]:
        """The refusals with links to a page, which differs by its purpose alone."""
        if not self._refusals or not page.url:
            return self._refusals
        code = page.purpose or ""
        linked = self._linked.get(code)
        if linked is None:
            made = tuple(replace(r, error=with_link(r.error, page)) for r in self._refusals)
            linked = self._linked.put(code, made)
        return linked


def linked(refused: Forbidden, page: RequestPage) -> Forbidden:
    """The refusal of a whole operation, with links in its errors."""
    return Forbidden(
        refused.message,
        errors=tuple(with_link(each, page) for each in refused.errors),
        extensions=refused.extensions,
    )

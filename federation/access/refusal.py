"""What a caller is told about a selection that was taken out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from federation.access.decision import NO_DECISION, Verdict
from federation.errors import Refusal, ResponseError
from federation.selection import Condition


@dataclass(frozen=True, slots=True)
class Denial:
    """Why one field of one object type is refused.

    Attributes:
        field: Coordinate of the selected field.
        cause: Coordinate of the denied use; differs from ``field`` for inputs, for requirements and
            for rows of which nothing may be read.
        use: ``select``, ``filter``, ``sort`` or ``join``.
    """

    field: str
    cause: str
    use: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Place:
    """Where a selection stands in the operation.

    Attributes:
        path: Response keys from the root to the enclosing object.
        shown: The same up to the first list, and whether a list was met.
        conditions: Run-time conditions on the way, all of which must hold.
    """

    path: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    in_list: bool = False
    conditions: tuple[Condition, ...] = ()

    def child(self, key: str, type_text: str, conditions: tuple[Condition, ...]) -> Place:
        """The place inside the field of that response key and type."""
        return Place(
            path=(*self.path, key),
            shown=self.shown if self.in_list else (*self.shown, key),
            in_list=self.in_list or "[" in type_text,
            conditions=self.under(conditions).conditions,
        )

    def under(self, conditions: tuple[Condition, ...]) -> Place:
        """The same place where these conditions hold as well."""
        if not conditions:
            return self
        together = tuple(sorted({*self.conditions, *conditions}))
        return Place(self.path, self.shown, self.in_list, together)


def refuse(
    place: Place,
    types: frozenset[str] | None,
    type_text: str,
    denials: list[Denial],
    *,
    revision: str,
    after: tuple[str, ...],
) -> Refusal:
    """The refusal of the selection at ``place``, with one error whatever the number of types.

    Args:
        place: Of the selection itself, its response key included.
        types: As in ``Refusal``.
        type_text: Type of the field as seen through its parent.
        denials: One per refused object type, at least one.
        revision: Of the decision.
        after: As in ``Refusal``.
    """
    first = denials[0]
    return Refusal(
        path=place.path,
        types=types,
        error=ResponseError(
            message=_message(first),
            path=place.shown,
            extensions=_extensions(denials, revision),
        ),
        type=type_text,
        conditions=(place.conditions,) if place.conditions else (),
        after=after,
    )


def unite(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Refusals of the same selection under several conditions as one, in order of first mention."""
    united: dict[tuple[Any, ...], Refusal] = {}
    for refusal in refusals:
        key = (refusal.path, refusal.types, refusal.error.message, refusal.type)
        known = united.get(key)
        if known is None:
            united[key] = refusal
        elif not known.conditions or not refusal.conditions:
            united[key] = _with_conditions(known, ())
        else:
            together = tuple(dict.fromkeys(known.conditions + refusal.conditions))
            united[key] = _with_conditions(known, together)
    return tuple(united.values())


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Where a caller can request access to what it is denied.

    Attributes:
        url: Of the page, perhaps with a query of its own; empty for none.
        purpose: Verified code that the caller has stated, or None.
    """

    url: str
    purpose: str | None = None

    def link(self, coordinate: str, use: str) -> str:
        """The page for one use of a field; empty for none."""
        wanted = {"coordinate": coordinate, "use": use}
        if self.purpose:
            wanted["purpose"] = self.purpose
        return f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(wanted)}" if self.url else ""


def with_link(error: ResponseError, page: RequestPage) -> ResponseError:
    """The error of a refusal with a link to where access to what is denied can be requested.

    It gets none where nothing was decided: there is nothing to be requested.
    """
    told = error.extensions
    if not page.url or told.get("code") != "ACCESS_DENIED":
        return error
    denied = told.get("cause", {"coordinate": told["coordinate"], "use": "select"})
    return replace(error, extensions={**told, "requestAccess": page.link(**denied)})


def _with_conditions(refusal: Refusal, conditions: tuple[tuple[Condition, ...], ...]) -> Refusal:
    return replace(refusal, conditions=conditions)


def _message(denial: Denial) -> str:
    reasons = ", ".join(denial.verdict.reasons) or "denied"
    if denial.cause == denial.field:
        return f"{denial.field} may not be read: {reasons}"
    how = {"filter": "filters by", "sort": "orders by", "join": "is computed from"}
    what = f"{how.get(denial.use)} {denial.cause}"
    if denial.use == "select":
        name = denial.cause.partition(".")[0]
        what = f"tells of rows of {name}, of which nothing may be read, not even {denial.cause}"
    return f"{denial.field} may not be read: it {what}: {reasons}"


def _extensions(denials: list[Denial], revision: str) -> dict[str, Any]:
    first = denials[0]
    extensions: dict[str, Any] = {
        "code": "ACCESS_DENIED" if first.verdict.decided else "NO_DECISION",
        "coordinate": first.field,
        "reasons": list(first.verdict.reasons),
        "rule": first.verdict.rule or NO_DECISION.rule,
        "policyRevision": revision,
    }
    if len(denials) > 1:
        extensions["coordinates"] = [denial.field for denial in denials]
    if first.cause != first.field:
        extensions["cause"] = {"coordinate": first.cause, "use": first.use}
    return extensions

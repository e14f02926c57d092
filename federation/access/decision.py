"""The policy engine's answer, checked: whatever is not a clear permission is a denial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from federation.access.masks import MASKS
from federation.access.request import CONTRACT, AccessRequest
from federation.access.row_filter import AllOf, RowCondition, conjunction, read_condition
from federation.errors import PolicyUnavailable

GATEWAY_RULE = "gateway"


class Effect(Enum):
    """What may be done with a field."""

    ALLOW = "allow"
    MASK = "mask"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one use of one coordinate.

    Attributes:
        mask: Name of a typed mask, with ``Effect.MASK`` only.
        reasons: Stable codes, sorted.
        rule: Which rule decided.
        valid_until: Whole seconds since the epoch up to which this holds; None for as long as the
            revision does.
        decided: False when the engine gave no usable answer for this use.
    """

    effect: Effect
    reasons: tuple[str, ...] = ()
    rule: str = ""
    mask: str | None = None
    valid_until: int | None = None
    decided: bool = True


NO_DECISION = Verdict(Effect.DENY, ("no_decision",), GATEWAY_RULE, decided=False)


@dataclass(frozen=True, slots=True)
class RowRight:
    """Whether a caller may know of the rows of a type.

    Attributes:
        coordinate: Where it may not, the field of the type that lacks least; else empty.
        verdict: On that field, or that all is well.
    """

    coordinate: str
    verdict: Verdict

    @property
    def is_given(self) -> bool:
        """Whether it may."""
        return self.verdict.effect is not Effect.DENY


Rows = Mapping[str, Mapping[str, tuple[RowCondition, ...]]]
"""Coordinate to type to the conditions on it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one AccessRequest; silence is refusal.

    Attributes:
        verdicts: By coordinate text and use.
        row_filters: By type name. None is a filter that could not be read: no row may be seen.
        revision: Of policy and data that answered; goes into errors and audit records.
        subjects: Subjects of the consents in the question; row filters of what consent opened must
            confine to them.
        rows: By coordinate, which conditions on which types its uses bring, where the engine says
            so: the row filters are the conjunctions of these. None where it does not: the answer
            then holds for the question as a whole only.
        row_rights: Of types of which nothing that was asked may be read, whether their rows may be
            known of all the same; see ``federation.access.rows``.
    """

    verdicts: Mapping[tuple[str, str], Verdict]
    row_filters: Mapping[str, RowCondition | None]
    revision: str
    subjects: frozenset[str] = frozenset()
    rows: Rows | None = None
    row_rights: Mapping[str, RowRight] = field(default_factory=dict)

    def verdict(self, coordinate: str, use: str) -> Verdict:
        """The verdict on one use; ``NO_DECISION`` when there is none."""
        return self.verdicts.get((coordinate, use), NO_DECISION)

    @property
    def undecided(self) -> int:
        """How many asked uses the engine gave no usable answer for."""
        return sum(not verdict.decided for verdict in self.verdicts.values())

    @property
    def valid_until(self) -> int | None:
        """The earliest end among the verdicts, None when none has one."""
        ends = [v.valid_until for v in self.verdicts.values() if v.valid_until is not None]
        return min(ends, default=None)


def read_decision(request: AccessRequest, answer: Any, revision: str) -> Decision:
    """The engine's JSON answer as a decision on exactly what was asked.

    A use that is missing, malformed or of an unknown effect is ``NO_DECISION``; what was not asked
    is passed over.

    Raises:
        PolicyUnavailable: The answer as a whole is not of contract 1.
    """
    if not isinstance(answer, Mapping) or answer.get("contract") != CONTRACT:
        raise PolicyUnavailable("the policy engine gave no answer of a known contract")
    fields, filters = answer.get("fields"), answer.get("row_filters")
    if not isinstance(fields, Mapping) or not isinstance(filters, Mapping):
        raise PolicyUnavailable("the policy engine's answer lacks fields or row_filters")
    verdicts: dict[tuple[str, str], Verdict] = {}
    for coordinate, uses in request.fields.items():
        answered = fields.get(coordinate)
        for use in uses.names():
            verdict = answered.get(use) if isinstance(answered, Mapping) else None
            verdicts[coordinate, use] = _read_verdict(verdict, use)
    row_filters = {str(name): _read_filter(value) for name, value in filters.items()}
    rows = _read_rows(request, answer.get("rows"), row_filters)
    return Decision(
        verdicts=verdicts,
        # From the parts where there are any, so that equal parts make equal filters whatever else
        # was asked with them.
        row_filters=row_filters if rows is None else join_rows(rows.values()),
        revision=revision,
        subjects=request.asker.subjects,
        rows=rows,
    )


def join_rows(
    rows: Iterable[Mapping[str, tuple[RowCondition, ...]]],
) -> dict[str, RowCondition | None]:
    """The row filters by type that the conditions of several coordinates make together."""
    # By their text: in Python True equals 1, for a row filter it does not.
    parts: dict[str, dict[str, RowCondition]] = {}
    for bound in rows:
        for name, conditions in bound.items():
            parts.setdefault(name, {}).update({repr(each): each for each in conditions})
    return {name: conjunction(parts[name].values()) for name in sorted(parts)}


def no_decision(request: AccessRequest) -> Decision:
    """Everything asked, denied for want of an answer."""
    verdicts = {
        (coordinate, use): NO_DECISION
        for coordinate, uses in request.fields.items()
        for use in uses.names()
    }
    return Decision(verdicts, {}, "")


def allow_all(request: AccessRequest, revision: str = "open") -> Decision:
    """Everything asked, allowed: the answer when access control is switched off."""
    allowed = Verdict(Effect.ALLOW, ("open",), GATEWAY_RULE)
    verdicts = {
        (coordinate, use): allowed
        for coordinate, uses in request.fields.items()
        for use in uses.names()
    }
    return Decision(verdicts, {}, revision)


def _read_verdict(value: Any, use: str) -> Verdict:
    if not isinstance(value, Mapping):
        return NO_DECISION
    effect, mask, reasons = value.get("effect"), value.get("mask"), value.get("reasons")
    rule, valid_until = value.get("rule"), value.get("valid_until")
    well_formed = (
        effect in ("allow", "mask", "deny")
        and isinstance(reasons, list)
        and all(isinstance(reason, str) for reason in reasons)
        and isinstance(rule, str)
        and (valid_until is None or type(valid_until) is int)
        # A mask that nobody applies would be a permission.
        and (mask is None if effect != "mask" else _is_mask(mask) and use == "select")
    )
    if not well_formed:
        return NO_DECISION
    assert isinstance(reasons, list), "checked above"
    return Verdict(Effect(effect), tuple(sorted(reasons)), str(rule), mask, valid_until)


def _is_mask(value: Any) -> bool:
    return isinstance(value, str) and value in MASKS


def _read_filter(value: Any) -> RowCondition | None:
    try:
        return read_condition(value)
    except ValueError:
        return None


def _read_rows(
    request: AccessRequest, value: Any, row_filters: Mapping[str, RowCondition | None]
) -> Rows | None:
    """The conditions by coordinate; None unless together they are exactly the row filters."""
    if not isinstance(value, Mapping) or not value.keys() <= request.fields.keys():
        return None
    try:
        rows = {
            str(coordinate): {
                str(name): tuple(map(read_condition, conditions))
                for name, conditions in types.items()
            }
            for coordinate, types in value.items()
        }
    except (ValueError, TypeError, AttributeError):
        return None
    said = {name: _parts(condition) for name, condition in row_filters.items()}
    joined = {name: _parts(condition) for name, condition in join_rows(rows.values()).items()}
    return rows if said == joined else None


def _parts(condition: RowCondition | None) -> frozenset[str] | None:
    if condition is None:
        return None
    return frozenset(map(repr, condition.parts if isinstance(condition, AllOf) else (condition,)))

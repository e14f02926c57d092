"""Whether one field of one object type may be answered, all things considered.

A decision alone does not say so: a field also falls with the inputs it is computed from, with the
filters and orderings given to it, with a row filter that its subgraphs cannot apply, with a consent
whose rows are not confined, and with a mask that would break its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from federation.access.ask import tests_rows
from federation.access.decision import GATEWAY_RULE, NO_DECISION, Decision, Effect, Verdict
from federation.access.index import AccessIndex, FieldFacts
from federation.access.inputs import input_uses
from federation.access.masks import suits
from federation.access.refusal import Denial
from federation.access.row_filter import RowCondition, confines, fields_of
from federation.coordinate import read_coordinate
from federation.selection import Argument

UNCONFINED = Verdict(Effect.DENY, ("consent_unbound",), GATEWAY_RULE)
UNFILTERED = Verdict(Effect.DENY, ("row_filter_unsupported",), GATEWAY_RULE)
UNSUITED = Verdict(Effect.DENY, ("mask_unsuitable",), GATEWAY_RULE)


class Judge:
    """Judges the selections of one operation under one decision."""

    def __init__(
        self, variables: Mapping[str, Any], decision: Decision, index: AccessIndex
    ) -> None:
        self.variables = variables
        self.decision = decision
        self.index = index
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._filterable: dict[str, bool] = {}
        self._tested = {
            name: None if condition is None else frozenset(fields_of(condition))
            for name, condition in decision.row_filters.items()
        }

    def denial(
        self, facts: FieldFacts, place: tuple[str, str], arguments: tuple[Argument, ...]
    ) -> Denial | None:
        """The first ground on which a selection of the field is refused; None if there is none."""
        for cause, use in self._uses(facts, place, arguments):
            verdict = self._verdict(cause, use)
            if verdict.effect is Effect.DENY:
                return Denial(facts.coordinate, cause, use, verdict)
        verdict = self._verdict(facts.coordinate, "select")
        if verdict.effect is Effect.MASK and not _masks(verdict.mask, facts):
            return Denial(facts.coordinate, facts.coordinate, "select", UNSUITED)
        return self._unfiltered(facts, place, arguments) if self._tested else None

    def mask(self, facts: FieldFacts) -> str | None:
        """Name of the mask on a field that is not refused."""
        return self._verdict(facts.coordinate, "select").mask

    def _unfiltered(
        self, facts: FieldFacts, place: tuple[str, str], arguments: tuple[Argument, ...]
    ) -> Denial | None:
        """The first ground on which rows behind the field would go around their filter."""
        for cause, use in self._uses(facts, place, arguments):
            if use in ("filter", "sort"):
                # Rows of one type tested by a column of another: no filter on those is applied.
                known = self._tells_rows_of(cause, facts)
            else:
                known = self._rows_filtered(cause)
            if not known:
                return Denial(facts.coordinate, cause, use, UNFILTERED)
        return None

    def _tells_rows_of(self, coordinate: str, facts: FieldFacts) -> bool:
        """Whether a tested column belongs to unfiltered rows, or to those the field is about."""
        type_name = read_coordinate(coordinate).type
        return (
            type_name not in self._tested
            or type_name in facts.returns
            or type_name in facts.derived_from
        )

    def _uses(
        self, facts: FieldFacts, place: tuple[str, str], arguments: tuple[Argument, ...]
    ) -> Iterator[tuple[str, str]]:
        yield facts.coordinate, "select"
        for required in facts.inputs:
            yield required, "join"
        if arguments:
            yield from sorted(
                input_uses(
                    place,
                    arguments,
                    self.variables,
                    self.index.inputs,
                    tests_rows=tests_rows(facts),
                )
            )

    def _verdict(self, coordinate: str, use: str) -> Verdict:
        key = (coordinate, use)
        if key not in self._verdicts:
            verdict = self.decision.verdict(coordinate, use)
            if verdict.effect is not Effect.DENY and _by_consent(verdict):
                type_name = read_coordinate(coordinate).type
                verdict = verdict if self._confined(type_name) else UNCONFINED
            elif verdict.effect is Effect.MASK and use != "select":
                # A masked value still tells itself when it may be tested or ordered by.
                verdict = NO_DECISION
            self._verdicts[key] = verdict
        return self._verdicts[key]

    def _confined(self, type_name: str) -> bool:
        condition: RowCondition | None = self.decision.row_filters.get(type_name)
        subject = self.index.subjects.get(type_name)
        if condition is None or subject is None:
            return False
        return confines(condition, subject, self.decision.subjects)

    def _rows_filtered(self, coordinate: str) -> bool:
        known = self._filterable.get(coordinate)
        if known is None:
            type_name, _, field = coordinate.partition(".")
            facts = self.index.fields[type_name, field]
            known = all(self._applies(name, facts) for name in self._tested)
            self._filterable[coordinate] = known
        return known

    def _applies(self, type_name: str, facts: FieldFacts) -> bool:
        """Whether every subgraph that could answer the field applies the filter on that type."""
        if type_name not in self.index.returned_by:
            # No object type: nobody could say whose rows were meant.
            return False
        returned = type_name in facts.returns
        if not returned and type_name not in facts.derived_from:
            return True
        tested = self._tested[type_name]
        nowhere: frozenset[str] = frozenset()
        return tested is not None and all(
            (returned and subgraph not in self.index.returned_by.get(type_name, nowhere))
            or self.index.holds(subgraph, type_name, tested)
            for subgraph in facts.resolvers
        )


def _masks(mask: str | None, facts: FieldFacts) -> bool:
    """Whether the mask leaves nothing unmasked: what has fields of its own is never masked."""
    return not facts.returns and suits(mask or "", facts.type)


def _by_consent(verdict: Verdict) -> bool:
    return any(reason.partition(":")[0] == "consent" for reason in verdict.reasons)

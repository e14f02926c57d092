"""Whether one field of one object type may be answered, all things considered.

A decision alone does not say so: a field also falls with the inputs it is computed from, with the
filters and orderings given to it, with a row filter that nobody can apply, with a consent whose
rows are not confined, and with a mask that would break its type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from federation.access.decision import (
    GATEWAY_RULE,
    NO_DECISION,
    Decision,
    Effect,
    RowRight,
    Verdict,
)
from federation.access.index import AccessIndex, FieldFacts
from federation.access.inputs import input_uses
from federation.access.masks import suits
from federation.access.refusal import Denial
from federation.access.row_filter import RowCondition, confines, fields_of, ordered_fields
from federation.coordinate import read_coordinate
from federation.selection import Argument

UNCONFINED = Verdict(Effect.DENY, ("consent_unbound",), GATEWAY_RULE)
UNFILTERED = Verdict(Effect.DENY, ("row_filter_unsupported",), GATEWAY_RULE)
_ORDERED = frozenset({"Int", "Float", "Date"})
"""Scalars that the gateway orders as every department does."""
UNSUITED = Verdict(Effect.DENY, ("mask_unsuitable",), GATEWAY_RULE)


class Judge:
    """Judges the selections of one operation under one decision.

    Args:
        variables: Coerced.
        decision: On the operation.
        index: Of the schema it was validated against.
        tests_rows: Whether the gateway may filter rows that no subgraph can.
        has_rows: Whether the decision says which rows consents opened; a view of the schema, which
            shows none, does without.

    Attributes:
        row_tests: Types whose rows the gateway has to filter itself for what was not refused so
            far, each with the fields that it must know.
        unseen_rows: Types of whose rows the gateway may show none, where others stand beside them.
    """

    def __init__(
        self,
        variables: Mapping[str, Any],
        decision: Decision,
        index: AccessIndex,
        *,
        tests_rows: bool,
        has_rows: bool = True,
    ) -> None:
        self._has_rows = has_rows
        self.variables = variables
        self.decision = decision
        self.index = index
        self.row_tests: dict[str, tuple[str, ...]] = {}
        self.unseen_rows: set[str] = set()
        self._tests_rows = tests_rows
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self._denials: dict[tuple[tuple[str, str], bool], Denial | None] = {}
        self._filterable: dict[str, bool] = {}
        self._seen: frozenset[str] | None = None
        self._tested = {
            name: None if condition is None else frozenset(fields_of(condition))
            for name, condition in decision.row_filters.items()
        }

    def denial(
        self,
        facts: FieldFacts,
        place: tuple[str, str],
        arguments: tuple[Argument, ...],
        *,
        in_page: bool = False,
    ) -> Denial | None:
        """The first ground on which a selection of the field is refused; None if there is none.

        Args:
            facts: Of the field.
            place: Its type and name.
            arguments: That are given to it.
            in_page: Its object is what a field with an argument that cuts gave, see ``cuts``.
        """
        if arguments:
            return self._denial(facts, place, arguments, in_page=in_page)
        key = (place, in_page)
        if key not in self._denials:
            self._denials[key] = self._denial(facts, place, (), in_page=in_page)
        return self._denials[key]

    def cuts(self, facts: FieldFacts, arguments: tuple[Argument, ...], *, in_page: bool) -> bool:
        """Whether lists in the object that a field gives are parts of longer ones.

        So they are where it takes the size of a page for the list inside, as connections do. What
        stands for a row has lists of its own.
        """
        return (in_page or self._is_cut(facts, arguments)) and self.holds_lists(facts)

    def holds_lists(self, facts: FieldFacts) -> bool:
        """Whether lists in the object that a field gives are cut where the field is."""
        is_row = all(name in self.index.rows for name in facts.returns)
        return not is_row and "[" not in facts.type

    def lacks_rows(self, facts: FieldFacts) -> bool:
        """Whether a field gives a list without rows that the caller may know nothing of.

        As a part of a longer list it is refused: what it loses after it was cut is missed.
        """
        return "[" in facts.type and not facts.changes and any(map(self.hides, facts.returns))

    def _denial(
        self,
        facts: FieldFacts,
        place: tuple[str, str],
        arguments: tuple[Argument, ...],
        *,
        in_page: bool,
    ) -> Denial | None:
        denied = self._denied(facts, place, arguments)
        if denied is not None:
            return denied
        unseen = self.unseen(facts)
        if unseen:
            return self._rows_refused(facts, unseen)
        is_cut = in_page or self._is_cut(facts, arguments)
        if not self._hides_rows(facts, is_cut=is_cut):
            return Denial(facts.coordinate, facts.coordinate, "select", UNFILTERED)
        return self._unfiltered(facts, place, arguments, is_cut=is_cut) if self._tested else None

    def _denied(
        self, facts: FieldFacts, place: tuple[str, str], arguments: tuple[Argument, ...]
    ) -> Denial | None:
        """The first use that is denied, or a mask that would not do."""
        for cause, use in self._uses(facts, place, arguments):
            verdict = self._verdict(cause, use)
            if verdict.effect is Effect.DENY:
                return Denial(facts.coordinate, cause, use, verdict)
        verdict = self._verdict(facts.coordinate, "select")
        if verdict.effect is Effect.MASK and not _masks(verdict.mask, facts):
            return Denial(facts.coordinate, facts.coordinate, "select", UNSUITED)
        return None

    def reads(self, coordinate: str) -> bool:
        """Whether a field by itself may be read, whatever is to be seen behind it.

        That takes more than a verdict: whoever may not read what it is computed from, or could be
        shown it masked only by a mask that does not suit it, reads nothing.
        """
        type_name, _, field = coordinate.partition(".")
        facts = self.index.fields.get((type_name, field))
        return facts is not None and self._denied(facts, (type_name, field), ()) is None

    def sees_rows(self, facts: FieldFacts) -> bool:
        """Whether the caller may see something of each kind of row that a field counts."""
        return all(map(self._sees, facts.tells))

    def _sees(self, type_name: str) -> bool:
        """Whether the caller may see something of the rows of a type."""
        if self._seen is None:
            asked = (
                coordinate.partition(".")[0]
                for coordinate, use in self.decision.verdicts
                if use == "select" and self.reads(coordinate)
            )
            rights = self.decision.row_rights.items()
            seen = (name for name, right in rights if right.is_given)
            self._seen = frozenset((*asked, *seen))
        return type_name in self._seen

    def hides(self, type_name: str) -> bool:
        """Whether objects of a type are rows of which the caller may know nothing."""
        return type_name in self.index.rows and not self._sees(type_name)

    def is_all_hidden(self, facts: FieldFacts) -> bool:
        """Whether a field returns nothing but rows of which the caller may know nothing."""
        return bool(facts.returns) and all(map(self.hides, facts.returns))

    def unseen(self, facts: FieldFacts) -> tuple[str, ...]:
        """Types of rows that stand in the way of a field: it would tell that there are any.

        A count tells less where its rows may not be seen; what a mutation made, its caller knows.
        Where a field can return rows of several types, one that may be seen is enough.
        """
        if not facts.is_count and not self.sees_rows(facts):
            return tuple(name for name in facts.tells if not self._sees(name))
        return facts.returns if not facts.changes and self.is_all_hidden(facts) else ()

    def _hides_rows(self, facts: FieldFacts, *, is_cut: bool) -> bool:
        """Let the gateway take out rows that may not be seen; False where that would tell."""
        if facts.concealed:
            # Whatever a decision says, clients know no such objects; nobody asked about them.
            if not self.index.tests_rows:
                return False
            self.unseen_rows.update(facts.concealed)
        unseen = list(filter(self.hides, facts.returns))
        if not unseen or facts.changes:
            return True
        if not self._tests_rows or (is_cut and self.lacks_rows(facts)):
            return False
        self.unseen_rows.update(unseen)
        return True

    def _rows_refused(self, facts: FieldFacts, types: tuple[str, ...]) -> Denial:
        """The refusal to tell of rows, with the field that lacks least, if asked one that was."""
        asked = [
            RowRight(coordinate, self._verdict(coordinate, use))
            for coordinate, use in self.decision.verdicts
            if use == "select" and coordinate.partition(".")[0] in types
        ]
        rights = self.decision.row_rights
        lacks = [each for each in asked if not each.is_given] or [
            rights[name] for name in types if name in rights
        ]
        first = next(iter(self.index.rows.get(types[0], ())), ())
        nothing = RowRight(".".join(first), NO_DECISION)
        # What names no field tells nobody what to do.
        least = min(
            lacks,
            key=lambda lack: (not lack.coordinate, len(lack.verdict.reasons)),
            default=nothing,
        )
        reasons = tuple(sorted({"row_right_required", *least.verdict.reasons}))
        told = Verdict(Effect.DENY, reasons, GATEWAY_RULE, decided=least.verdict.decided)
        return Denial(facts.coordinate, least.coordinate or facts.coordinate, "select", told)

    def overruling(self, coordinate: str, use: str) -> Verdict | None:
        """The refusal of one use that the policies open; None where their verdict stands."""
        verdict = self._verdict(coordinate, use)
        if verdict is not self.decision.verdict(coordinate, use):
            return verdict
        if verdict.effect is Effect.MASK:
            type_name, _, field = coordinate.partition(".")
            facts = self.index.fields.get((type_name, field))
            return None if facts is None or _masks(verdict.mask, facts) else UNSUITED
        return None

    def allows(self, coordinate: str, use: str) -> bool:
        """Whether one use by itself is allowed."""
        return self._verdict(coordinate, use).effect is not Effect.DENY

    def mask(self, facts: FieldFacts) -> str | None:
        """Name of the mask on a field that is not refused."""
        return self._verdict(facts.coordinate, "select").mask

    def _unfiltered(
        self,
        facts: FieldFacts,
        place: tuple[str, str],
        arguments: tuple[Argument, ...],
        *,
        is_cut: bool,
    ) -> Denial | None:
        """The first ground on which rows behind the field would go around their filter."""
        for cause, use in self._uses(facts, place, arguments):
            if use in ("filter", "sort"):
                # Rows of one type tested by a column of another: no filter on those is applied.
                known = self._tells_rows_of(cause, facts)
            elif use == "select":
                known = self._rows_filtered(cause) or self._test_rows(facts, is_cut=is_cut)
            else:
                # Values are computed from these rows before the gateway could drop any.
                known = self._rows_filtered(cause)
            if not known:
                return Denial(facts.coordinate, cause, use, UNFILTERED)
        return None

    def _test_rows(self, facts: FieldFacts, *, is_cut: bool) -> bool:
        """Let the gateway filter the rows that a field returns; False where it cannot.

        It cannot make a count right, nor a part of a list that was chosen before rows were dropped,
        nor a list that comes whole from one subgraph and filtered from another.
        """
        unfiltered = [name for name in self._tested if not self._applies(name, facts)]
        if not self._tests_rows or (
            "[" in facts.type and (is_cut or any(self._is_mixed(n, facts) for n in unfiltered))
        ):
            return False
        tests = {name: self._columns(name) for name in unfiltered if name in facts.returns}
        if len(tests) < len(unfiltered) or not all(tests.values()):
            return False
        if any(name in facts.derived_from for name in unfiltered):
            return False
        self.row_tests |= tests
        return True

    def _is_cut(self, facts: FieldFacts, arguments: tuple[Argument, ...]) -> bool:
        return facts.is_cut or any(each.name in facts.cut_by for each in arguments)

    def _is_mixed(self, type_name: str, facts: FieldFacts) -> bool:
        tested = self._tested[type_name] or ()
        return any(self.index.holds(each, type_name, tested) for each in facts.resolvers)

    def _columns(self, type_name: str) -> tuple[str, ...]:
        """The fields that a filter tests, sorted; none where one is not the gateway's to test."""
        columns = sorted(self._tested[type_name] or ())
        condition = self.decision.row_filters[type_name]
        ordered = frozenset(ordered_fields(condition)) if condition is not None else frozenset()
        for name in columns:
            facts = self.index.fields.get((type_name, name))
            if facts is None or not facts.is_column:
                return ()
            # Databases order texts by their collations, and enums by what stands for them.
            if name in ordered and facts.type.removesuffix("!") not in _ORDERED:
                return ()
        return tuple(columns)

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
        if not arguments:
            yield from facts.required_tests
            yield from facts.default_tests
        else:
            yield from sorted(
                input_uses(
                    place,
                    arguments,
                    self.variables,
                    self.index.inputs,
                    tests_rows=facts.is_tested,
                )
            )

    def _verdict(self, coordinate: str, use: str) -> Verdict:
        key = (coordinate, use)
        if key not in self._verdicts:
            verdict = self.decision.verdict(coordinate, use)
            if verdict.effect is not Effect.DENY and self._has_rows and by_consent(verdict):
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


def by_consent(verdict: Verdict) -> bool:
    """Whether a consent is what opens a use."""
    return any(reason.partition(":")[0] == "consent" for reason in verdict.reasons)

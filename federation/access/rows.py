"""The right to rows: of what a caller may read nothing, the caller may not know that it exists.

A field that returns rows, counts them or turns their pages tells that there are any. Whoever may
read something that was asked of a row knows of it anyway, under the row filter that this brings.
Where nothing of a type may be read, or nothing was asked but ``__typename``, all fields of the type
are asked about: one that may be read gives the right to the rows that its own row filter admits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from federation.access.ask import AskedUses
from federation.access.decision import (
    GATEWAY_RULE,
    Decision,
    Effect,
    RowRight,
    Verdict,
    join_rows,
)
from federation.access.index import AccessIndex, FieldFacts
from federation.access.judge import UNFILTERED, Judge, by_consent
from federation.access.request import AccessRequest, Uses
from federation.access.row_filter import AllOf, AnyOf, RowCondition, conjunction

ROW_RIGHT_RULE = f"{GATEWAY_RULE}:row_right_required"
"""The rule by which audit records tell that a field was refused for its rows."""

AT_ONCE = 200
"""Fields that are asked about together; of many types the questions of others come in between."""

_GIVEN = RowRight("", Verdict(Effect.ALLOW, (), GATEWAY_RULE))
_NONE = RowRight("", Verdict(Effect.DENY, (), GATEWAY_RULE))


class RowQuestion:
    """The types of whose rows one operation tells, and what is asked besides where that is open.

    Attributes:
        told: These types, sorted, each with the coordinates of it that the operation selects.
        index: Of the schema.
    """

    def __init__(self, request: AccessRequest, index: AccessIndex) -> None:
        """Prepares.

        Args:
            request: The question about the operation.
            index: Of the schema.
        """
        self.index = index
        self._request = request
        selected: dict[str, list[str]] = {}
        told: set[str] = set()
        for coordinate, uses in request.fields.items():
            if uses.select:
                name, _, field = coordinate.partition(".")
                selected.setdefault(name, []).append(coordinate)
                facts = index.fields.get((name, field))
                told.update(index.rows_of(facts) if facts else ())
        self.told = tuple((name, tuple(selected.get(name, ()))) for name in sorted(told))

    def in_doubt(self, decision: Decision) -> tuple[str, ...]:
        """The types of which nothing that was asked may be read."""
        judge = Judge({}, decision, self.index, tests_rows=self.index.tests_rows)
        return tuple([name for name, asked in self.told if not any(map(judge.reads, asked))])

    def parts(self, types: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Types in groups to be asked about one after the other: an interface can have many."""
        part: list[str] = []
        size = 0
        for name in types:
            more = len(self.index.rows[name])
            if part and size + more > AT_ONCE:
                yield tuple(part)
                part, size = [], 0
            part.append(name)
            size += more
        if part:
            yield tuple(part)

    def fields(self, types: tuple[str, ...]) -> dict[str, Uses]:
        """Everything that could be read of some types, as a question lists it."""
        asked = AskedUses()
        for name in types:
            for place in self.index.rows[name]:
                asked.select(self.index.fields[place])
        return asked.fields()

    def about(self, fields: Mapping[str, Uses]) -> AccessRequest:
        """The question about these ``fields`` in the same operation, by whoever it was made for."""
        return replace(self._request.about(fields), beside=self._request.fields)

    def settle(self, decision: Decision, more: Decision, types: tuple[str, ...]) -> Decision:
        """A decision that also says whether rows may be seen, and which.

        Args:
            decision: On the operation, perhaps with what it says of other types already.
            more: On what was asked ``about`` all fields of these types.
            types: Of those in doubt.
        """
        rights: dict[str, RowRight] = {}
        filters = dict(decision.row_filters)
        for name in types:
            ways, lacks = _read(name, more, self.index)
            rights[name] = _GIVEN if ways else _least(lacks)
            condition = any_of(ways)
            known = filters.get(name, condition)
            if condition is None or (name in filters and known is None):
                continue
            assert known is not None, "the condition itself is one"
            parts = {repr(part): part for part in (*_parts(known), *_parts(condition))}
            filters[name] = conjunction(parts.values())
        return replace(
            decision, row_filters=filters, rows=None, row_rights={**decision.row_rights, **rights}
        )


def refused_by_gateway(decision: Decision, index: AccessIndex) -> dict[tuple[str, str], str]:
    """The uses that the policies open and the decision as a whole closes, with the gateway's rules.

    Args:
        decision: That says whether rows may be seen, see ``RowQuestion.settle``.
        index: Of the schema.
    """
    hides_rows = not all(right.is_given for right in decision.row_rights.values())
    in_doubt = [
        key
        for key, verdict in decision.verdicts.items()
        if verdict.effect is Effect.MASK
        or (verdict.effect is Effect.ALLOW and (hides_rows or by_consent(verdict)))
    ]
    if not in_doubt:
        return {}
    judge = Judge({}, decision, index, tests_rows=index.tests_rows)
    refused = {}
    for coordinate, use in in_doubt:
        own = judge.overruling(coordinate, use)
        if own is not None:
            refused[coordinate, use] = f"{own.rule}:{own.reasons[0]}"
        elif hides_rows and use == "select":
            type_name, _, field = coordinate.partition(".")
            facts = index.fields.get((type_name, field))
            if facts is not None and judge.unseen(facts):
                refused[coordinate, use] = ROW_RIGHT_RULE
    return refused


def _read(
    name: str, more: Decision, index: AccessIndex
) -> tuple[list[tuple[RowCondition, ...]], list[RowRight]]:
    """For each field of a type that may be read the conditions on its rows; what others lack."""
    behind = replace(more, row_rights=dict.fromkeys(index.rows, _GIVEN))
    ways, lacks = [], []
    for place in index.rows[name]:
        facts = index.fields[place]
        alone = _alone(facts, behind)
        denial = Judge({}, alone, index, tests_rows=index.tests_rows).denial(facts, place, ())
        condition = alone.row_filters.get(name)
        if denial is not None:
            lacks.append(RowRight(facts.coordinate, denial.verdict))
        elif condition is not None:
            ways.append(_parts(condition))
        elif name in alone.row_filters:  # one that cannot be read
            lacks.append(RowRight(facts.coordinate, UNFILTERED))
        else:
            ways.append(())
    return ways, lacks


def _alone(facts: FieldFacts, more: Decision) -> Decision:
    """The answer to a question about one field only."""
    uses = [(facts.coordinate, "select"), *facts.required_tests, *facts.default_tests]
    uses += [(required, "join") for required in facts.inputs]
    verdicts = {use: more.verdict(*use) for use in uses}
    # Where it is not known what brings a row filter, every one of them is brought.
    filters: Mapping[str, RowCondition | None] = more.row_filters
    if more.rows is not None:
        filters = join_rows(more.rows.get(coordinate, {}) for coordinate, _ in uses)
    return replace(more, verdicts=verdicts, row_filters=filters)


def _least(lacks: list[RowRight]) -> RowRight:
    """The one that lacks least; a type without a field that could be read says only that."""
    return min(lacks, key=lambda lack: len(lack.verdict.reasons), default=_NONE)


def any_of(ways: Iterable[tuple[RowCondition, ...]]) -> RowCondition | None:
    """True when all conditions of one of the ways are; None where one has no conditions."""
    by_text = [{repr(part): part for part in way} for way in ways]
    keyed = {frozenset(way): way for way in by_text}
    # What another one admits under fewer conditions adds nothing.
    least = [way for key, way in keyed.items() if not any(other < key for other in keyed)]
    conditions = sorted((conjunction(way.values()) for way in least if way), key=repr)
    if len(conditions) < 2:
        return next(iter(conditions), None)
    return AnyOf(tuple(conditions))


def _parts(condition: RowCondition) -> tuple[RowCondition, ...]:
    return condition.parts if isinstance(condition, AllOf) else (condition,)

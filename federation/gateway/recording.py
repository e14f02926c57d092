"""From what is noted of a request to its audit records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from federation.access import (
    AccessIndex,
    Caller,
    Decision,
    Effect,
    refused_by_gateway,
)
from federation.audit import (
    EVERYTHING,
    AuditedCaller,
    AuditedOperation,
    AuditedVerdicts,
    AuditRecord,
    NamedPlan,
    NameHashes,
    Outcome,
    RecordKind,
    TouchedEntities,
    pages,
    subject_digests,
    told,
    touched,
)
from federation.execution import ExecutionResult

_OF_PAGES = (
    "request_id",
    "at",
    "caller",
    "operation",
    "part",
    "purpose",
    "policy_revision",
    "schema_revision",
)
"""What pages say as well as the record they belong to."""


class RequestNotes:
    """What is known of one request, and the records that say so.

    Attributes:
        part: See ``AuditRecord``.
    """

    def __init__(self, request_id: str, schema_revision: str, clock: Callable[[], float]) -> None:
        self._request_id = request_id
        self._schema_revision = schema_revision
        self._clock = clock
        self.caller = AuditedCaller(id="")
        self.operation = AuditedOperation(kind="", digest="")
        self.purpose: str | None = None
        self.consents: tuple[str, ...] = ()
        self.policy_revision = ""
        self.verdicts: tuple[AuditedVerdicts, ...] = ()
        self.subgraphs: tuple[str, ...] = ()
        self.subjects: tuple[str, ...] = ()
        self.part = 0

    def note_caller(self, caller: Caller) -> None:
        """Who asks."""
        self.caller = AuditedCaller(id=caller.id, department=caller.department or "")

    def note_subjects(self, values: Iterable[Any], hashes: NameHashes) -> None:
        """Persons that arguments name."""
        self.subjects = subject_digests(hashes, values)

    def intent(self) -> list[AuditRecord]:
        """The records to append before anything can be released; the last is the intent itself."""
        return self._records(RecordKind.INTENT, Outcome.STARTED)

    def release(
        self,
        outcome: Outcome,
        codes: Iterable[str],
        duration: float,
        entities: tuple[TouchedEntities, ...] = (),
        result: ExecutionResult | None = None,
    ) -> list[AuditRecord]:
        """The records that cover an answer or a part of it; the last is the release itself."""
        kind, tally = RecordKind.RELEASE, (result.masked, result.filtered) if result else (0, 0)
        return self._records(kind, outcome, entities, tuple(sorted(codes)), round(duration), tally)

    def _records(
        self,
        kind: RecordKind,
        outcome: Outcome,
        entities: tuple[TouchedEntities, ...] = (),
        codes: tuple[str, ...] = (),
        duration: int = 0,
        tally: tuple[int, int] = (0, 0),
    ) -> list[AuditRecord]:
        # Arguments are those of the whole request.
        *before, last = pages(entities, self.subjects if self.part == 0 else ())
        # Written out, since every answer has one.
        record = AuditRecord(
            kind=kind,
            outcome=outcome,
            request_id=self._request_id,
            at=round(self._clock() * 1000),
            caller=self.caller,
            operation=self.operation,
            part=self.part,
            purpose=self.purpose,
            policy_revision=self.policy_revision,
            schema_revision=self._schema_revision,
            consents=self.consents,
            verdicts=self.verdicts,
            subgraphs=self.subgraphs,
            entities=last[0],
            subjects=last[1],
            pages=len(before),
            codes=codes,
            duration=duration,
            masked=tally[0],
            filtered=tally[1],
        )
        return [*(_page(record, *each) for each in before), record] if before else [record]


def _page(
    record: AuditRecord, entities: tuple[TouchedEntities, ...], subjects: tuple[str, ...]
) -> AuditRecord:
    """What a record has no room for, with what tells that it belongs to it."""
    same = {name: getattr(record, name) for name in _OF_PAGES}
    return AuditRecord(kind=RecordKind.PAGE, entities=entities, subjects=subjects, **same)


def audited_verdicts(decision: Decision, index: AccessIndex) -> tuple[AuditedVerdicts, ...]:
    """What was decided on every asked coordinate, by the departments that hold it.

    That is what the policies say, but for what the decision as a whole closes.
    """
    refused = refused_by_gateway(decision, index)
    groups: dict[tuple[str, str, tuple[str, ...], str], set[str]] = {}
    for (coordinate, use), verdict in decision.verdicts.items():
        departments = _departments(coordinate, index)
        other = "" if use == "select" else use
        group = (verdict.effect.value, verdict.rule, departments, other)
        if (coordinate, use) in refused:
            group = (Effect.DENY.value, refused[coordinate, use], departments, other)
        groups.setdefault(group, set()).add(coordinate)
    return tuple(
        AuditedVerdicts(
            effect=effect,
            rule=rule,
            coordinates=tuple(sorted(coordinates)),
            departments=departments,
            use=other or msgspec.UNSET,
        )
        for (effect, rule, departments, other), coordinates in sorted(groups.items())
    )


def touched_by(
    result: ExecutionResult, plan: NamedPlan, hashes: NameHashes
) -> tuple[TouchedEntities, ...]:
    """What the answer made of a result releases."""
    if result.observed is not None:
        return told(result.observed, plan, hashes)
    # Otherwise all that was fetched for a whole answer is in it.
    is_less = result.is_part or bool(result.errors) or plan.is_conditional
    shown: Any = EVERYTHING
    if is_less and (text := result.data_text) is not None:
        shown = msgspec.json.decode(text)
    elif is_less or (result.data is None and result.text is None):
        shown = result.data
    return touched(result.tree, shown, plan, hashes)


def _departments(coordinate: str, index: AccessIndex) -> tuple[str, ...]:
    type_name, _, field = coordinate.partition("(")[0].partition(".")
    facts = index.fields.get((type_name, field))
    return facts.resolvers if facts else ()

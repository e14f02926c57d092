"""What is written down of a request: who asked what for which purpose, and what was decided.

Names and keyed hashes, never values: a record may be read by people who may not read the data.
"""

from dataclasses import dataclass
from enum import Enum

import msgspec

from federation.errors import FederationError


class RecordKind(Enum):
    """Which moment of a request a record stands for.

    A page holds names that a record that follows it had no room for.
    """

    INTENT = "intent"
    PAGE = "page"
    RELEASE = "release"


class Outcome(Enum):
    """How a request, or one released part of it, ended."""

    STARTED = "started"
    ANSWERED = "answered"
    PARTIAL = "partial"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class AuditedCaller:
    """Who asked.

    Attributes:
        id: Subject of the verified token.
        department: The organisation that vouches for the caller; empty when none does.
    """

    id: str
    department: str = ""


@dataclass(frozen=True, slots=True)
class AuditedOperation:
    """What was asked.

    Attributes:
        kind: query, mutation or subscription.
        digest: ``text_digest`` of the text without literals; the text itself is kept once.
        name: Empty for an anonymous operation.
    """

    kind: str
    digest: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class AuditedVerdicts:
    """The coordinates of the same departments that one rule decided in one way.

    Attributes:
        effect: allow, mask or deny.
        rule: Name of the deciding rule; empty where nothing was decided.
        coordinates: Sorted, each once.
        departments: Subgraphs that hold these fields, sorted.
    """

    effect: str
    rule: str
    coordinates: tuple[str, ...]
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TouchedEntities:
    """Objects of one type whose data was released.

    Attributes:
        by: What names them: ``subject`` (the ``@dataSubject`` field), ``key`` and the key's fields,
            or ``none`` where no name can be reached; how many there were is not known then.
        digests: Keyed hashes of the names, sorted, each once.
        unnamed: How many further objects had null where the name should be.
    """

    type: str
    by: str
    digests: tuple[str, ...] = ()
    unnamed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One entry of the audit trail.

    An intent record is durable before the first data of a request can be released, a release
    record before the bytes it covers leave.

    Attributes:
        kind: Intent or release.
        request_id: The same in all records of one request.
        at: Milliseconds since 1970 in UTC.
        part: 0 for the response, counting up for its later chunks or events.
        pages: How many records of kind ``page`` stand before this one and belong to it.
        purpose: Verified code; None when the caller stated none.
        consents: Ids of the consent artefacts that were relied on.
        verdicts: Every asked coordinate, grouped by effect and rule.
        subgraphs: Those that were asked, sorted.
        policy_revision: Revision that decided.
        schema_revision: Revision of the supergraph.
        outcome: How it ended; started for an intent.
        duration: Milliseconds from the request's arrival.
        codes: Codes of the errors in the answer, sorted, each once.
        masked: Number of values that were masked.
        filtered: Number of rows that the gateway itself took out.
        entities: What was released.
        subjects: Keyed hashes of persons that arguments named, found or not; sorted, each once.
    """

    kind: RecordKind
    request_id: str
    at: int
    caller: AuditedCaller
    operation: AuditedOperation
    part: int = 0
    pages: int = 0
    purpose: str | None = None
    consents: tuple[str, ...] = ()
    verdicts: tuple[AuditedVerdicts, ...] = ()
    subgraphs: tuple[str, ...] = ()
    policy_revision: str = ""
    schema_revision: str = ""
    outcome: Outcome = Outcome.STARTED
    duration: int = 0
    codes: tuple[str, ...] = ()
    masked: int = 0
    filtered: int = 0
    entities: tuple[TouchedEntities, ...] = ()
    subjects: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many coordinates each effect covers."""
        counts: dict[str, int] = {}
        for group in self.verdicts:
            counts[group.effect] = counts.get(group.effect, 0) + len(group.coordinates)
        return counts


class MalformedRecord(FederationError):
    """Bytes that are not an audit record in canonical form."""

    code = "MALFORMED_AUDIT_RECORD"


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(AuditRecord)


def canonical_bytes(record: AuditRecord) -> bytes:
    """The one serialisation of a record: JSON, members sorted by name, no white space, UTF-8."""
    return _ENCODER.encode(record)


def read_record(body: bytes) -> AuditRecord:
    """The record that ``canonical_bytes`` wrote.

    Raises:
        MalformedRecord: The bytes say something else, or say it in another form.
    """
    try:
        record = _DECODER.decode(body)
    except msgspec.MsgspecError as fault:
        raise MalformedRecord(f"not an audit record: {fault}") from None
    if canonical_bytes(record) != body:
        raise MalformedRecord("an audit record, but not in canonical form")
    return record

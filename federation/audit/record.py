"""What is written down of a request: who asked what for which purpose, and what was decided.

Names and keyed hashes, never values: a record may be read by people who may not read the data.

Attributes stand in the order of their names, as members of the canonical form do: encoding then has
nothing to sort, which was most of its time.
"""

from datetime import UTC, datetime
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


class AuditedCaller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked.

    Attributes:
        department: The organisation that vouches for the caller; empty when none does.
        id: Subject of the verified token.
    """

    department: str = ""
    id: str


class AuditedOperation(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked.

    Attributes:
        digest: ``text_digest`` of the text without literals; the text itself is kept once.
        kind: query, mutation or subscription.
        name: Empty for an anonymous operation.
    """

    digest: str
    kind: str
    name: str = ""


class AuditedVerdicts(msgspec.Struct, frozen=True, kw_only=True):
    """The coordinates of the same departments that one rule decided in one way for one use.

    Attributes:
        coordinates: Sorted, each once.
        departments: Subgraphs that hold these fields, sorted.
        effect: allow, mask or deny.
        rule: Name of the deciding rule; ``gateway`` where nothing was decided, with more behind a
            colon where the gateway refuses what the policies open.
        use: What was to be done with them when it is not to read them: filter, sort or join. Who
            may search by a value, or compute with it, has not been shown it.
    """

    coordinates: tuple[str, ...]
    departments: tuple[str, ...] = ()
    effect: str
    rule: str
    use: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def is_reading(self) -> bool:
        """Whether they were to be read, and not only used."""
        return self.use is msgspec.UNSET


class TouchedEntities(msgspec.Struct, frozen=True, kw_only=True):
    """Objects of one type whose data was released.

    Attributes:
        by: What names them: ``subject`` (the ``@dataSubject`` field), ``key`` and the key's fields,
            or ``none`` where no name can be reached; how many there were is not known then.
        digests: Keyed hashes of the names, sorted, each once.
        type: Theirs.
        unnamed: How many further objects had null where the name should be.
    """

    by: str
    digests: tuple[str, ...] = ()
    type: str
    unnamed: int = 0


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the audit trail.

    An intent record is durable before the first data of a request can be released, a release
    record before the bytes it covers leave.

    Attributes:
        at: Milliseconds since 1970 in UTC.
        codes: Codes of the errors in the answer, sorted, each once.
        consents: Ids of the consent artefacts that were relied on.
        duration: Milliseconds from the request's arrival.
        entities: What was released.
        filtered: Number of rows that the gateway itself took out.
        kind: Intent or release.
        masked: Number of values that were masked.
        outcome: How it ended; started for an intent.
        pages: How many records of kind ``page`` stand before this one and belong to it.
        part: 0 for the response, counting up for its later chunks or events.
        policy_revision: Revision that decided.
        purpose: Verified code; None when the caller stated none.
        request_id: The same in all records of one request.
        schema_revision: Revision of the supergraph.
        subgraphs: Those that were asked, sorted.
        subjects: Keyed hashes of persons that arguments named, found or not; sorted, each once.
        verdicts: Every asked coordinate, grouped by effect, rule and use.
    """

    at: int
    caller: AuditedCaller
    codes: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    duration: int = 0
    entities: tuple[TouchedEntities, ...] = ()
    filtered: int = 0
    kind: RecordKind
    masked: int = 0
    operation: AuditedOperation
    outcome: Outcome = Outcome.STARTED
    pages: int = 0
    part: int = 0
    policy_revision: str = ""
    purpose: str | None = None
    request_id: str
    schema_revision: str = ""
    subgraphs: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    verdicts: tuple[AuditedVerdicts, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many coordinates might be read, as they are or masked, or were denied for any use."""
        covered: dict[str, set[str]] = {}
        for group in self.verdicts:
            if group.is_reading or group.effect == "deny":
                covered.setdefault(group.effect, set()).update(group.coordinates)
        return {effect: len(each) for effect, each in covered.items()}


class MalformedRecord(FederationError):
    """Bytes that are not an audit record in canonical form."""

    code = "MALFORMED_AUDIT_RECORD"


_ENCODER = msgspec.json.Encoder()
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


def time_text(at: int) -> str:
    """A time for people, in UTC; the milliseconds where somebody put what no calendar has."""
    try:
        return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(at)

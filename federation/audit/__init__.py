"""The audit trail: what is recorded of a request, the hash chain it goes into, and its verifier.

Pure values and functions. What makes records durable stands behind ``AuditSink``.
"""

from federation.audit.chain import ChainHead, Entry, append, empty_chain, entry_digest
from federation.audit.digests import keyed_digest, text_digest
from federation.audit.operation_text import text_without_literals
from federation.audit.record import (
    AuditedCaller,
    AuditedOperation,
    AuditedVerdicts,
    AuditRecord,
    MalformedRecord,
    Outcome,
    RecordKind,
    TouchedEntity,
    canonical_bytes,
    read_record,
)
from federation.audit.register import (
    REGISTER,
    ChainClosed,
    ChainOpened,
    RegisterEvent,
    event_bytes,
    read_event,
)
from federation.audit.signing import SignedHead, is_authentic, key_id, sign_head
from federation.audit.sink import AuditSink
from federation.audit.verify import (
    ChainReport,
    ChainVerifier,
    Fault,
    FaultKind,
    Register,
    read_register,
    verify,
)

__all__ = [
    "REGISTER",
    "AuditRecord",
    "AuditSink",
    "AuditedCaller",
    "AuditedOperation",
    "AuditedVerdicts",
    "ChainClosed",
    "ChainHead",
    "ChainOpened",
    "ChainReport",
    "ChainVerifier",
    "Entry",
    "Fault",
    "FaultKind",
    "MalformedRecord",
    "Outcome",
    "RecordKind",
    "Register",
    "RegisterEvent",
    "SignedHead",
    "TouchedEntity",
    "append",
    "canonical_bytes",
    "empty_chain",
    "entry_digest",
    "event_bytes",
    "is_authentic",
    "key_id",
    "keyed_digest",
    "read_event",
    "read_record",
    "read_register",
    "sign_head",
    "text_digest",
    "text_without_literals",
    "verify",
]

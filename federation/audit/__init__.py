"""The audit trail: what is recorded of a request, the hash chain it goes into, and its verifier.

Pure values and functions. What makes records durable stands behind ``AuditSink``.
"""

from federation.audit.anchors import (
    Anchor,
    MalformedAnchor,
    anchor_digest,
    anchor_text,
    make_anchor,
    read_anchor,
)
from federation.audit.chain import ChainHead, Entry, append, empty_chain, entry_digest
from federation.audit.digests import NameHashes, digest_key_id, keyed_digest, text_digest
from federation.audit.links import ChainLinks, LinkedHead, links_bytes, read_links
from federation.audit.names import NameRule, Names, plain_text
from federation.audit.naming import (
    Identity,
    NamedPlan,
    build_identities,
    plan_with_names,
    with_names,
)
from federation.audit.operation_text import text_without_literals
from federation.audit.record import (
    AuditedCaller,
    AuditedOperation,
    AuditedVerdicts,
    AuditRecord,
    MalformedRecord,
    Outcome,
    RecordKind,
    TouchedEntities,
    canonical_bytes,
    read_record,
    time_text,
)
from federation.audit.register import (
    REGISTER,
    ChainClosed,
    ChainOpened,
    ChainPruned,
    RegisterEvent,
    event_bytes,
    read_event,
)
from federation.audit.signing import SignedHead, is_authentic, key_id, sign_head
from federation.audit.sink import AuditSink
from federation.audit.subjects import (
    SubjectArgument,
    SubjectInputs,
    build_subject_inputs,
    named_subjects,
    subject_arguments,
)
from federation.audit.touched import (
    EVERYTHING,
    MAX_DIGESTS,
    find_names,
    pages,
    subject_digest,
    subject_digests,
    told,
    touched,
)
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
    "EVERYTHING",
    "MAX_DIGESTS",
    "REGISTER",
    "Anchor",
    "AuditRecord",
    "AuditSink",
    "AuditedCaller",
    "AuditedOperation",
    "AuditedVerdicts",
    "ChainClosed",
    "ChainHead",
    "ChainLinks",
    "ChainOpened",
    "ChainPruned",
    "ChainReport",
    "ChainVerifier",
    "Entry",
    "Fault",
    "FaultKind",
    "Identity",
    "LinkedHead",
    "MalformedAnchor",
    "MalformedRecord",
    "NameHashes",
    "NameRule",
    "NamedPlan",
    "Names",
    "Outcome",
    "RecordKind",
    "Register",
    "RegisterEvent",
    "SignedHead",
    "SubjectArgument",
    "SubjectInputs",
    "TouchedEntities",
    "anchor_digest",
    "anchor_text",
    "append",
    "build_identities",
    "build_subject_inputs",
    "canonical_bytes",
    "digest_key_id",
    "empty_chain",
    "entry_digest",
    "event_bytes",
    "find_names",
    "is_authentic",
    "key_id",
    "keyed_digest",
    "links_bytes",
    "make_anchor",
    "named_subjects",
    "pages",
    "plain_text",
    "plan_with_names",
    "read_anchor",
    "read_event",
    "read_links",
    "read_record",
    "read_register",
    "sign_head",
    "subject_arguments",
    "subject_digest",
    "subject_digests",
    "text_digest",
    "text_without_literals",
    "time_text",
    "told",
    "touched",
    "verify",
    "with_names",
]

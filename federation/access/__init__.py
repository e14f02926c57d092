"""Access: the question about an operation, the checked answer, and what remains under it.

``build_access_index`` once per schema; then ``ask``, a ``PolicyEngine``, and ``restrict`` per
request.
"""

from federation.access.ask import MAX_COORDINATES, AskedUses, ask
from federation.access.decision import (
    NO_DECISION,
    Decision,
    Effect,
    Verdict,
    allow_all,
    join_rows,
    no_decision,
    read_decision,
)
from federation.access.engine import PolicyEngine
from federation.access.index import AccessIndex, FieldFacts, build_access_index
from federation.access.inputs import input_shapes
from federation.access.judge import Judge
from federation.access.masks import MASKS, Mask, bind_mask, bind_masks, suits
from federation.access.named import NamedInputs
from federation.access.refusal import RequestPage, with_link
from federation.access.request import (
    AccessRequest,
    Asker,
    Caller,
    ConsentFact,
    OperationFacts,
    Uses,
)
from federation.access.restrict import (
    Disclosure,
    Mode,
    Restriction,
    bind_row_tests,
    refuse_whole,
    restrict,
    row_filters_json,
)
from federation.access.row_filter import RowCondition, fulfils, read_condition
from federation.access.rows import ROW_RIGHT_RULE, RowQuestion, refused_by_gateway
from federation.access.view import build_view, everything

__all__ = [
    "MASKS",
    "MAX_COORDINATES",
    "NO_DECISION",
    "ROW_RIGHT_RULE",
    "AccessIndex",
    "AccessRequest",
    "AskedUses",
    "Asker",
    "Caller",
    "ConsentFact",
    "Decision",
    "Disclosure",
    "Effect",
    "FieldFacts",
    "Judge",
    "Mask",
    "Mode",
    "NamedInputs",
    "OperationFacts",
    "PolicyEngine",
    "RequestPage",
    "Restriction",
    "RowCondition",
    "RowQuestion",
    "Uses",
    "Verdict",
    "allow_all",
    "ask",
    "bind_mask",
    "bind_masks",
    "bind_row_tests",
    "build_access_index",
    "build_view",
    "everything",
    "fulfils",
    "input_shapes",
    "join_rows",
    "no_decision",
    "read_condition",
    "read_decision",
    "refuse_whole",
    "refused_by_gateway",
    "restrict",
    "row_filters_json",
    "suits",
    "with_link",
]

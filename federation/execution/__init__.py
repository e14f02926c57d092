"""Running a plan: fetches, their answers in one tree, and the response made from it.

This is the interpreted executor, the reference that any faster one must equal. Its only effects are
those of the ``Transport`` it is given, and of the ``EventTransport`` for subscriptions.
"""

from federation.execution.answers import body_of, read_reply
from federation.execution.compiled import (
    CompiledPlans,
    TypedPlan,
    compile_typed,
)
from federation.execution.execute import execute, execute_event
from federation.execution.incremental import Payload, execute_incrementally, is_incremental
from federation.execution.model import (
    ExecutionRequest,
    ExecutionResult,
    FetchReport,
    Outcome,
)
from federation.execution.mutations import unfinished_mutations
from federation.execution.subscribe import subscribe
from federation.execution.transport import (
    ByteReply,
    ByteTransport,
    EventTransport,
    SubgraphReply,
    SubgraphRequest,
    Transport,
)

__all__ = [
    "ByteReply",
    "ByteTransport",
    "CompiledPlans",
    "EventTransport",
    "ExecutionRequest",
    "ExecutionResult",
    "FetchReport",
    "Outcome",
    "Payload",
    "SubgraphReply",
    "SubgraphRequest",
    "Transport",
    "TypedPlan",
    "body_of",
    "compile_typed",
    "execute",
    "execute_event",
    "execute_incrementally",
    "is_incremental",
    "read_reply",
    "subscribe",
    "unfinished_mutations",
]

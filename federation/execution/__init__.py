"""Running a plan: fetches, their answers in one tree, and the response made from it.

This is the interpreted executor, the reference that any faster one must equal. Its only effects are
those of the ``Transport`` it is given.
"""

from federation.execution.execute import execute, unfinished_mutations
from federation.execution.model import (
    ExecutionRequest,
    ExecutionResult,
    FetchReport,
    Outcome,
)
from federation.execution.transport import SubgraphReply, SubgraphRequest, Transport

__all__ = [
    "ExecutionRequest",
    "ExecutionResult",
    "FetchReport",
    "Outcome",
    "SubgraphReply",
    "SubgraphRequest",
    "Transport",
    "execute",
    "unfinished_mutations",
]

"""Incremental delivery: a response in parts, each sent as soon as what it holds has been fetched.

Fetches run as for any response; what differs is when the tree is looked at. The first part is
shaped when all that it needs is there. What was deferred becomes *units*, delivered with the
deferred fragments (*groups*) and streamed lists that they belong to.
"""

from federation.execution.incremental.execute import execute_incrementally, is_incremental
from federation.execution.incremental.payload import Completed, Increment, Payload, Pending

__all__ = [
    "Completed",
    "Increment",
    "Payload",
    "Pending",
    "execute_incrementally",
    "is_incremental",
]

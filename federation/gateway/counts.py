"""How requests ended, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from federation.audit import Outcome
from federation.errors import FederationError, PolicyUnavailable, Unauthenticated


@dataclass(slots=True)
class RequestCounts:
    """Counters of one process; they only grow.

    Attributes:
        answered: With data, partial failures included.
        unauthenticated: Without a caller that could be believed; these leave no audit record.
        undecided: Denied for want of a policy engine's answer, apart from real denials.
        refused: For other faults of the caller.
        failed: For faults of ours.
        cancelled: Given up by the client.
        events: Of subscriptions, released.
    """

    answered: int = 0
    unauthenticated: int = 0
    undecided: int = 0
    refused: int = 0
    failed: int = 0
    cancelled: int = 0
    events: int = 0

    def add(self, outcome: Outcome, error: FederationError | None = None) -> None:
        """Counts one request."""
        if isinstance(error, Unauthenticated):
            self.unauthenticated += 1
        elif isinstance(error, PolicyUnavailable):
            self.undecided += 1
        elif outcome is Outcome.REFUSED:
            self.refused += 1
        elif outcome is Outcome.CANCELLED:
            self.cancelled += 1
        elif outcome is Outcome.FAILED:
            self.failed += 1
        else:
            self.answered += 1

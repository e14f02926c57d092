"""Where audit records go."""

from collections.abc import Awaitable
from typing import Protocol

from federation.audit.record import AuditRecord


class AuditSink(Protocol):
    """Makes records durable."""

    def append(self, record: AuditRecord, operation_text: str | None = None) -> Awaitable[None]:
        """Take a record; whoever awaits the answer goes on when the record is durable.

        Args:
            record: Goes to the end of the writer's chain.
            operation_text: The operation without literals, whose ``text_digest`` the record names.
                Kept once; None when the caller knows that it was handed over before.

        Returns:
            Raises ``AuditUnavailable`` where it is not certain that the record is durable: what
            it covers must not be released.
        """
        ...

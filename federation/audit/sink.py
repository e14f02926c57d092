"""Where audit records go."""

from typing import Protocol

from federation.audit.record import AuditRecord


class AuditSink(Protocol):
    """Makes records durable."""

    async def append(self, record: AuditRecord, operation_text: str | None = None) -> None:
        """Return when the record is durable.

        Args:
            record: Goes to the end of the writer's chain.
            operation_text: The operation without literals, whose ``text_digest`` the record names.
                Kept once; None when the caller knows that it was handed over before.

        Raises:
            AuditUnavailable: It is not certain that the record is durable. What it covers must
                not be released.
        """
        ...

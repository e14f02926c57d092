"""Whether the audit trail can be written, for those who ask if this gateway is ready."""

import time

FAULT_SECONDS = 5.0


class AuditFault:
    """Remembers for a while that a record could not be written."""

    def __init__(self) -> None:
        self._noted_at = float("-inf")

    def note(self) -> None:
        """A record could not be written just now."""
        self._noted_at = time.monotonic()

    async def probe(self) -> str | None:
        """What is wrong; requests go on trying."""
        if time.monotonic() - self._noted_at < FAULT_SECONDS:
            return "audit records cannot be written"
        return None

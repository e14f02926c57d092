"""Where decisions come from."""

from __future__ import annotations

from typing import Protocol

from federation.access.decision import Decision
from federation.access.request import AccessRequest


class PolicyEngine(Protocol):
    """A policy decision point; the adapters live with the gateway."""

    async def decide(self, request: AccessRequest) -> Decision:
        """The answer for everything asked.

        Raises:
            PolicyUnavailable: There is no answer of a known contract, for whatever reason.
        """
        ...

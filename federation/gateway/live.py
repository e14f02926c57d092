"""The engine that answers now: a reload replaces it by another in one step."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from federation.access import AccessRequest, Asker, Decision, Uses, Verdict
from federation.errors import PolicyUnavailable
from federation.gateway.deciding import Deciding

if TYPE_CHECKING:
    from federation.gateway.lease import Lease
    from federation.gateway.question_file import QuestionFile


class _Ended:
    """The engine of a gateway that has stopped."""

    async def decide(self, request: AccessRequest) -> Decision:  # noqa: ARG002 - nothing is answered
        raise PolicyUnavailable("the gateway has stopped")


class LiveEngine:
    """Decides by the current release, while this process holds its lease.

    Attributes:
        current: What decides; read once by each question.
        changed: Set, and replaced by a new one, at each change.
    """

    def __init__(
        self,
        deciding: Deciding,
        lease: Lease | None = None,
        questions: QuestionFile | None = None,
    ) -> None:
        self.current = deciding
        self.changed = asyncio.Event()
        self._lease = lease
        self._questions = questions
        self._closing: set[asyncio.Task[None]] = set()

    async def decide(self, request: AccessRequest) -> Decision:
        """The answer for everything asked.

        Raises:
            PolicyUnavailable: As the engine does, or there is no lease.
        """
        self._check()
        while True:
            current = self.current
            try:
                decision = await current.engine.decide(request)
            except PolicyUnavailable:
                # Closed before it could answer, since another has taken over.
                if current is self.current:
                    raise
                continue
            # Over or replaced while it was waited for: what was decided before may be revoked now.
            self._check()
            if current is self.current:
                break
        if current.dry_run is not None:
            current.dry_run.observe(request, decision)
        if self._questions is not None:
            self._questions.observe(request)
        return decision

    async def view(
        self, asker: Asker, fields: Mapping[str, Uses], name: str
    ) -> Mapping[tuple[str, str], Verdict]:
        """What a caller may do with a great many fields; see ``engines.Views.decide``.

        Raises:
            PolicyUnavailable: As the engine does, or there is no lease.
        """
        self._check()
        while True:
            current = self.current
            try:
                verdicts = await current.view(asker, fields, name)
            except PolicyUnavailable:
                if current is self.current:
                    raise
                continue
            self._check()
            if current is self.current:
                return verdicts

    async def fault(self) -> str | None:
        """What is wrong with the engine now."""
        fault = await self.current.probe()
        return fault or (await self._lease.fault() if self._lease else None)

    def replace(self, deciding: Deciding) -> None:
        """Decides by another release from the next question on."""
        old, self.current = self.current, deciding
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()
        task = asyncio.create_task(self._close(old), name="old policy engine")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Ends all engines."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        # Whoever still asks is answered by nobody, not by an engine whose parts are closed.
        current, self.current = self.current, Deciding(_Ended())
        await current.close()

    async def _close(self, old: Deciding) -> None:
        try:
            # Questions that it is answering just now end first.
            await asyncio.sleep(old.grace_seconds)
        finally:
            await old.close()

    def _check(self) -> None:
        if self._lease is not None:
            self._lease.check()

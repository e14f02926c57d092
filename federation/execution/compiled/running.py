"""Running a plan on structs: every fetch is sent as soon as all that it waits for is there.

Nothing here knows what to do about a failure. Whatever is not sound ends the run; what was sent by
then is handed over, so that the interpreted executor can do all of it once more without sending
anything twice.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import msgspec

from federation.execution.compiled.source import Unexpected
from federation.execution.compiled.typed import Step, TypedPlan
from federation.execution.model import ExecutionRequest
from federation.execution.transport import ByteReply, ByteTransport


class Sent(msgspec.Struct, frozen=True):
    """A request under way, or answered.

    Attributes:
        body: As it was sent.
        reply: The answer, or ``SubgraphUnreachable``.
    """

    body: bytes
    reply: asyncio.Future[ByteReply]


class GaveUp(Exception):
    """The run ended before there was a response.

    Attributes:
        sent: By id of the fetch; the answers are the receiver's now, those on their way as well.
    """

    def __init__(self, sent: dict[int, Sent]) -> None:
        super().__init__()
        self.sent = sent


class TypedRun:
    """One run of a typed plan.

    Attributes:
        sent: By id of the fetch.
        representations: How many were sent, by id of the fetch.
        seconds: How long each fetch took, by its id.
        tree: The tree of answers, if it is wanted.
        observed: What the request observed of it instead.
    """

    def __init__(
        self, typed: TypedPlan, request: ExecutionRequest, transport: ByteTransport
    ) -> None:
        self.sent: dict[int, Sent] = {}
        self.seconds: dict[int, float] = {}
        self.tree: dict[str, Any] = {}
        self.observed: Any = None
        self._typed = typed
        self._request = request
        self._transport = transport
        self._state = typed.state()
        self._state.masks = request.masks
        self._state.tests = request.row_tests
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._waits_for = [step.waits_for for step in typed.steps]
        self._open = len(typed.steps)

    async def run(self, ends: float | None) -> bytes:
        """The text of the response, without errors.

        Args:
            ends: Time of the event loop's clock at which the deadline has passed.

        Raises:
            GaveUp: Something is not as it should be, or the deadline has passed.
        """
        timer = self._loop.call_at(ends, self._give_up) if ends is not None else None
        try:
            for at, step in enumerate(self._typed.steps):
                if not step.waits_for:
                    self._begin(at, step)
            await self._done
            self._typed.drop(self._state)
            self._keep()
            return self._finish()
        except asyncio.CancelledError:
            for sent in self.sent.values():
                sent.reply.cancel()
            raise
        except Exception:  # noqa: BLE001 - what it is the interpreted executor finds out
            raise GaveUp(self.sent) from None
        finally:
            if timer is not None:
                timer.cancel()

    @property
    def masked(self) -> int:
        """How many values of the response were masked."""
        return int(self._state.masked)

    @property
    def filtered(self) -> int:
        """How many rows were taken out."""
        return int(self._state.filtered)

    def _finish(self) -> bytes:
        text = self._typed.finish(self._state)
        if self._typed.sharing.is_due():
            self._typed.sharing.note(self._typed.repeats(self._state))
        return text

    def _keep(self) -> None:
        """Keep the tree, or what is wanted of it: finishing the response uses it up."""
        request, typed = self._request, self._typed
        if request.observe is not None:
            self.observed = request.observe(
                typed.roots(self._state), typed.attribute, repeats=bool(typed.sharing.shared)
            )
        elif request.keeps_tree:
            self.tree = typed.tree(self._state)

    def representations(self, fetch_id: int) -> int:
        """How many entities a fetch was sent for."""
        return getattr(self._state, f"count{fetch_id}", 0)

    def _begin(self, at: int, step: Step) -> None:
        fetch = step.fetch
        body = step.body(self._state, self._request.variables)
        if body is None:
            self._end(step)
            return
        headers = self._request.headers_for(fetch.subgraph, fetch.text)
        continues = bool(step.waits_for)
        reply = self._transport.post(fetch.subgraph, body, headers, continues=continues)
        self.sent[fetch.id] = Sent(body, reply)
        reply.add_done_callback(partial(self._take, at, self._loop.time()))

    def _take(self, at: int, began: float, reply: asyncio.Future[ByteReply]) -> None:
        if self._done.done():
            # Looked at, so that a failure which nobody asks about is no complaint.
            if not reply.cancelled():
                reply.exception()
            return
        step = self._typed.steps[at]
        try:
            step.take(self._state, reply.result().body)
            self.seconds[step.fetch.id] = self._loop.time() - began
            self._end(step)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - see run
            self._give_up()

    def _end(self, step: Step) -> None:
        self._open -= 1
        if not self._open and not self._done.done():
            self._done.set_result(None)
        for at in step.then:
            self._waits_for[at] -= 1
            if not self._waits_for[at]:
                self._begin(at, self._typed.steps[at])

    def _give_up(self) -> None:
        if not self._done.done():
            self._done.set_exception(Unexpected())

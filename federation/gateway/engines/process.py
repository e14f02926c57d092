"""The policy worker process, seen from the event loop: started, asked, ended and replaced."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE, Process
from typing import Any, Self

import msgspec

from federation.access import AccessRequest, Decision, PolicyEngine, read_decision
from federation.errors import PolicyUnavailable
from federation.gateway.audit.wire import frame
from federation.gateway.engines.counts import EngineCounts
from federation.gateway.engines.release import PolicyFault, PolicyRelease
from federation.gateway.engines.reply import Reply
from federation.gateway.engines.shared import result_of

START_SECONDS = 30.0


class _Died(PolicyUnavailable):
    """The process is not there any more."""


class PolicyProcess:
    """One release, evaluated in a process of its own; one question at a time, in their order.

    The process starts with the first question. One that dies, or does not answer in time, is
    replaced at the next question. An asynchronous context manager; its end ends the process.
    """

    def __init__(
        self,
        release: PolicyRelease,
        *,
        deadline_seconds: float = 2.0,
        counts: EngineCounts | None = None,
        faults: tuple[str, ...] = (),
    ) -> None:
        """Prepares; nothing is started.

        Args:
            release: What it evaluates.
            deadline_seconds: For one question, waiting for its turn included; a start is apart.
            counts: Shared counters.
            faults: What is known to be wrong with the release: it is never evaluated.
        """
        self.counts = counts or EngineCounts()
        self.revision = str(release.revisions)
        self.starts = 0
        self._release = release
        self._faults = faults
        self._deadline = deadline_seconds
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._starting: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[int]] = set()
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        self._kill()
        await asyncio.gather(*self._ending)

    async def start(self) -> None:
        """Starts the process and tries the release in it.

        Raises:
            PolicyFault: The release cannot be used.
            PolicyUnavailable: No process can be started.
        """
        if self._process is not None and self._process.returncode is None:
            return
        if self._is_closed:
            raise PolicyUnavailable("the policy worker was closed")
        if self._faults:
            raise PolicyFault(self._faults)
        if self._starting is None:
            self._starting = asyncio.create_task(self._start(), name="policy worker start")
            self._starting.add_done_callback(self._started)
        await result_of(self._starting)

    async def decide(self, request: AccessRequest) -> Decision:
        """The answer for everything asked.

        Raises:
            PolicyUnavailable: None in time, or the rules failed.
        """
        try:
            answer = await self._ask(msgspec.json.encode(request.to_json()))
            decision = read_decision(request, answer, self.revision)
        except PolicyUnavailable:
            self.counts.unavailable += 1
            raise
        self.counts.decided += 1
        self.counts.undecided += decision.undecided
        return decision

    async def _ask(self, question: bytes) -> Any:
        await self.start()
        try:
            async with asyncio.timeout(self._deadline), self._turn:
                await self.start()
                try:
                    reply = await self._exchange(question)
                except _Died:
                    # It may have died long before; a question that kills it gets no third chance.
                    await self.start()
                    reply = await self._exchange(question)
        except TimeoutError:
            raise PolicyUnavailable("the policy worker does not answer in time") from None
        if reply.fault:
            raise PolicyUnavailable(reply.fault)
        return msgspec.json.decode(reply.answer)

    async def _exchange(self, content: bytes) -> Reply:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise PolicyUnavailable("there is no policy worker")
        is_whole = False
        try:
            process.stdin.write(frame(content))
            await process.stdin.drain()
            size = int.from_bytes(await process.stdout.readexactly(4), "big")
            reply = msgspec.json.decode(await process.stdout.readexactly(size), type=Reply)
            is_whole = True
        except (asyncio.IncompleteReadError, OSError, msgspec.MsgspecError):
            raise _Died("the policy worker died") from None
        finally:
            # After half an exchange the next answer would be taken for another question's.
            if not is_whole:
                self._kill(process)
        return reply

    async def _start(self) -> None:
        self._kill()
        command = (sys.executable, "-m", "federation.gateway.engines.worker")
        try:
            self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        except OSError as error:
            raise PolicyUnavailable(f"no policy worker can be started: {error.strerror}") from None
        self.starts += 1
        try:
            async with asyncio.timeout(START_SECONDS):
                # In another thread: a large release takes a while to write.
                content = await asyncio.to_thread(msgspec.json.encode, self._release)
                reply = await self._exchange(content)
        except TimeoutError:
            raise PolicyUnavailable("the policy worker does not start in time") from None
        except _Died:
            raise PolicyUnavailable("the policy worker died while it tried the policies") from None
        if reply.faults:
            self._kill()
            raise PolicyFault(reply.faults)

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting = None
        # Looked at, so that a failure nobody waits for any more is no complaint of the event loop.
        if not task.cancelled():
            task.exception()

    def _kill(self, process: Process | None = None) -> None:
        process = process or self._process
        if process is None:
            return
        if process is self._process:
            self._process = None
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        task = asyncio.create_task(process.wait(), name="policy worker end")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class DividedEngine:
    """Small questions are answered here, large ones in the policy worker process.

    Evaluating holds the interpreter lock: 300 fields would stop all other requests for 30 ms.
    """

    def __init__(self, here: PolicyEngine, worker: PolicyEngine, most_here: int) -> None:
        self._here = here
        self._worker = worker
        self._most_here = most_here

    async def decide(self, request: AccessRequest) -> Decision:
        """The answer for everything asked.

        Raises:
            PolicyUnavailable: As the engine asked does.
        """
        if len(request.fields) <= self._most_here:
            return await self._here.decide(request)
        return await self._worker.decide(request)

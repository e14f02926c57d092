"""Several workers on one socket: who takes the place of one that ended, and when."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import time
from collections.abc import Callable

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from federation.gateway.access_log import AccessLog

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
ANSWER_SECONDS = 0.1


class Workers(Multiprocess):
    """Several workers, which reload by themselves.

    A gateway of which a worker has ever served does not end because a successor cannot start, say
    since a key file is broken just now: the others go on, and the start is tried again. One that
    never served gives up. Where it can be reached it tells once all workers have been ready.

    Attributes:
        has_served: Whether a worker was ever ready.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: list[socket.socket],
        log: AccessLog,
        announce: Callable[[], None],
    ) -> None:
        super().__init__(config, sockets)
        self.has_served = False
        self._log = log
        self._announce: Callable[[], None] | None = announce
        self._ready: set[Process] = set()
        self._to_tell: set[Process] = set()
        # By place of the worker: starts that failed since one was ready, and when the next is due.
        self._failures: dict[int, int] = {}
        self._due: dict[int, float] = {}

    def init_processes(self) -> None:
        """Starts the first workers; who takes the place of one looks for a newer schema first."""
        super().init_processes()
        assert isinstance(self.config.app, functools.partial), "see serving.run"
        self.config.app = functools.partial(self.config.app, is_successor=True)

    def handle_hup(self) -> None:
        """Passes the signal on; the server would start all workers anew."""
        # It would end those that do not listen for it yet; they are told when they serve.
        self._to_tell.update(self.processes)
        for process in self._ready.intersection(self.processes):
            self._tell(process)
        # What kept a worker from starting may have been mended.
        self._due = dict.fromkeys(self._due, 0.0)

    def handle_ttou(self) -> None:
        """One worker less."""
        super().handle_ttou()
        self._due.pop(len(self.processes), None)
        self._failures.pop(len(self.processes), None)

    def keep_subprocess_alive(self) -> None:
        """Fills the places of workers that ended: at once, or after a pause when a start failed."""
        for place, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if place in self._due:
                if self._due[place] <= time.monotonic():
                    self._start(place)
            elif process not in self._ready and process.exitcode is None:
                # However long it takes: a large schema is read before a question can be answered.
                self._note_readiness(place, process)
            elif not process.is_alive(self.config.timeout_worker_healthcheck):
                self._bury(place, process)
        if self._announce is not None and self._ready.issuperset(self.processes):
            self._announce()
            self._announce = None

    def _note_readiness(self, place: int, process: Process) -> None:
        is_ready = process.is_ready(ANSWER_SECONDS)
        # Answers to questions that were asked before.
        with contextlib.suppress(OSError, EOFError):
            while process.parent_conn.poll():
                is_ready = process.parent_conn.recv()
        if not is_ready:
            return
        self.has_served = True
        self._ready.add(process)
        if process in self._to_tell:
            self._tell(process)
        if failures := self._failures.pop(place, 0):
            self._log.worker(
                "started", f"worker {process.pid} serves; starts that failed before it: {failures}"
            )

    def _tell(self, process: Process) -> None:
        self._to_tell.discard(process)
        if process.pid is not None and process.exitcode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGHUP)

    def _bury(self, place: int, process: Process) -> None:
        # It may hang rather than have ended.
        process.kill()
        process.join()
        self._to_tell.discard(process)
        if process in self._ready:
            self._ready.discard(process)
            self._log.worker("ended", f"worker {process.pid} ended unasked; another one starts")
            self._start(place)
            return
        if process.exitcode == STARTUP_FAILURE and not self.has_served:
            self._log.worker("failed", f"worker {process.pid} cannot start; the gateway stops")
            self.should_exit.set()
            return
        serving = len(self._ready.intersection(self.processes))
        failures = self._failures[place] = self._failures.get(place, 0) + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10), LONGEST_PAUSE_SECONDS)
        self._due[place] = time.monotonic() + pause
        self._log.worker(
            "failed",
            f"worker {process.pid} ended before it served, see the lines above; {serving} of "
            f"{self.processes_num} workers serve. Mend the cause: the next attempt is made "
            f"in {pause:g} s, or at once when process {os.getpid()} gets SIGHUP",
        )

    def _start(self, place: int) -> None:
        self._due.pop(place, None)
        process = Process(self.config, self.sockets)
        process.start()
        self.processes[place] = process

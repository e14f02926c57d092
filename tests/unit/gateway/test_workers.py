"""When several workers tell where they can be reached."""

from __future__ import annotations

from multiprocessing import Pipe
from typing import Any

import uvicorn

from federation.gateway.access_log import AccessLog
from federation.gateway.workers import Workers


class _Process:
    """A worker that is ready as soon as it is told so."""

    exitcode = None
    pid = None

    def __init__(self) -> None:
        self.ready = False
        self.parent_conn, self._child_conn = Pipe()

    def is_ready(self, _seconds: float) -> bool:
        return self.ready

    def is_alive(self, _seconds: float) -> bool:
        return True


def test_the_address_is_told_once_when_all_workers_are_ready() -> None:
    told: list[str] = []
    processes: list[Any] = [_Process(), _Process(), _Process()]
    workers = Workers(
        uvicorn.Config("none:app"), [], AccessLog(), lambda: told.append("GraphQL at ...")
    )
    workers.processes = processes
    counts = []

    for process in processes:
        process.ready = True
        workers.keep_subprocess_alive()
        counts.append(len(told))
    workers.keep_subprocess_alive()

    assert counts == [0, 0, 1]
    assert len(told) == 1

"""Processes that are measured: started on one processor, with what they used of it and of memory.

Linux only: the figures are those of /proc.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 60
_STOP_SECONDS = 5
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a server.

    Attributes:
        processors: Numbers of those it may use; empty for all.
    """

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    processors: tuple[int, ...] = ()


class NotStarted(Exception):
    """A server ended, or did not listen in time; the message ends with what it last said."""


class Server:
    """A running server with all its child processes."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.port = port
        self._process = process

    def ended(self) -> str:
        """How, if it has; empty while it runs."""
        code = self._process.poll()
        return "" if code is None else f"it ended with status {code}"

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        return sum(_cpu_ticks(each) for each in self._processes()) / _TICKS

    def peak_megabytes(self) -> float:
        """Most resident memory since ``forget_peak``; that of processes together."""
        return sum(_peak_kilobytes(each) for each in self._processes()) / 1024

    def forget_peak(self) -> None:
        """Start anew with what is resident now."""
        for each in self._processes():
            with contextlib.suppress(OSError):
                (_PROC / str(each) / "clear_refs").write_text("5")

    def _processes(self) -> Iterator[int]:
        found = [self._process.pid]
        while found:
            number = found.pop()
            yield number
            for file in (_PROC / str(number) / "task").glob("*/children"):
                with contextlib.suppress(OSError):
                    found += map(int, file.read_text().split())


def _cpu_ticks(number: int) -> int:
    try:
        # After the name in parentheses: 11 fields, then user time and system time.
        fields = (_PROC / str(number) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _peak_kilobytes(number: int) -> int:
    try:
        found = re.search(r"VmHWM:\s+(\d+)", (_PROC / str(number) / "status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


@contextlib.contextmanager
def running(command: Command, port: int, log: Path) -> Iterator[Server]:
    """A server that listens on the port; what it says goes to the log.

    Raises:
        NotStarted: It does not, or another one does already.
    """
    if _listens(port):
        raise NotStarted(f"port {port} is in use")
    pinned = ["taskset", "-c", ",".join(map(str, command.processors))] if command.processors else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*pinned, *command.arguments],
            cwd=command.folder,
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A group of its own, so that what it starts ends with it.
            start_new_session=True,
        )
    try:
        _wait_until_it_listens(process, port, log)
        yield Server(process, port)
    finally:
        _stop(process)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        if _listens(port):
            return
        time.sleep(0.1)
    raise NotStarted(log.read_text(errors="replace").strip()[-500:] or "it said nothing")


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)

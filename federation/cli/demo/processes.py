"""The demo's processes: started together, waited for, and ended together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

STOP_SECONDS = 8.0


class NotStarted(Exception):
    """A process of the demo ended, or did not answer in time; the text says which and why."""


@dataclass(slots=True)
class Process:
    """One started process.

    Attributes:
        url: Where it answers.
        log: What it said.
    """

    name: str
    url: str
    running: subprocess.Popen[bytes]
    log: Path


@dataclass(slots=True)
class Processes:
    """All processes of one demo; ends them when the context ends, whatever the reason."""

    folder: Path
    started: list[Process] = field(default_factory=list)

    def start(
        self, name: str, url: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> Process:
        """Starts one; what it says goes to a file in the state directory."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            running = subprocess.Popen(
                [*_leash(), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                # Ctrl-C reaches the demo alone, which then ends the others in order.
                start_new_session=True,
            )
        process = Process(name, url, running, log)
        self.started.append(process)
        return process

    def end(self) -> None:
        """Ends all of them, the last started first."""
        for process in reversed(self.started):
            if process.running.poll() is None:
                process.running.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in reversed(self.started):
            try:
                process.running.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.running.kill()
                process.running.wait()
        self.started.clear()

    def dead(self) -> Process | None:
        """One that ended by itself, if any."""
        return next((each for each in self.started if each.running.poll() is not None), None)


@contextlib.contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """Processes that do not outlive the context."""
    group = Processes(folder)
    try:
        yield group
    finally:
        group.end()


def _leash() -> list[str]:
    """A prefix that ends the command when its parent dies, even by force."""
    # By path and isolated: it needs nothing but the standard library and starts at once.
    return [sys.executable, "-I", str(Path(__file__).with_name("leash.py")), str(os.getpid())]


async def wait_until_healthy(process: Process, path: str, seconds: float) -> None:
    """Return when the process answers 200 at ``path``.

    Raises:
        NotStarted: It ended, or it did not within ``seconds``.
    """
    until = time.monotonic() + seconds
    timeout = aiohttp.ClientTimeout(total=2)
    said = "no answer"
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while True:
            if process.running.poll() is not None:
                raise NotStarted(f"{process.name} ended:\n{last_words(process)}")
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with session.get(f"{process.url}{path}") as reply:
                    if reply.status == 200:
                        return
                    said = await reply.text()
            if time.monotonic() > until:
                raise NotStarted(f"{process.name} is not ready: {said}\n{last_words(process)}")
            await asyncio.sleep(0.1)


def last_words(process: Process) -> str:
    """The end of what a process said."""
    lines = process.log.read_text(errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-8:]) or "  (it said nothing)"


def free_ports(first: int, count: int, promised: Collection[int] = ()) -> list[int]:
    """``count`` free ports, each the wanted one or the next that is free.

    Args:
        first: Where to begin.
        count: How many.
        promised: Ports that are spoken for but not listened on yet.
    """
    found: list[int] = []
    port = first
    while len(found) < count:
        if port not in promised and _is_free(port):
            found.append(port)
        port += 1
    return found


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

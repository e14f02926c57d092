"""Runs the console blocks of a page in a folder, as a reader would type them.

The notation is described in docs/README.md. Commands that end in `&` run until `kill $(jobs -p)` or
the end of the page; what they are said to print must come before the next foreground command.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import Block

WAIT_SECONDS = 40.0
ELLIPSIS = "..."


@dataclass
class Job:
    """A command in the background, and the output it still has to show."""

    place: str
    process: subprocess.Popen[bytes]
    log: Path
    expected: str


@dataclass
class Console:
    """A folder with an environment, and the processes that run in it.

    Attributes:
        ports: Free ports by the ones that the page names.
    """

    folder: Path
    environment: dict[str, str]
    ports: Mapping[str, str] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    pending: list[Job] = field(default_factory=list)

    def play(self, block: Block) -> None:
        """Write the block's file, or run its commands and compare what they print."""
        text = self._with_free_ports(block.text)
        if block.file:
            (self.folder / block.file).write_text(text, encoding="utf-8")
        elif block.language == "console":
            for entry in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, expected = _split(entry)
                self._run(f"{block.place}: {command}", command, expected)

    def end(self) -> None:
        """End every process that still runs."""
        for job in self.jobs:
            _end(job)

    def _with_free_ports(self, text: str) -> str:
        for port, free in self.ports.items():
            text = re.sub(rf"\b{port}\b", free, text)
        return text

    def _run(self, place: str, command: str, expected: str) -> None:
        if command.endswith("&"):
            self._start(place, command.removesuffix("&"), expected)
            return
        while self.pending:
            _wait_for_output(self.pending.pop(0))
        if command == "kill $(jobs -p)":
            self.end()
            return
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=WAIT_SECONDS,
            check=False,
        )
        printed = done.stdout.decode()
        assert matches(expected, printed), f"{place}\nprinted\n{printed}instead of\n{expected}"

    def _start(self, place: str, command: str, expected: str) -> None:
        log = self.folder / f".job{len(self.jobs) + 1}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", f"exec env {command}"],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        job = Job(place, process, log, expected)
        self.jobs.append(job)
        self.pending.append(job)


def matches(expected: str, printed: str) -> bool:
    """Whether the output is as expected; `...` stands for anything, blank lines do not count."""
    pattern = ".*".join(re.escape(part) for part in _trimmed(expected).split(ELLIPSIS))
    return re.fullmatch(pattern, _trimmed(printed), re.DOTALL) is not None


def free_port() -> str:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextmanager
def reader(home: Path, *ports: str) -> Iterator[Console]:
    """A reader's empty folder in ``home``, with the checkout's commands on PATH."""
    programs = home / "bin"
    programs.mkdir()
    if shutil.which("curl") is None:
        (programs / "curl").symlink_to(Path(__file__).with_name("curl.py"))
    folder = home / "work"
    folder.mkdir()
    path = f"{programs}:{Path(sys.executable).parent}"
    free = {port: free_port() for port in ports}
    console = Console(folder, console_environment(home, path), free)
    try:
        yield console
    finally:
        console.end()


def console_environment(home: Path, path: str) -> dict[str, str]:
    """Clean but for what makes programs start quickly: caches stay those of the user."""
    cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    kept = {name: os.environ[name] for name in ("DATONG_HOME", "LANG") if name in os.environ}
    return {
        **kept,
        "PATH": f"{path}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CACHE_HOME": cache,
        "COLUMNS": "100",
        "PYTHONUNBUFFERED": "1",
    }


def _split(entry: str) -> tuple[str, str]:
    """The command, with the lines that `\\` continues, and its output."""
    lines = entry.split("\n")
    end = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: end + 1]), "\n".join(lines[end + 1 :])


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())


def _wait_for_output(job: Job) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not matches(_trimmed(job.expected) + ELLIPSIS, job.log.read_text()):
        printed = job.log.read_text()
        assert job.process.poll() is None, f"{job.place}\nended after\n{printed}"
        assert time.monotonic() < until, (
            f"{job.place}\nprinted\n{printed}instead of\n{job.expected}"
        )
        time.sleep(0.05)


def _end(job: Job) -> None:
    if job.process.poll() is None:
        os.killpg(job.process.pid, signal.SIGTERM)
        try:
            job.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(job.process.pid, signal.SIGKILL)
            job.process.wait()

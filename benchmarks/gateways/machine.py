"""What was measured on, and with: told beside every figure, since neither is what you have."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PACKAGES = (
    "graphql-core", "httptools", "msgspec", "orjson", "starlette", "uvicorn", "uvloop",
)  # fmt: skip


def why_not() -> str:
    """What is missing for a measurement; empty if nothing is."""
    if not Path("/proc/self/stat").exists():
        return "CPU time is read from /proc, which only Linux has"
    return "" if shutil.which("taskset") else "taskset is not installed"


def machine() -> dict[str, str | int]:
    """The machine."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory_gigabytes": round(int(memory[1]) / 1024**2) if memory else 0,
        "kernel": platform.release(),
    }


def versions(peers: Iterable[Path]) -> dict[str, str]:
    """Of Python, of packages that a request passes through, of Node and of each peer there.

    Args:
        peers: Folders with the ``package.json`` that a peer was installed from.
    """
    found = {"python": platform.python_version()}
    found |= {name: version(name) for name in _PACKAGES}
    node = shutil.which("node")
    if node:
        found["node"] = _output([node, "--version"]).lstrip("v")
    for folder in peers:
        file = folder / "package.json"
        if file.exists():
            found |= json.loads(file.read_text())["dependencies"]
    return found


def commit() -> str:
    """Of the checkout, with `+` where files differ from it; empty outside of git."""
    number = _output(["git", "rev-parse", "--short=9", "HEAD"])
    return number + ("+" if number and _output(["git", "status", "--porcelain"]) else "")


def _output(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""

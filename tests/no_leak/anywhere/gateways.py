"""A gateway of whatever make: started by a command, or already there."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.no_leak.anywhere.graph import SDL
from tests.no_leak.anywhere.world import World, subgraph_url


class GatewayMissing(Exception):
    """No gateway answered in time; the text says what was seen of it."""


@contextmanager
def started(command: str, folder: Path, world: World, path: str, seconds: float) -> Iterator[str]:
    """The URL of a gateway that a shell command keeps in the foreground.

    Args:
        command: May contain {port}, {subgraphs}, {supergraph}, {sdl_dir}, {pairs}, {jwks} and
            {folder}.
        folder: Where `open_world` wrote its files.
        path: Of the GraphQL endpoint.
        seconds: Until it must answer.

    Raises:
        GatewayMissing: It ended, or did not answer in time.
    """
    port = _free_port()
    pairs = (shlex.quote(f"{name}={subgraph_url(world.port, name)}") for name in SDL)
    values = {
        "port": str(port),
        "subgraphs": str(folder / "subgraphs.json"),
        "supergraph": str(folder / "supergraph.graphql"),
        "sdl_dir": str(folder),
        "folder": str(folder),
        "jwks": str(folder / "jwks.json"),
        "pairs": " ".join(pairs),
    }
    for name, value in values.items():
        command = command.replace(f"{{{name}}}", value)
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S602  The command is what the user typed.
            command,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}{path}"
            try:
                wait_for(url, world, seconds, process)
            except GatewayMissing as missing:
                told = log.read_text(errors="replace")[-3000:]
                raise GatewayMissing(f"{missing}\n{told}") from None
            yield url
        finally:
            _stop(process)


def wait_for(
    url: str, world: World, seconds: float, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Returns when the endpoint answers a caller's `{ __typename }` with data.

    Raises:
        GatewayMissing: The process ended, or nothing like it came in time.
    """
    until, last = time.monotonic() + seconds, "no answer"
    while time.monotonic() < until:
        if process is not None and process.poll() is not None:
            raise GatewayMissing(f"the gateway ended with status {process.returncode}")
        for headers in world.callers.values():
            last = _typename(url, headers)
            if last == "Query":
                return
        time.sleep(0.2)
    raise GatewayMissing(f"no gateway answered at {url} in {seconds:.0f} seconds: {last}")


def _typename(url: str, headers: Mapping[str, str]) -> str:
    body = json.dumps({"query": "{ __typename }"}).encode()
    kind = {"content-type": "application/json", "accept": "application/json"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, body, {**kind, **headers}), timeout=5
        ) as reply:
            return str(json.load(reply)["data"]["__typename"])
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.code} {error.read()[:300].decode(errors='replace')}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return repr(error)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return

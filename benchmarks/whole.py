"""What governing costs a whole request: CPU of a gateway beside the same gateway with access open.

    .venv/bin/python -m benchmarks.whole [--seconds 2] [--rounds 4] [--connections 8,50]
        [--database postgresql://...]

The demo's departments, policies and callers. Each operation is asked of three gateways in turn,
each a process of its own behind real HTTP: access open and no audit trail; the same with a trail;
and with tokens, decisions, masks and row filters too. Departments answer once, then a process in
front of them repeats their answers, so that the machine is the gateways'. Told is the CPU time of
the gateway's process per request, the best of all rounds, and that of all operations together.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import aiohttp
import httptools
import uvloop

from federation.cli.demo.callers import purpose_of
from federation.cli.demo.departments import NAMES, start_departments
from federation.cli.demo.keys import CONSENT_ISSUER, ISSUER, DemoKeys, load_keys
from federation.cli.demo.processes import Processes, free_ports, processes, wait_until_healthy
from federation.cli.demo.session import make_session
from federation.gateway.signing import CONTEXT_HEADER
from subgraphs.world import store

PORT = 14400
START_SECONDS = 120.0
ASKED = (
    ("CountyCitizens", "county-officer"),
    ("LoanPreApproval", "bank-app"),
    ("PropertyRegistration", "registry-clerk"),
)
GATEWAYS = ("open", "open, with a trail", "governed, with a trail")


@dataclass(frozen=True, slots=True)
class Gateway:
    """One of the three.

    Attributes:
        pid: Whose CPU time counts.
    """

    name: str
    port: int
    pid: int


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What governing costs a whole request.")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--connections", default="8,50", help="so many requests under way")
    parser.add_argument("--database", default="", help="of the trails; a SQLite file for each")
    parser.add_argument("--only", default="", help="one operation")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, ExitStack() as stack:
        # Keys and databases of its own; the user's demo stays as it is.
        os.environ["XDG_STATE_HOME"] = folder
        keys = load_keys()
        store.ensure(base=None, size="small")
        group = stack.enter_context(processes(keys.folder))
        uvloop.run(_measure(group, stack, keys, options))


async def _measure(
    group: Processes, stack: ExitStack, keys: DemoKeys, options: argparse.Namespace
) -> None:
    departments = start_departments(group, free_ports(PORT + 1, 8), keys, None, "small")
    await asyncio.gather(
        *(wait_until_healthy(each, "/health", START_SECONDS) for each in departments)
    )
    urls = {process.name: process.url for process in departments}
    replaying = stack.enter_context(_replayer(urls))
    gateways = [
        await _gateway(group, keys, name, PORT + 20 + at, replaying, options.database)
        for at, name in enumerate(GATEWAYS)
    ]
    session = make_session(keys)
    callers = {each["id"]: each for each in session["callers"]}
    stories = {each["name"]: each for each in session["stories"]}
    print(
        "| under way | operation | gateway | CPU ms | x open | p50 ms | kB |\n"
        "|---:|---|---|---:|---:|---:|---:|"
    )
    for connections in map(int, options.connections.split(",")):
        together = dict.fromkeys(GATEWAYS, 0.0)
        for operation, caller in ASKED:
            if options.only in {"", operation}:
                request = _request(stories[operation], callers[caller], purpose_of(caller))
                best = await _best(request, gateways, connections, options)
                for name, (cpu, p50, size) in best.items():
                    together[name] += cpu
                    more = f"{p50 * 1e3:.1f} | {size / 1e3:.1f}"
                    _print(connections, operation, name, cpu / best["open"][0], cpu, more)
        for name, cpu in together.items():
            _print(connections, "together", name, cpu / together["open"], cpu, "|")


async def _best(
    request: bytes, gateways: list[Gateway], connections: int, options: argparse.Namespace
) -> dict[str, tuple[float, float, int]]:
    """CPU seconds per request, the middle one's duration and bytes of an answer, by gateway."""
    for gateway in gateways:
        await _load(gateway, request, 2, 0.5)
    best = {gateway.name: (float("inf"), float("inf"), 0) for gateway in gateways}
    for _ in range(options.rounds):
        for gateway in gateways:
            took = await _load(gateway, request, connections, options.seconds)
            known = best[gateway.name]
            best[gateway.name] = (min(known[0], took[0]), min(known[1], took[1]), took[2])
    return best


def _print(
    connections: int, operation: str, name: str, ratio: float, cpu: float, more: str
) -> None:
    figures = f"{cpu * 1e3:.2f} | {ratio:.2f} | {more}"
    print(f"| {connections} | {operation} | {name} | {figures} |", flush=True)


def _request(story: dict[str, Any], caller: dict[str, Any], purpose: str) -> bytes:
    body = json.dumps({"query": story["query"], "variables": story["variables"]}).encode()
    head = [
        "POST /graphql HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"authorization: Bearer {caller['token']}",
        f"datong-purpose: {purpose}",
    ]
    if caller["consent"]:
        head.append(f"datong-consent: {caller['consent']}")
    return "\r\n".join([*head, "", ""]).encode() + body


async def _load(
    gateway: Gateway, request: bytes, connections: int, seconds: float
) -> tuple[float, float, int]:
    """CPU seconds of the gateway per request, the middle one's duration, bytes of an answer."""
    took: list[float] = []
    sizes: list[int] = []
    cpu, ends = _cpu_seconds(gateway.pid), time.perf_counter() + seconds

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        while (began := time.perf_counter()) < ends:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            assert head.startswith(b"http/1.1 200"), body[:500]
            took.append(time.perf_counter() - began)
            sizes.append(length)
        writer.close()

    await asyncio.gather(*(ask() for _ in range(connections)))
    used = _cpu_seconds(gateway.pid) - cpu
    return used / len(took), sorted(took)[len(took) // 2], sizes[-1]


def _cpu_seconds(pid: int) -> float:
    """Of all threads of a process so far; finer than its ticks."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


async def _gateway(
    group: Processes, keys: DemoKeys, name: str, port: int, replaying: str, database: str
) -> Gateway:
    governed = name == GATEWAYS[2]
    settings: dict[str, dict[str, Any]] = {
        "server": {"port": port},
        "access": {"engine": "embedded" if governed else "open"},
        "signing": {"key_file": keys.file("context.pem")},
        "schema": {"subgraphs": {each: f"{replaying}/{each}/graphql" for each in NAMES}},
    }
    if governed:
        settings["access"]["mask_key_file"] = keys.file("mask.key")
        settings["identity"] = {
            "jwks": keys.file("issuer.jwks.json"),
            "issuer": ISSUER,
            "consent_jwks": keys.file("consent.jwks.json"),
            "consent_issuers": [CONSENT_ISSUER],
        }
    if name != GATEWAYS[0]:
        settings["audit"] = {"database": database or f"sqlite:///{keys.folder / f'{port}.sqlite'}"}
    config = keys.folder / f"{port}.toml"
    # Every value of these is written in TOML as in JSON, tables inline but for the `:`.
    lines = [
        f"[{section}]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items())
        for section, values in settings.items()
    ]
    config.write_text("".join(lines))
    command = [sys.executable, "-m", "federation.cli", "serve", "--config", str(config)]
    process = group.start(f"gateway {name}", f"http://127.0.0.1:{port}", command, {})
    await wait_until_healthy(process, "/ready", START_SECONDS)
    return Gateway(name, port, _child(process.running.pid))


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {json.dumps(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)


def _child(pid: int) -> int:
    """The process that does the work: the demo's leash becomes it, or starts it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else pid


# In front of the departments


@contextmanager
def _replayer(urls: dict[str, str]) -> Iterator[str]:
    """The URL of a process that repeats what departments answered."""
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_replay, args=(there, urls), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def _replay(told: Connection, urls: dict[str, str]) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        async with aiohttp.ClientSession() as session:
            answers = _Answers(urls, session)
            server = await loop.create_server(lambda: _Served(answers), "127.0.0.1", 0)
            told.send(server.sockets[0].getsockname()[1])
            await server.serve_forever()

    uvloop.run(run())


class _Answers:
    """By department, request and the row filters that were sent with it."""

    def __init__(self, urls: dict[str, str], session: aiohttp.ClientSession) -> None:
        self._urls = urls
        self._session = session
        self.known: dict[tuple[str, bytes, str], bytes] = {}

    async def ask(self, key: tuple[str, bytes, str], token: str) -> bytes:
        """What the department answers, kept for the next time."""
        headers = {"content-type": "application/json", CONTEXT_HEADER: token}
        url = f"{self._urls[key[0]]}/graphql"
        async with self._session.post(url, data=key[1], headers=headers) as reply:
            answer = self.known[key] = await reply.read()
            return answer


class _Served(asyncio.Protocol):
    """One connection, and requests on it one after the other."""

    def __init__(self, answers: _Answers) -> None:
        self._answers = answers
        self._asking: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._name = self._token = ""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._name = url.decode().split("/")[1]

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == CONTEXT_HEADER.lower().encode():
            self._token = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        claims = self._token.split(".")[1]
        filters = json.loads(base64.urlsafe_b64decode(claims + "=="))["row_filters"]
        key = (self._name, b"".join(self._body), json.dumps(filters))
        self._body.clear()
        known = self._answers.known.get(key)
        if known is not None:
            self._send(known)
        else:
            self._asking = asyncio.ensure_future(self._ask(key, self._token))

    async def _ask(self, key: tuple[str, bytes, str], token: str) -> None:
        self._send(await self._answers.ask(key, token))

    def _send(self, answer: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        self._transport.write(head % len(answer) + answer)


if __name__ == "__main__":
    main()

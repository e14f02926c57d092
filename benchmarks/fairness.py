"""What a caller feels of operations that are known, while another sends only new ones.

    .venv/bin/python -m benchmarks.fairness [--seconds 5]

Gateway, subgraphs and clients are a process each, and talk HTTP. The *steady* caller sends the same
operation over three subgraphs on four connections, with pauses of 20 ms; the *newcomer* sends a new
text every 100 ms; the *flood* comes on sixteen connections without a pause, each text a new one.
Told are the milliseconds until their answers were there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import multiprocessing
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import uvicorn
import uvloop
from starlette.datastructures import Headers

from benchmarks.gateways.scenarios import REGISTERS, composed
from benchmarks.gateways.subgraphs import serve_apart
from federation.access import Asker, Caller
from federation.gateway.access_log import AccessLog
from federation.gateway.http import GraphQLEndpoint
from federation.gateway.interpreter import give_way_often, spare_what_stays
from federation.gateway.running import start_gateway
from federation.gateway.settings import Access, Config

STEADY = '{ person(id: "7") { name home { street rooms } } }'
CONNECTIONS, PAUSE = 4, 0.02
FLOOD_CONNECTIONS = 16

_numbers = iter(range(1_000_000_000))


def small() -> str:
    """A new operation as applications send them."""
    return STEADY.replace("{", f"query Q{next(_numbers)} {{", 1)


def large() -> str:
    """A new operation up to the limits: 4,800 fields, 14,500 tokens."""
    return f"query Q{next(_numbers)} {{ people(first: 1) {{ {'home { street } name ' * 2400} }} }}"


def invalid() -> str:
    """A new operation as large, with faults at its end."""
    return large().replace("} }", "nothing nobody } }")


FLOODS: dict[str, Callable[[], str] | None] = {
    "nothing else": None,
    "small new operations": small,
    "new operations of 14,500 tokens": large,
    "the same, not valid": invalid,
}


@dataclass(slots=True)
class Felt:
    """Milliseconds of answers, and how many came with each status."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def cells(self) -> Iterator[str]:
        """50th and 99th percentile, and the longest."""
        times = sorted(self.times)
        for share in (0.5, 0.99, 1):
            yield f"{times[math.ceil(share * len(times)) - 1]:.1f}"


class Client:
    """One connection, on which one request follows another."""

    def __init__(self, caller: str, port: int) -> None:
        self._caller, self._port = caller, port

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, text: str, felt: Felt) -> None:
        """Send an operation, and wait for the whole answer."""
        body = json.dumps({"query": text}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            f"x-caller: {self._caller}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:])
            for line in answer.lower().split(b"\r\n")
            if line[:15] == b"content-length:"
        )
        await self._reader.readexactly(length)
        felt.times.append((time.perf_counter() - began) * 1000)
        felt.statuses[int(answer[9:12])] += 1


async def send(
    client: Client, text: Callable[[], str], felt: Felt, until: float, pause: float
) -> None:
    """Requests on one connection until a time."""
    await client.open()
    while time.perf_counter() < until:
        await client.ask(text(), felt)
        await asyncio.sleep(pause)


async def measure(port: int, flood: Callable[[], str] | None, seconds: float) -> dict[str, Felt]:
    """What each of them felt."""
    felt = {name: Felt() for name in ("steady", "newcomer", "flood")}
    until = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            client = Client("steady", port)
            group.create_task(send(client, lambda: STEADY, felt["steady"], until, PAUSE))
        group.create_task(send(Client("newcomer", port), small, felt["newcomer"], until, 0.1))
        for _ in range(FLOOD_CONNECTIONS if flood else 0):
            client = Client("flood", port)
            group.create_task(send(client, flood or small, felt["flood"], until, 0))
    return felt


async def run(port: int, seconds: float) -> None:
    """Print the table."""
    await measure(port, small, 2)
    print(
        "| the other caller sends | p50 | p99 | longest | newcomer p50 | p99 | longest "
        "| of the other's answered a second |\n|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    for name, flood in FLOODS.items():
        felt = await measure(port, flood, seconds)
        cells = [name, *felt["steady"].cells(), *felt["newcomer"].cells()]
        shown = f"{len(felt['flood'].times) / seconds:.0f}" if flood else ""
        print(f"| {' | '.join([*cells, shown])} |", flush=True)
        print({each: dict(found.statuses) for each, found in felt.items()}, flush=True)


# The gateway


async def _identify(headers: Headers) -> Asker:
    return Asker(Caller(headers.get("x-caller", ""), "application"), None, (), 0)


def gateway(subgraphs: int, told: Connection) -> None:
    """Serve a gateway whose callers say who they are, and tell at which port."""

    async def run_gateway() -> None:
        async with _opened(subgraphs) as endpoint:
            spare_what_stays()
            give_way_often()
            server = uvicorn.Server(
                uvicorn.Config(
                    endpoint, port=0, http="httptools", lifespan="off", log_level="error"
                )
            )
            serving = asyncio.ensure_future(server.serve())
            while not server.started:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            told.send(server.servers[0].sockets[0].getsockname()[1])
            await serving

    uvloop.run(run_gateway())


@asynccontextmanager
async def _opened(subgraphs: int) -> AsyncIterator[GraphQLEndpoint]:
    supergraph = composed(REGISTERS, subgraphs)
    config = Config(access=Access(engine="open"))
    log = AccessLog("benchmark")
    async with start_gateway(config, supergraph, log, identify=_identify) as running:
        yield GraphQLEndpoint(running.gateway, config.http, config.subscriptions, log)


def main() -> None:
    """Start everything, measure, and end it."""
    parser = argparse.ArgumentParser(description="Known operations beside a flood of new ones.")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each line")
    seconds = parser.parse_args().seconds
    spawning = multiprocessing.get_context("spawn")
    here, there = multiprocessing.Pipe()
    processes = [spawning.Process(target=serve_apart, args=(there,), daemon=True)]
    processes[0].start()
    try:
        processes.append(spawning.Process(target=gateway, args=(here.recv(), there), daemon=True))
        processes[1].start()
        uvloop.run(run(here.recv(), seconds))
    finally:
        for each in processes:
            each.terminate()
            each.join()


if __name__ == "__main__":
    main()

"""Audit records per second, and the time and CPU that one append costs, on this machine.

    .venv/bin/python -m benchmarks.audit [DATABASE_URL]

So many requests wait at once as the first column says; each appends the next record when its last
one is durable, as a gateway's requests do. Then what answers pay: 1,000 look-ups a second of a
gateway without and one with a trail in turn, by how long subgraphs take. Large answers are
measured beside the other gateways (`python -m benchmarks.gateways --only governed`).
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop
from starlette.datastructures import Headers

from benchmarks.gateways.scenarios import REGISTERS, composed
from benchmarks.gateways.subgraphs import serve_apart
from federation.audit import (
    AuditedCaller,
    AuditedOperation,
    AuditedVerdicts,
    AuditRecord,
    AuditSink,
    RecordKind,
    TouchedEntities,
)
from federation.gateway.access_log import AccessLog
from federation.gateway.audit.keys import head_key
from federation.gateway.audit.remote import remote_audit_sink
from federation.gateway.audit.store import open_audit_store
from federation.gateway.audit.writer import audit_writer_process
from federation.gateway.messages import Request, Response
from federation.gateway.pipeline import Gateway
from federation.gateway.running import start_gateway
from federation.gateway.settings import Access, Audit, Config

SECONDS = 2.0
WAITING = (1, 10, 50, 200)
# Of small requests, each of which leaves one record.
REQUESTS_PER_SECOND = 1_000
ROUNDS = 4
LOOK_UP = "query ($id: ID!) { person(id: $id) { name home { street } } }"

# A usual release: 30 coordinates, 20 entities, 3 kB.
RECORD = AuditRecord(
    kind=RecordKind.RELEASE,
    request_id="01J8Z3V7XK9QW2",
    at=1_700_000_000_000,
    caller=AuditedCaller(id="bank-app", department="heming_bank"),
    operation=AuditedOperation(kind="query", digest="d" * 64, name="LoanPreApproval"),
    purpose="loan-pre-approval",
    verdicts=(
        AuditedVerdicts(
            effect="allow",
            rule="grants",
            coordinates=tuple(f"Citizen.field{n}" for n in range(30)),
        ),
    ),
    subgraphs=("housing_fund", "human_resources", "public_security", "tax"),
    entities=(
        TouchedEntities(
            type="Citizen", by="subject", digests=tuple(f"{n:032x}" for n in range(20))
        ),
    ),
)


async def measure(sink: AuditSink, waiting: int) -> None:
    """Print one row."""
    delays: list[float] = []
    end = time.perf_counter() + SECONDS

    async def request() -> None:
        while (begin := time.perf_counter()) < end:
            await sink.append(RECORD, "query LoanPreApproval { x }")
            delays.append(time.perf_counter() - begin)

    cpu, begin = time.process_time(), time.perf_counter()
    await asyncio.gather(*(request() for _ in range(waiting)))
    rate = len(delays) / (time.perf_counter() - begin)
    each = (time.process_time() - cpu) / len(delays) * 1e6
    delays.sort()
    p50, p99 = (delays[int(len(delays) * part)] * 1e3 for part in (0.5, 0.99))
    print(f"{waiting:>8} {rate:>12,.0f} {p50:>9.2f} {p99:>9.2f} {each:>10.0f}")


def compare_rates(folder: str, delay_seconds: float) -> None:
    """Print what a steady load of small requests pays for the trail."""
    here, there = multiprocessing.Pipe()
    subgraphs = multiprocessing.get_context("spawn").Process(
        target=serve_apart, args=(there, delay_seconds), daemon=True
    )
    subgraphs.start()
    try:
        uvloop.run(_rates(here.recv(), Path(folder), delay_seconds))
    finally:
        subgraphs.terminate()
        subgraphs.join()


async def _rates(port: int, folder: Path, delay_seconds: float) -> None:
    supergraph = composed(REGISTERS, port)
    file = folder / f"rates-{delay_seconds}.sqlite"
    best: dict[str, tuple[float, float]] = {}
    async with AsyncExitStack() as stack:
        gateways = {}
        for name, database in (("without", ""), ("with", f"sqlite:///{file}")):
            config = Config(access=Access(engine="open"), audit=Audit(database=database))
            running = start_gateway(config, supergraph, AccessLog("benchmark"))
            gateways[name] = (await stack.enter_async_context(running)).gateway
        for _ in range(ROUNDS):
            for name, gateway in gateways.items():
                took = await _steadily(gateway)
                known = best.get(name, took)
                best[name] = min(known[0], took[0]), min(known[1], took[1])
    for name, (p50, cpu) in best.items():
        plain = best["without"]
        print(
            f"{name:>8} a trail, subgraphs take {delay_seconds * 1e3:.0f} ms: "
            f"p50 {p50 * 1e3:.2f} ms (x {p50 / plain[0]:.2f}), "
            f"CPU {cpu * 1e3:.2f} ms (x {cpu / plain[1]:.2f})"
        )


async def _steadily(gateway: Gateway) -> tuple[float, float]:
    """The middle request's seconds and the CPU seconds of each, at a rate that does not wait."""
    took: list[float] = []

    async def one(number: int) -> None:
        began = time.perf_counter()
        variables = {"id": str(number % 100)}
        request = Request(id="1", query=LOOK_UP, variables=variables, headers=Headers({}))
        answer = await gateway.answer(request)
        assert isinstance(answer, Response), "no subscriptions here"
        assert b'"errors"' not in answer.body, answer.body
        took.append(time.perf_counter() - began)

    for number in range(20):
        await one(number)
    took.clear()
    cpu, due = time.process_time(), time.perf_counter()
    asked = []
    for number in range(round(REQUESTS_PER_SECOND * SECONDS)):
        due += 1 / REQUESTS_PER_SECOND
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        asked.append(asyncio.ensure_future(one(number)))
    await asyncio.gather(*asked)
    return sorted(took)[len(took) // 2], (time.process_time() - cpu) / len(took)


async def main() -> None:
    """Print the rates of records."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        # On a disk: /tmp may be memory, where an fsync costs nothing.
        database = (
            sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{Path(folder) / 'audit.sqlite'}"
        )
        print(f"{'waiting':>8} {'records/s':>12} {'p50 ms':>9} {'p99 ms':>9} {'CPU us':>10}")
        print("in the gateway's process")
        for waiting in WAITING:
            async with open_audit_store(database, head_key(""), "benchmark") as store:
                await measure(store, waiting)
        if not database.startswith("sqlite"):
            return
        print("through the writer process (CPU of the gateway alone)")
        socket = Path(folder) / "socket"
        with audit_writer_process(database, "", socket):
            async with remote_audit_sink(socket) as sink:
                for waiting in WAITING:
                    await measure(sink, waiting)


if __name__ == "__main__":
    asyncio.run(main())
    with tempfile.TemporaryDirectory(dir="/var/tmp") as beside:
        for milliseconds in (0, 4, 20):
            compare_rates(beside, milliseconds / 1e3)

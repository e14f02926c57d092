"""What a decision costs: warm, cold in this process or at an OPA server, and beside a whole view.

    .venv/bin/python -m benchmarks.access [--fields 10000] [--grants 5000]

The delivered policies decide; every cold question is of another caller or about other fields. The
fastest and the middle of many runs are told, since other work on the machine only ever adds; what
other callers feel is told as 99th percentile, beside the same without the disturbance.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.generated.big_graph import departments
from benchmarks.generated.many_grants import coordinate, large_release, question
from federation.access import AccessRequest, Uses
from federation.composition import SubgraphDocument, compose_documents
from federation.gateway.engines import (
    CachedEngine,
    DividedEngine,
    EmbeddedEngine,
    OpaEngine,
    PolicyProcess,
    PolicyRelease,
    Views,
    declared_reads,
)
from federation.gateway.interpreter import building_apart, spare_what_stays
from federation.gateway.state import build_state
from federation.supergraph import print_supergraph, read_supergraph
from tests.policies.tables import OPA, opa_server

SIZES = (1, 50, 300)
COLD_RUNS = 60
WARM_RUNS = 20_000
VIEW_FIELDS = 40_000
PAUSE_SECONDS = 0.002
SUBGRAPHS = 10


async def main(fields: int, grants: int) -> None:
    """Measures and prints everything."""
    release = large_release(fields, grants)
    print(f"{fields} fields, {grants} grants; microseconds: fastest, middle")
    await _warm(release)
    engine = EmbeddedEngine(release)
    for size in SIZES:
        await _cold(f"cold, embedded, {size} fields", engine.decide, size, fields)
    async with PolicyProcess(release) as worker:
        await worker.start()
        await _cold("cold, worker process, 300 fields", worker.decide, 300, fields)
    if OPA is not None:
        with tempfile.TemporaryDirectory() as folder, opa_server(release, Path(folder)) as url:
            async with OpaEngine(url, release.revisions, deadline_seconds=20) as opa:
                for size in SIZES:
                    await _cold(f"cold, OPA server, {size} fields", opa.decide, size, fields)
    print("\nother callers, milliseconds: 50th, 99th percentile, longest")
    await _beside_a_view()
    await _beside_a_reload(release)
    await _beside_a_new_schema(release)


async def _warm(release: PolicyRelease) -> None:
    cached = CachedEngine(EmbeddedEngine(release), reads=declared_reads(release.modules))
    asked = question(50)
    await cached.decide(asked)
    took = []
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(WARM_RUNS // 20):
            await cached.decide(asked)
        took.append((time.perf_counter() - started) / (WARM_RUNS // 20))
    _tell("warm, 50 fields", took)


async def _cold(
    name: str, decide: Callable[[AccessRequest], Awaitable[object]], size: int, fields: int
) -> None:
    took = []
    for number in range(COLD_RUNS):
        asked = question(size, number, fields)
        started = time.perf_counter()
        await decide(asked)
        took.append(time.perf_counter() - started)
    _tell(name, took)


async def _beside_a_view() -> None:
    """Warm decisions of others while one caller's view of a large schema is decided cold."""
    release = large_release(VIEW_FIELDS, 5_000)
    reads = declared_reads(release.modules)
    here = await EmbeddedEngine.load(release)
    async with PolicyProcess(release, deadline_seconds=30) as worker:
        await worker.start()
        cached = CachedEngine(DividedEngine(here, worker, 64), reads=reads)
        views = Views(worker, reads)
        every = {coordinate(number): Uses(select=True) for number in range(VIEW_FIELDS)}

        async def view() -> None:
            await views.decide(question(1).asker, every, "all")

        await _felt("nothing else", cached, asyncio.sleep(1))
        seconds = await _felt(f"a cold view of {VIEW_FIELDS} fields", cached, view())
        print(f"  the view took {seconds:.1f} s")


async def _beside_a_reload(release: PolicyRelease) -> None:
    cached = CachedEngine(EmbeddedEngine(release), reads=declared_reads(release.modules))
    newer = replace(release, modules=dict(release.modules))

    async def load() -> None:
        await EmbeddedEngine.load(newer)

    await _felt("a release that is loaded in this process", cached, load())


async def _beside_a_new_schema(release: PolicyRelease) -> None:
    """As a reload does it: composed in another process before, built in another thread."""
    cached = CachedEngine(EmbeddedEngine(release), reads=declared_reads(release.modules))
    documents = [
        SubgraphDocument(each.name, f"http://{each.name}", each.sdl)
        for each in departments(SUBGRAPHS)
    ]
    supergraph = compose_documents(documents).supergraph
    assert supergraph is not None, "the generated subgraphs compose"
    sdl = print_supergraph(supergraph)
    spare_what_stays()

    async def build() -> None:
        with building_apart():
            await asyncio.to_thread(lambda: build_state(read_supergraph(sdl)))

    seconds = await _felt(f"a new schema of {SUBGRAPHS} subgraphs that is built", cached, build())
    print(f"  building took {seconds:.1f} s")


async def _felt(name: str, cached: CachedEngine, work: Awaitable[object]) -> float:
    """How long decisions of others take from the moment they are due; seconds the work took."""
    asked = question(50, 7)
    await cached.decide(asked)
    waited: list[float] = []
    started = time.perf_counter()
    task = asyncio.ensure_future(work)
    while not task.done():
        due = time.perf_counter() + PAUSE_SECONDS
        await asyncio.sleep(PAUSE_SECONDS)
        await cached.decide(asked)
        waited.append(time.perf_counter() - due)
    await task
    waited.sort()
    at = waited[len(waited) // 2], waited[int(len(waited) * 0.99)], waited[-1]
    print(f"  {name:45}" + "".join(f"{1000 * each:9.2f}" for each in at))
    return time.perf_counter() - started


def _tell(name: str, took: list[float]) -> None:
    fastest, middle = 1e6 * min(took), 1e6 * statistics.median(took)
    print(f"  {name:45}{fastest:9.1f}{middle:9.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fields", type=int, default=10_000)
    parser.add_argument("--grants", type=int, default=5_000)
    given = parser.parse_args()
    asyncio.run(main(given.fields, given.grants))

"""An operation that was never seen, from its text to the first fetch: CPU by stage.

    .venv/bin/python -m benchmarks.uncached

The public benchmark query with a new alias each time;
``--access open``. Stages are measured one by one, the last line through the whole pipeline up to
the first request to a subgraph, threads included. Told is the fastest of many runs.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import uvloop
from starlette.datastructures import Headers

from benchmarks.gateways.scenarios import PUBLIC, PUBLIC_QUERY, composed
from federation.access import Asker, Caller, allow_all, ask, restrict
from federation.audit import plan_with_names
from federation.errors import SubgraphUnreachable
from federation.execution import SubgraphReply, SubgraphRequest
from federation.gateway.access_log import AccessLog
from federation.gateway.deciding import InForce, open_engine
from federation.gateway.messages import Request
from federation.gateway.pipeline import Gateway, Parts
from federation.gateway.settings import Access, Config
from federation.gateway.start import make_signer
from federation.gateway.state import State, build_state
from federation.gateway.trail import Recorder
from federation.operation import Limits, parse_operation
from federation.operation.limits import check_limits
from federation.operation.reading import read_plainly
from federation.operation.validation import validation_errors

RUNS = 300
NOBODY = Asker(Caller("nobody", "application"), None, (), 0)


def fastest(run: Callable[[], object]) -> float:
    """Milliseconds of CPU."""
    found = []
    for _ in range(RUNS):
        begin = time.process_time()
        run()
        found.append(time.process_time() - begin)
    return min(found) * 1000


def print_stages(state: State, text: str) -> None:
    """A line for each stage."""
    document = read_plainly(text, 15_000)
    assert document is not None, "the query is plain"
    parsed = parse_operation(text, state.schema, None, Limits())
    question = ask(parsed.operation, {}, NOBODY, state.index)
    decision = allow_all(question)
    operation = restrict(parsed.operation, {}, decision, state.index).operation
    graph = state.graphs.graph(frozenset())
    reading: dict[str, Callable[[], object]] = {
        "reading": partial(read_plainly, text, 15_000),
        "limits": partial(check_limits, document, Limits()),
        "validation": partial(validation_errors, document, state.schema, 50),
    }
    times = {name: fastest(run) for name, run in reading.items()}
    whole = fastest(partial(parse_operation, text, state.schema, None, Limits()))
    times["normal form, signature"] = whole - sum(times.values())
    times["question"] = fastest(partial(ask, parsed.operation, {}, NOBODY, state.index))
    times["restriction"] = fastest(partial(restrict, parsed.operation, {}, decision, state.index))
    times["plan"] = fastest(partial(plan_with_names, operation, graph, {}))
    for name, found in times.items():
        print(f"| {name} | {found:.2f} |")


class _Nowhere:
    """Notes when the first request to a subgraph would leave, and sends none."""

    def __init__(self) -> None:
        self.first = 0.0

    async def send(self, subgraph: str, _request: SubgraphRequest) -> SubgraphReply:
        self.first = self.first or time.process_time()
        raise SubgraphUnreachable(subgraph, "nothing is sent here")


async def first_fetch(state: State, text: str) -> float:
    """Milliseconds of CPU until the first request to a subgraph."""
    config = Config(access=Access(engine="open"))
    nowhere: Any = _Nowhere()

    async def identify(_: Headers) -> Asker:
        return NOBODY

    best = float("inf")
    async with open_engine(config.access, state.catalogue, InForce(None)) as deciding:
        parts = Parts(
            identify=identify,
            engine=deciding.engine,
            view=deciding.view,
            transport=nowhere,
            events=nowhere,
            signer=make_signer(config),
            recorder=Recorder(None, AccessLog("benchmark")),
            mask_key=b"",
        )
        gateway = Gateway(state, parts, config)
        for number in range(RUNS):
            own = text.replace("reviews {", f"b{number}: birthday reviews {{", 1)
            nowhere.first = 0.0
            begin = time.process_time()
            await gateway.answer(Request(id="1", query=own, variables={}, headers=Headers({})))
            best = min(best, nowhere.first - begin)
    return best * 1000


def main() -> int:
    """Print the table."""
    state = build_state(composed(PUBLIC))
    gc.collect()
    gc.disable()
    print("| stage | CPU ms |\n|---|---:|")
    print_stages(state, PUBLIC_QUERY)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(f"| text to first fetch | {runner.run(first_fetch(state, PUBLIC_QUERY)):.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

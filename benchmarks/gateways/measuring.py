"""One table after another: start its gateways, load them in turn, note what they did."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.gateways.figures import Round, Row
from benchmarks.gateways.load import GatewayFailed, Load, Request, fault_of, load
from benchmarks.gateways.machine import ROOT
from benchmarks.gateways.peers import Gateway, Place
from benchmarks.gateways.processes import Command, NotStarted, Server, free_port, running
from benchmarks.gateways.results import MeasuredTable
from benchmarks.gateways.scenarios import SUBGRAPHS_PORT, composed
from benchmarks.gateways.tables import Table
from federation.supergraph import print_supergraph

_ANSWER_SECONDS = 60
# Long enough for a gateway to send all requests of a round before the first is answered.
_PROBE_DELAY_MS = 40
# For the estimate: what a gateway takes to start, and after a round for each request under way.
_START_SECONDS = 4
_LAST_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Attributes:
        seconds: Of each round, and of warming up before the first.
    """

    rounds: int
    seconds: float
    warm_seconds: float


@dataclass(slots=True)
class _Measured:
    """A running gateway of a table."""

    gateway: Gateway
    server: Server
    data: str
    answer_bytes: int
    counts: dict[str, int]
    requests: Iterator[bytes]
    rounds: list[Round] = field(default_factory=list)


def estimate(tables: Sequence[Table], effort: Effort) -> float:
    """Seconds that all of it takes, about, if every gateway is there."""
    loaded = effort.rounds * effort.seconds + effort.warm_seconds
    return sum(
        len(table.gateways)
        * (
            _START_SECONDS
            + len(table.connections) * loaded
            + sum(table.connections) * (effort.rounds + 1) * _LAST_SECONDS
        )
        for table in tables
    )


class Measuring:
    """Measures tables, with subgraphs that run as long as this does."""

    def __init__(
        self, effort: Effort, peers: Path, folder: Path, tell: Callable[[str], None]
    ) -> None:
        """Prepare.

        Args:
            peers: Where gateways of others were installed.
            folder: For supergraphs and logs.
            tell: Takes each line of progress.
        """
        self._effort = effort
        self._peers = peers
        self._folder = folder
        self._tell = tell
        self._processors = sorted(os.sched_getaffinity(0))

    @contextlib.contextmanager
    def subgraphs(self) -> Iterator[None]:
        """Run them, on the last processor, where from now on this process is as well."""
        last = self._processors[-1]
        command = Command(
            (sys.executable, "-m", "benchmarks.gateways.subgraphs", "--port", str(SUBGRAPHS_PORT)),
            ROOT,
            processors=(last,),
        )
        os.sched_setaffinity(0, {last})
        # As Ctrl-C does: what was started ends with this process.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
        try:
            with running(command, SUBGRAPHS_PORT, self._folder / "subgraphs.log"):
                yield
        finally:
            os.sched_setaffinity(0, self._processors)

    def measure(self, table: Table) -> MeasuredTable:
        """One table."""
        _tell_subgraphs(f"/delay?ms={_PROBE_DELAY_MS}")
        left_out: dict[str, str] = {}
        with contextlib.ExitStack() as stack:
            found = list(self._started(table, stack, left_out))
            _tell_subgraphs(f"/delay?ms={table.delay_milliseconds}")
            rows = [
                row
                for connections in table.connections
                for row in self._part(table, connections, found, left_out)
            ]
        return MeasuredTable(
            table.title, table.base, table.delay_milliseconds, tuple(rows), left_out
        )

    def _started(
        self, table: Table, stack: contextlib.ExitStack, left_out: dict[str, str]
    ) -> Iterator[_Measured]:
        supergraph = self._folder / f"{table.scenario.name}.graphql"
        if not supergraph.exists():
            supergraph.write_text(print_supergraph(composed(table.scenario)))
        # Not those of this process, which what it starts would have as well.
        processors = (self._processors[0],) if table.is_pinned else tuple(self._processors)
        for gateway in table.gateways:
            port = free_port()
            place = Place(port, supergraph, self._peers, processors)
            reason = gateway.missing(place)
            if not reason:
                log = self._folder / f"{port}.log"
                try:
                    server = stack.enter_context(running(gateway.command(place), port, log))
                    yield _probed(gateway, server, table.request)
                except (NotStarted, GatewayFailed) as fault:
                    # Of a traceback the line that says what it is about.
                    reason = str(fault).splitlines()[-1]
            if reason:
                left_out[gateway.name] = reason
                self._tell(f"  left out: {gateway.name}: {reason}")

    def _part(
        self, table: Table, connections: int, found: list[_Measured], left_out: dict[str, str]
    ) -> Iterator[Row]:
        for number in range(self._effort.rounds + 1):
            for each in list(found):
                try:
                    self._round(each, connections, is_warming=number == 0)
                except (GatewayFailed, OSError, TimeoutError) as fault:
                    found.remove(each)
                    name = each.gateway.name
                    reason = each.server.ended() or fault or "no answer in time"
                    left_out[name] = f"at {connections} connections: {reason}"
                    self._tell(f"  left out: {name}: {left_out[name]}")
            if number:
                told = ", ".join(f"{e.gateway.name} {e.rounds[-1].cpu_ms:.2f}" for e in found)
                self._tell(f"  {connections} connections, round {number}, CPU ms/request: {told}")
        reference = next((each.data for each in found if each.gateway.name == table.base), None)
        for each in found:
            yield Row(
                each.gateway.name,
                connections,
                tuple(each.rounds),
                each.answer_bytes,
                each.counts["requests"],
                each.counts["rounds"],
                round(each.server.peak_megabytes(), 1),
                each.data == reference if table.gives_the_same and reference else None,
            )

    def _round(self, each: _Measured, connections: int, *, is_warming: bool) -> None:
        if is_warming:
            each.rounds.clear()
            each.server.forget_peak()
        seconds = self._effort.warm_seconds if is_warming else self._effort.seconds
        before = each.server.cpu_seconds()
        done = _loaded(each.server.port, each.requests, connections, seconds)
        spent = each.server.cpu_seconds() - before
        if not is_warming:
            each.rounds.append(_round(done, spent))


def _loaded(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    return uvloop.run(load(port, requests, connections, seconds))


def _round(done: Load, cpu_seconds: float) -> Round:
    count = len(done.delays)
    return Round(
        round(count / done.seconds, 2),
        round(done.percentile(0.5), 3),
        round(done.percentile(0.99), 3),
        round(cpu_seconds / count * 1000, 4),
    )


def _probed(gateway: Gateway, server: Server, request: Request) -> _Measured:
    """Ask twice, once for the data and once to see what the subgraphs are asked for.

    Raises:
        GatewayFailed: It does not give data.
    """
    numbers = itertools.count()
    ends = time.monotonic() + _ANSWER_SECONDS
    # A server may listen before it has read its supergraph.
    while True:
        fault, body = _asked(server.port, request, next(numbers))
        if not fault:
            break
        if time.monotonic() > ends:
            raise GatewayFailed(fault)
        time.sleep(0.5)
    data = json.dumps(json.loads(body)["data"])
    _tell_subgraphs("/counts")
    _asked(server.port, request, next(numbers))
    counts = _tell_subgraphs("/counts")
    requests = (request.sent(number) for number in numbers)
    return _Measured(gateway, server, data, len(body), counts, requests)


def _asked(port: int, request: Request, number: int) -> tuple[str, bytes]:
    """The fault, if any, and the body of one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    try:
        body = request.sent(number).partition(b"\r\n\r\n")[2]
        headers = {"content-type": "application/json", **request.headers}
        connection.request("POST", "/graphql", body, headers)
        response = connection.getresponse()
        content = response.read()
    except OSError as fault:
        return str(fault), b""
    finally:
        connection.close()
    return fault_of(response.status, content), content


def _tell_subgraphs(path: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", SUBGRAPHS_PORT, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return found

"""What rounds of load amount to: the best of each figure, and its ratio to another gateway's.

Other work on the machine only ever adds, so the best of several rounds is nearest to what the work
takes; and since gateways are loaded in turn, ratios tell more than figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

TOLERATED_GROWTH = 0.10


class Round(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One gateway, loaded once.

    Attributes:
        cpu_ms: Processor time of the gateway for each request.
    """

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One gateway in one table.

    Attributes:
        gives_the_same: Whether its data is the base's, in the same order; None where that is not
            wanted.
        subgraph_requests: For one request, when nothing else is under way.
        subgraph_rounds: Subgraph requests of it that had to wait for others, longest chain.
        answer_bytes: Of one answer.
        peak_megabytes: Resident, while this row was measured.
    """

    gateway: str
    connections: int
    rounds: tuple[Round, ...]
    answer_bytes: int
    subgraph_requests: int
    subgraph_rounds: int
    peak_megabytes: float
    gives_the_same: bool | None = None

    @property
    def best(self) -> Round:
        """The best of each figure, whichever round had it."""
        return Round(
            max(each.requests_per_second for each in self.rounds),
            min(each.p50_ms for each in self.rounds),
            min(each.p99_ms for each in self.rounds),
            min(each.cpu_ms for each in self.rounds),
        )


def cpu_ratios(rows: Iterable[Row], gateway: str, base: str) -> dict[int, float]:
    """CPU for each request of one gateway to that of another, by the number of connections."""
    found = {(row.gateway, row.connections): row.best.cpu_ms for row in rows}
    return {
        connections: cpu / found[base, connections]
        for (name, connections), cpu in found.items()
        if name == gateway and (base, connections) in found
    }


def grown(stored: Mapping[int, float], measured: Mapping[int, float]) -> dict[int, float]:
    """Growth of each ratio beyond what is tolerated, by the number of connections.

    Args:
        stored: Ratios of the last stored measurement.
        measured: Those of now; only what stands in both is compared.

    Returns:
        0.25 for a ratio that is a quarter larger; nothing for one within bounds.
    """
    growth = {at: measured[at] / stored[at] - 1 for at in stored.keys() & measured.keys()}
    return {at: growth[at] for at in sorted(growth) if growth[at] > TOLERATED_GROWTH}


def pooled(first: Iterable[Row], second: Iterable[Row]) -> list[Row]:
    """The rows of the second measurement, with the rounds that each had in the first as well."""
    before = {(row.gateway, row.connections): row.rounds for row in first}
    return [
        msgspec.structs.replace(
            row, rounds=(*before.get((row.gateway, row.connections), ()), *row.rounds)
        )
        for row in second
    ]

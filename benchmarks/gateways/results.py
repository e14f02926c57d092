"""Results on disk: one file for each run, under `benchmarks/results`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from benchmarks.gateways.figures import Row
from benchmarks.gateways.machine import ROOT

FOLDER = ROOT / "benchmarks" / "results"


class MeasuredTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table as it was measured.

    Attributes:
        base: The gateway that ratios are to.
        left_out: Why, by the name of each gateway that was not measured.
    """

    title: str
    base: str
    delay_ms: float
    rows: tuple[Row, ...]
    left_out: Mapping[str, str] = {}


class Run(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run of some tables or all.

    Attributes:
        at: When it began, UTC, as in ISO 8601.
        commit: Of the checkout, with `+` where files differed from it.
        load_average: Of the last minute, before and after: what else the machine did.
        seconds: Of each round.
    """

    at: str
    commit: str
    machine: Mapping[str, str | int]
    versions: Mapping[str, str]
    load_average: tuple[float, float]
    rounds: int
    seconds: float
    tables: Mapping[str, MeasuredTable]


def store(run: Run, folder: Path = FOLDER) -> Path:
    """Write a run; the file's name begins with its time, so that names sort by it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{run.at.replace(':', '')}-{run.commit.rstrip('+') or 'unknown'}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n")
    return file


def load_runs(folder: Path = FOLDER) -> list[Run]:
    """All stored runs, the last one first."""
    files = sorted(folder.glob("*.json"), reverse=True)
    return [msgspec.json.decode(file.read_bytes(), type=Run) for file in files]


def last_with(runs: list[Run], key: str, *gateways: str) -> Run | None:
    """The last run in which these gateways were measured for a table."""
    for run in runs:
        table = run.tables.get(key)
        if table and set(gateways) <= {row.gateway for row in table.rows}:
            return run
    return None

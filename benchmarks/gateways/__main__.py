"""Measure tables, store what was found, and print it as Markdown.

    .venv/bin/python -m benchmarks.gateways [--only heavy,small] [--rounds 3] [--seconds 3]
    .venv/bin/python -m benchmarks.gateways --show

Every gateway has the first processor, load and subgraphs have the last one; gateways of one table
are loaded in turn, round by round, and the best round counts. What is not installed is left out and
named (`make peers` installs it).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.gateways.machine import commit, machine, versions, why_not
from benchmarks.gateways.markdown import print_last, print_table
from benchmarks.gateways.measuring import Effort, Measuring, estimate
from benchmarks.gateways.peers import CRATES, NODE, default_folder
from benchmarks.gateways.processes import NotStarted
from benchmarks.gateways.results import FOLDER, MeasuredTable, Run, load_runs, store
from benchmarks.gateways.tables import Table, tables


def main() -> int:
    """0 when every table has figures."""
    options = _options()
    if options.show:
        print(print_last(load_runs(options.results)))
        return 0
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        return 0
    # Not /tmp, which may be memory: the audit trail waits for the disk.
    with tempfile.TemporaryDirectory(prefix="datong-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        chosen = _chosen(tables(folder), options.only)
        effort = Effort(options.rounds, options.seconds, options.warm)
        print(
            f"{len(chosen)} tables, about {estimate(chosen, effort) / 60:.0f} minutes if all is"
            f" installed in {options.peers}",
            flush=True,
        )
        try:
            for run in _runs(chosen, Measuring(effort, options.peers, folder, _tell), options):
                # After each table, so that a run that is broken off was not for nothing.
                file = store(run, options.results)
        except NotStarted as fault:
            sys.exit(f"the subgraphs did not start: {fault}")
    for table in run.tables.values():
        print("\n" + print_table(table))
    print(f"stored as {file}")
    return 0 if all(table.rows for table in run.tables.values()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Gateways side by side.")
    parser.add_argument("--only", default="", help="keys of tables, with commas between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--warm", type=float, default=4.0, help="seconds before the first round")
    parser.add_argument("--peers", type=Path, default=default_folder(), help="gateways of others")
    parser.add_argument("--results", type=Path, default=FOLDER, help="folder of stored results")
    parser.add_argument("--show", action="store_true", help="print what was stored last")
    return parser.parse_args()


def _chosen(all_: list[Table], only: str) -> list[Table]:
    if not only:
        return all_
    by_key = {table.key: table for table in all_}
    unknown = [key for key in only.split(",") if key not in by_key]
    if unknown:
        sys.exit(f"no table {', '.join(unknown)}; there are {', '.join(by_key)}")
    return [by_key[key] for key in only.split(",")]


def _runs(chosen: list[Table], measuring: Measuring, options: argparse.Namespace) -> Iterator[Run]:
    """The run as it is after each table."""
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    before, number = os.getloadavg()[0], commit()
    measured: dict[str, MeasuredTable] = {}
    with measuring.subgraphs():
        for place, table in enumerate(chosen, 1):
            _tell(f"[{place}/{len(chosen)}] {table.key}: {table.title}")
            measured[table.key] = measuring.measure(table)
            yield Run(
                at=at,
                commit=number,
                machine=machine(),
                versions=versions(options.peers / name for name in NODE) | _crates(measured),
                load_average=(round(before, 2), round(os.getloadavg()[0], 2)),
                rounds=options.rounds,
                seconds=options.seconds,
                tables=dict(measured),
            )


def _crates(measured: dict[str, MeasuredTable]) -> dict[str, str]:
    names = {row.gateway for table in measured.values() for row in table.rows}
    return {name: crate.version for name, crate in CRATES.items() if name in names}


def _tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

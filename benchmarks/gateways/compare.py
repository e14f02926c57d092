"""The comparison job: has a request become dearer since figures were last stored?

    .venv/bin/python -m benchmarks.gateways.compare [--rounds 6] [--seconds 1.5] [--tries 3]

Measures CPU for each request of the public benchmark, of Datong and of the prototype in turn, and
ends with 1 where the ratio is over a tenth above that of the last stored run. The best round of
each counts, and before it says so it measures again: one disturbed measurement is not enough.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.gateways.figures import TOLERATED_GROWTH, Row, cpu_ratios, grown, pooled
from benchmarks.gateways.machine import machine, why_not
from benchmarks.gateways.markdown import print_run
from benchmarks.gateways.measuring import Effort, Measuring
from benchmarks.gateways.ours import DATONG, PROTOTYPE, datong, prototype
from benchmarks.gateways.peers import default_folder
from benchmarks.gateways.processes import NotStarted
from benchmarks.gateways.results import FOLDER, Run, last_with, load_runs
from benchmarks.gateways.tables import heavy

KEY = "heavy"
CONNECTIONS = (1, 50)


def main() -> int:
    """0 when nothing grew, or nothing can be said."""
    parser = argparse.ArgumentParser(description="CPU per request against the last stored ratio.")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each round")
    parser.add_argument("--tries", type=int, default=3, help="measurements before it fails")
    parser.add_argument("--results", type=Path, default=FOLDER, help="folder of stored results")
    options = parser.parse_args()
    last = last_with(load_runs(options.results), KEY, DATONG, PROTOTYPE)
    reason = why_not() or ("" if last else "no stored run has Datong and the prototype")
    if reason or last is None:
        print(f"skipped: {reason}")
        return 0
    print(f"last stored: {print_run(last)}", flush=True)
    if last.machine["processor"] != machine()["processor"]:
        print("That was another processor: even the ratio may differ.", flush=True)
    effort = Effort(options.rounds, options.seconds, warm_seconds=2.0)
    try:
        return compare(last, effort, options.tries)
    except NotStarted as fault:
        sys.exit(f"the subgraphs did not start: {fault}")


def compare(last: Run, effort: Effort, tries: int) -> int:
    """The exit code."""
    stored = cpu_ratios(last.tables[KEY].rows, DATONG, PROTOTYPE)
    rows: list[Row] = []
    for number in range(1, tries + 1):
        rows = pooled(rows, _measured(effort))
        measured = cpu_ratios(rows, DATONG, PROTOTYPE)
        if not measured:
            print("skipped: Datong and the prototype were not both measured")
            return 0
        for at in sorted(stored.keys() & measured.keys()):
            print(
                f"{at} connections: {measured[at]:.2f} times the prototype's CPU,"
                f" stored {stored[at]:.2f}: {measured[at] / stored[at] - 1:+.0%}",
                flush=True,
            )
        if not grown(stored, measured):
            return 0
        print(f"try {number} of {tries}: grown by more than {TOLERATED_GROWTH:.0%}", flush=True)
    return 1


def _measured(effort: Effort) -> tuple[Row, ...]:
    table = replace(heavy(), gateways=(prototype(), datong()), connections=CONNECTIONS)
    with tempfile.TemporaryDirectory(prefix="datong-bench-") as folder:
        measuring = Measuring(effort, default_folder(), Path(folder), print)
        with measuring.subgraphs():
            return measuring.measure(table).rows


if __name__ == "__main__":
    sys.exit(main())

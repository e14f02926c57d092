"""Requests per second and CPU per request of the gateway, beside a hard-coded prototype.

    .venv/bin/python benchmarks/gateway.py [--rounds 2] [--seconds 3] [--delay-ms 0]

The public benchmark of federation gateways: one query, 87 kB answer, four subgraphs that answer
from memory. Its scenario, its load driver and the prototype stand in the folder `shared/bench`
beside the checkout; without that, or without `wrk`, nothing is measured. Gateways are loaded in
turn, each with one process on the first CPU; what counts is the ratio of one run, not the figures
of one machine.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BENCH = ROOT.parent / "shared" / "bench"


def main() -> int:
    """Run the comparison; the answer is the exit code."""
    parser = argparse.ArgumentParser(description="The gateway beside the prototype.")
    parser.add_argument("--rounds", default="2")
    parser.add_argument("--seconds", default="3")
    parser.add_argument("--connections", default="1,50")
    parser.add_argument("--delay-ms", default="0", help="time that every subgraph takes")
    options = parser.parse_args()
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        return 0
    general = "DATONG_SUBGRAPHS_HTTP_CLIENT=general"
    sharing = "DATONG_HTTP_SHARE_EQUAL_QUERIES=true"
    serve = f"{sys.executable} -m federation.cli serve --supergraph {{sg}} --access open --port"
    command = [
        sys.executable, "-B", str(BENCH / "bench.py"), "--python", sys.executable, "--warm", "3",
        "-r", options.rounds, "-d", options.seconds, "-c", options.connections,
        "--delay-ms", options.delay_ms,
        f"prototype=14110=exec {sys.executable} -B {{here}}/gw.py uvicorn raw V3 14110",
        f"datong=14120=cd {ROOT} && exec {serve} 14120",
        f"equal queries shared=14122=cd {ROOT} && {sharing} exec {serve} 14122",
        f"general client=14121=cd {ROOT} && {general} exec {serve} 14121",
    ]  # fmt: skip
    return subprocess.run(command, check=False).returncode


def why_not() -> str:
    """What is missing for a measurement; empty if nothing is."""
    if not BENCH.is_dir():
        return "the folder shared/bench is not beside the checkout"
    missing = [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]
    return f"{' and '.join(missing)} not installed" if missing else ""


if __name__ == "__main__":
    sys.exit(main())

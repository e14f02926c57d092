"""Gateways of others: where they come from, and how each is started.

    .venv/bin/python -m benchmarks.gateways.peers [--peers FOLDER] [--routers]

Installs those of npm, and with `--routers` builds those of crates.io, which takes an hour and more.
They go to a folder outside of the checkout, and what is there already stays.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.gateways.processes import Command

_HERE = Path(__file__).parent / "peers"
NODE = ("apollo", "hive")


class Crate(NamedTuple):
    """A gateway of crates.io.

    Attributes:
        program: What is built of it.
        options: For cargo.
    """

    version: str
    program: str
    options: tuple[str, ...] = ()


CRATES = {
    # It builds a page of its own from packages of npm, unless it is to have the common one.
    "hive-router": Crate("0.3.10", "hive_router", ("--features", "graphiql")),
    "apollo-router": Crate("2.17.0", "router"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gateway shall run.

    Attributes:
        peers: Folder that the gateways of others were installed into.
        processors: Numbers of those that it may use.
    """

    port: int
    supergraph: Path
    peers: Path
    processors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gateway:
    """One that is measured.

    Attributes:
        missing: Why it cannot run here; empty if it can.
    """

    name: str
    command: Callable[[Place], Command]
    missing: Callable[[Place], str] = lambda _: ""


def default_folder() -> Path:
    """In the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "datong" / "bench"


def peers() -> Iterator[Gateway]:
    """Those of others."""
    yield Gateway("apollo-gateway", _apollo, _missing_packages("apollo"))
    yield Gateway("hive-gateway --jit", _hive("plain", "--jit"), _missing_packages("hive"))
    yield Gateway("hive-gateway, Rust planner", _hive("rust"), _missing_packages("hive"))
    yield Gateway("hive-router", _hive_router, _missing_program("hive-router"))
    yield Gateway("apollo-router", _apollo_router, _missing_program("apollo-router"))


def _apollo(place: Place) -> Command:
    arguments = ("node", "start.mjs", str(place.port), str(place.supergraph))
    return _of_node(place, "apollo", arguments)


def _hive(configuration: str, *flags: str) -> Callable[[Place], Command]:
    def command(place: Place) -> Command:
        arguments = (
            "node", "node_modules/.bin/hive-gateway", "supergraph", str(place.supergraph), *flags,
            "--host", "127.0.0.1", "--port", str(place.port),
            "--config-path", f"{configuration}.config.mjs",
        )  # fmt: skip
        return _of_node(place, "hive", arguments)

    return command


def _of_node(place: Place, name: str, arguments: tuple[str, ...]) -> Command:
    environment = {"NODE_ENV": "production"}
    return Command(arguments, place.peers / name, environment, place.processors)


def _hive_router(place: Place) -> Command:
    environment = {
        "HOST": "127.0.0.1",
        "PORT": str(place.port),
        "SUPERGRAPH_FILE_PATH": str(place.supergraph),
        "LOG_LEVEL": "error",
    }
    program = str(place.peers / "bin" / "hive_router")
    return Command((program,), _HERE / "hive-router", environment, place.processors)


def _apollo_router(place: Place) -> Command:
    arguments = (
        str(place.peers / "bin" / "router"), "--supergraph", str(place.supergraph),
        "--listen", f"127.0.0.1:{place.port}", "--config", "router.yaml", "--log", "error",
    )  # fmt: skip
    environment = {"APOLLO_TELEMETRY_DISABLED": "true"}
    return Command(arguments, _HERE / "apollo-router", environment, place.processors)


def _missing_packages(name: str) -> Callable[[Place], str]:
    def missing(place: Place) -> str:
        if shutil.which("node") is None:
            return "no Node"
        return "" if _is_installed(place.peers, name) else "not installed, see `make peers`"

    return missing


def _missing_program(crate: str) -> Callable[[Place], str]:
    def missing(place: Place) -> str:
        there = (place.peers / "bin" / CRATES[crate].program).exists()
        return "" if there else "not built, see `make peers`"

    return missing


def _is_installed(folder: Path, name: str) -> bool:
    """Whether the versions that are named here are there."""
    wanted = json.loads((_HERE / name / "package.json").read_text())["dependencies"]
    for package, version in wanted.items():
        file = folder / name / "node_modules" / package / "package.json"
        if not file.exists() or json.loads(file.read_text())["version"] != version:
            return False
    # The scripts are ours and may have changed since.
    shutil.copytree(_HERE / name, folder / name, dirs_exist_ok=True)
    return True


def install_packages(folder: Path, name: str) -> str:
    """Install one of npm; what happened."""
    if _is_installed(folder, name):
        return "is there"
    if shutil.which("npm") is None:
        return "not installed: no npm"
    shutil.copytree(_HERE / name, folder / name, dirs_exist_ok=True)
    return _done(["npm", "install", "--no-audit", "--no-fund"], folder / name)


def build_program(folder: Path, crate: str) -> str:
    """Build one of crates.io; what happened."""
    wanted = CRATES[crate]
    if (folder / "bin" / wanted.program).exists():
        return "is there"
    if shutil.which("cargo") is None:
        return "not built: no cargo"
    named = ("--version", wanted.version, "--locked", *wanted.options, "--root", str(folder))
    return _done(["cargo", "install", crate, *named], folder)


def _done(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "done" if done.returncode == 0 else f"failed: {done.stderr.strip()[-500:]}"


def main() -> int:
    """0 when all that was asked for is there."""
    parser = argparse.ArgumentParser(description="Install the gateways of others.")
    parser.add_argument("--peers", type=Path, default=default_folder(), help="where to")
    parser.add_argument("--routers", action="store_true", help="build those of crates.io, too")
    options = parser.parse_args()
    folder: Path = options.peers
    folder.mkdir(parents=True, exist_ok=True)
    work: list[tuple[str, Callable[[Path, str], str]]]
    work = [(name, install_packages) for name in NODE]
    if options.routers:
        work += [(name, build_program) for name in CRATES]
    is_complete = True
    for at, (name, make) in enumerate(work, 1):
        print(f"[{at}/{len(work)}] {name} in {folder}: ", end="", flush=True)
        outcome = make(folder, name)
        is_complete = is_complete and outcome in {"done", "is there"}
        print(outcome, flush=True)
    return 0 if is_complete else 1


if __name__ == "__main__":
    sys.exit(main())

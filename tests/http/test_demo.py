"""The demo as `make demo` runs it, on the small world."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(240)

COMMAND = [sys.executable, "-m", "federation.cli", "demo", "--size", "small", "--port", "14360"]


def _environment(state: Path) -> dict[str, str]:
    return {**os.environ, "XDG_STATE_HOME": str(state), "COLUMNS": "180"}


def _processes_of(state: Path) -> list[str]:
    """Commands still running whose environment names this demo's state."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(state).encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def _verify_audit(state: Path, said: str) -> str:
    """What the command prints that the demo names."""
    config = next(line.split()[1] for line in said.splitlines() if "--config " in line)
    assert config.endswith("datong.toml"), config
    verify = [sys.executable, "-m", "federation.cli", "audit", "verify", "--config", config]
    return subprocess.run(
        verify, env=_environment(state), capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("opa", ["embedded", "server"])
def test_every_story_comes_out_right_and_nothing_keeps_running(tmp_path: Path, opa: str) -> None:
    if opa == "server" and not (Path.home() / "go" / "bin" / "opa").exists():
        pytest.skip("no OPA binary")

    done = subprocess.run(
        [*COMMAND, "--once", "--opa", opa],
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("right") == 9
    assert "WRONG" not in done.stdout
    assert "The page" not in done.stderr
    assert _processes_of(tmp_path) == []
    modes = {file.name: file.stat().st_mode & 0o077 for file in tmp_path.rglob("*.pem")}
    verified = _verify_audit(tmp_path, done.stderr)
    closed = {line.split()[0]: line.split()[3] for line in verified.splitlines()[1:]}
    assert closed.pop("register") == "never"
    assert list(closed.values()) == ["yes"]
    assert modes == {"issuer.pem": 0, "consent.pem": 0, "context.pem": 0, "head.pem": 0}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ending_the_demo_ends_everything_it_started(tmp_path: Path, ending: signal.Signals) -> None:
    log = tmp_path / "said"
    with log.open("wb") as said:
        process = subprocess.Popen(
            COMMAND, env=_environment(tmp_path), stdout=subprocess.DEVNULL, stderr=said
        )
    until = time.monotonic() + 100
    while "Ctrl-C" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.2)
    assert "where CALLER is one of" in log.read_text()
    running = _processes_of(tmp_path)

    process.send_signal(ending)
    process.wait(20)

    assert len(running) > 9
    until = time.monotonic() + 10
    while left := _processes_of(tmp_path):
        assert time.monotonic() < until, left
        time.sleep(0.2)


def test_a_database_that_does_not_answer_is_told_of(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--once", "--database", "postgresql://nobody@127.0.0.1:1/none"],
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "error: the database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr

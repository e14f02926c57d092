"""No answer lacks its record, whoever is killed; without an audit trail there are no answers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from federation.audit import RecordKind, key_id
from federation.gateway.audit.keys import head_key
from federation.gateway.audit.read import read_trail, verify_all
from federation.gateway.audit.search import Wanted, search
from tests.support import served as served_gateway
from tests.support.served import Served, serving, subgraph_list
from tests.support.slow_subgraph import SDL, SlowSubgraph, slow_subgraph
from tests.unit.world.conftest import postgresql_server

__all__ = ["postgresql_server"]

# `make prove` kills much more often, and on every arrangement.
KILLS = max(int(os.environ.get("DATONG_KILLS", "1")) // 5, 1)
ARRANGEMENTS = ["sqlite 2"]
if "DATONG_KILLS" in os.environ:
    ARRANGEMENTS += ["sqlite 1", "postgresql 2"]


@pytest.fixture(scope="module")
def subgraph() -> Iterator[SlowSubgraph]:
    with slow_subgraph() as running:
        yield running


class Clients:
    """Clients that ask without a pause, and note the ids of the answers that they had whole."""

    def __init__(self, served: Served, count: int = 3) -> None:
        self._served = served
        self._ended = threading.Event()
        self.answered: list[str] = []
        self.codes: set[str] = set()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError, HTTPException, urllib.error.URLError, json.JSONDecodeError):
                reply = self._served.post("{ quick }")
                if reply.status == 200 and reply.json == {"data": {"quick": "done"}}:
                    self.answered.append(reply.headers["datong-request"])
                else:
                    self.codes.add(reply.code)
                    assert "data" not in reply.json
                    time.sleep(0.3)

    def wait_for(self, count: int) -> None:
        """Until so many answers more have come."""
        wanted, until = len(self.answered) + count, time.monotonic() + 60
        while len(self.answered) < wanted:
            assert time.monotonic() < until, f"answers have ceased: {self.codes}"
            time.sleep(0.01)

    def end(self) -> None:
        """Let nobody ask any more."""
        self._ended.set()
        for thread in self._threads:
            thread.join(25)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def _kill_writer(served: Served) -> None:
    for child in _children(served.process.pid):
        if "audit_writer" in _command(child):
            os.kill(child, signal.SIGKILL)


def _kill_everything(served: Served) -> None:
    """The first process dies last, so that nobody has time to end in order."""
    for child in [*_children(served.process.pid), served.process.pid]:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    served.process.wait(20)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """URL of an empty trail, and the number of workers."""
    kind, workers = request.param.split()
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'audit.sqlite'}", int(workers)
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"audit_{uuid4().hex[:8]}"

    async def execute(statement: str) -> None:
        connection = await asyncpg.connect(server)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(execute(f"CREATE DATABASE {name}"))
    url = make_url(server).set(database=name)
    yield url.render_as_string(hide_password=False), int(workers)
    asyncio.run(execute(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux to find children")
@pytest.mark.timeout(150 + 40 * KILLS)
@pytest.mark.parametrize("database", ARRANGEMENTS, indirect=True)
def test_no_answer_lacks_its_record_whoever_is_killed(
    database: tuple[str, int],
    tmp_path: Path,
    subgraph: SlowSubgraph,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Three processes start, over and over, on machines that may be busy.
    monkeypatch.setattr(served_gateway, "START_SECONDS", 90)
    url, workers = database
    key_file = str(tmp_path / "head.pem")
    file = subgraph_list(tmp_path, [("a", subgraph.url, SDL)])
    arguments = ("--subgraphs", str(file), "--access", "open", "--workers", str(workers))
    environment = {"DATONG_AUDIT_DATABASE": url, "DATONG_AUDIT_HEAD_KEY_FILE": key_file}
    answered: list[str] = []
    for turn in range(KILLS):
        with serving(*arguments, environment=environment) as served:
            clients = Clients(served)
            try:
                clients.wait_for(20)
                if url.startswith("sqlite") and workers > 1:
                    _kill_writer(served)
                    # It comes back by itself, and so do answers.
                    clients.wait_for(20 + 7 * turn % 60)
                time.sleep(0.013 * (turn % 17))
                _kill_everything(served)
            finally:
                clients.end()
        answered += clients.answered
        assert clients.codes <= {"AUDIT_UNAVAILABLE"}

    key = head_key(key_file).public_key()
    releases = Wanted(kinds=frozenset({RecordKind.RELEASE}))
    report, recorded = asyncio.run(
        read_trail(
            url,
            lambda trail: (
                verify_all(trail, {key_id(key): key}),
                {each.record.request_id for each in search(trail, releases)},
            ),
        )
    )
    assert report.is_whole, report
    assert len(answered) >= 20 * KILLS
    assert set(answered) <= recorded

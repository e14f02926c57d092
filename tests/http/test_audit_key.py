"""A gateway whose `audit.key_file` was changed says so, and its workers never use two keys."""

from __future__ import annotations

import os
import re
import secrets
import signal
from pathlib import Path

import pytest

from tests.http.test_audit_crashes import _children, _command
from tests.http.test_revocation import _read_until
from tests.support.served import Served, serving, subgraph_list
from tests.support.slow_subgraph import SDL, slow_subgraph

pytestmark = pytest.mark.timeout(120)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux to find children")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_changed_key_is_told_once_and_never_used_beside_the_old_one(
    tmp_path: Path, workers: str
) -> None:
    key = tmp_path / "audit.key"
    environment = {
        "DATONG_AUDIT_DATABASE": f"sqlite:///{tmp_path / 'audit.sqlite'}",
        "DATONG_AUDIT_HEAD_KEY_FILE": str(tmp_path / "head.pem"),
        "DATONG_AUDIT_KEY_FILE": str(key),
    }
    with slow_subgraph() as subgraph:
        file = subgraph_list(tmp_path, [("a", subgraph.url, SDL)])
        arguments = ("--subgraphs", str(file), "--access", "open", "--workers", workers)
        with serving(*arguments, environment=environment) as first:
            assert first.post("{ quick }").status == 200
        _change(key)
        with serving(*arguments, environment=environment) as second:
            assert second.post("{ quick }").status == 200
            if workers == "2":
                _change(key)
                os.kill(_a_worker(second), signal.SIGKILL)
                _read_until(second, "holds another key than when this gateway was started")
                assert second.post("{ quick }").status == 200

    assert [said.count("keep that one too") for said in (first.said, second.said)] == [0, 1]


def _change(key: Path) -> None:
    key.write_bytes(secrets.token_bytes(32))


def _a_worker(served: Served) -> int:
    children = _children(served.process.pid)
    return next(pid for pid in children if re.search("spawn_main", _command(pid)))

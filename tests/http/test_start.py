"""Starting a gateway over departments that check its signature from the first request on."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.served import serving, subgraph_list

pytestmark = pytest.mark.timeout(90)


def test_departments_may_take_the_keys_from_the_gateway_they_hand_their_sdl_to(
    tmp_path: Path,
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "said"
    with log.open("wb") as said:
        department = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "subgraphs",
                "natural_resources",
                "--port",
                "0",
                "--size",
                "small",
            ],
            stderr=said,
            env={
                **os.environ,
                "DATONG_CONTEXT_JWKS": f"http://127.0.0.1:{port}/.well-known/jwks.json",
            },
        )
    try:
        while not (found := re.search(r"natural_resources: (http://\S+)", log.read_text())):
            assert department.poll() is None, log.read_text()
        arguments = (
            "--subgraph",
            f"natural_resources={found[1]}",
            "--access",
            "open",
            "--port",
            str(port),
        )
        with serving(*arguments) as served:
            reply = served.post('{ region(code: "990102") { code } }')
    finally:
        department.terminate()
        department.wait(10)

    assert reply.json == {"data": {"region": {"code": "990102"}}}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_gateway_says_why_it_cannot_use_its_audit_database(tmp_path: Path, workers: str) -> None:
    (tmp_path / "audit.sqlite").write_text("no database at all")
    file = subgraph_list(tmp_path, [("a", "http://127.0.0.1:9/graphql", "type Query { a: Int }")])
    arguments = ("--subgraphs", str(file), "--access", "open", "--workers", workers)
    environment = {"DATONG_AUDIT_DATABASE": f"sqlite:///{tmp_path / 'audit.sqlite'}"}

    with (
        pytest.raises(AssertionError, match="cannot be used: file is not a database") as told,
        serving(*arguments, environment=environment),
    ):
        pass

    assert "Traceback" not in str(told.value)
    assert "GraphQL at" not in str(told.value)


@pytest.mark.parametrize("workers", ["1", "3"])
def test_the_address_is_told_once(tmp_path: Path, workers: str) -> None:
    file = subgraph_list(tmp_path, [("a", "http://127.0.0.1:9/graphql", "type Query { a: Int }")])
    arguments = ("--subgraphs", str(file), "--access", "open", "--workers", workers)
    environment = {"DATONG_AUDIT_DATABASE": f"sqlite:///{tmp_path / 'audit.sqlite'}"}

    with serving(*arguments, environment=environment) as served:
        pass

    assert served.said.count("GraphQL at") == 1

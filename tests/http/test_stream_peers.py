"""Subscriptions between the npm packages graphql-sse (client) and graphql-ws or graphql-sse."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.npm_peers import npm_peers
from tests.support.served import serving, subgraph_list

PACKAGES = ("graphql-sse@2.6.1", "graphql-ws@6.4.2", "ws@8.23.0", "graphql@16")
SCRIPT = Path(__file__).with_name("stream_peers.mjs")
SDL = "type Query { nothing: Int } type Subscription { count(to: Int!): Int fail: Int }"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("protocol", ["websocket", "sse"])
def test_other_implementations_understand_the_gateway(tmp_path: Path, protocol: str) -> None:
    node, folder = npm_peers("streams", PACKAGES, SCRIPT)
    with subprocess.Popen(
        [*node, SCRIPT.name], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as peer:
        try:
            assert peer.stdin is not None
            assert peer.stdout is not None
            port = int(peer.stdout.readline())
            file = subgraph_list(tmp_path, [("a", f"http://127.0.0.1:{port}/graphql", SDL)])
            environment = {"DATONG_SUBSCRIPTIONS_PROTOCOL": protocol}
            with serving(
                "--subgraphs", str(file), "--access", "open", environment=environment
            ) as served:
                peer.stdin.write(f"{served.url}/graphql\n")
                peer.stdin.flush()
                found = json.loads(peer.stdout.readline())
        finally:
            peer.kill()

    assert found["whole"] == [{"data": {"count": number}} for number in range(1, 5)]
    assert found["cut"] == [{"data": {"count": 1}}, {"data": {"count": 2}}]
    assert found["failed"][0]["data"] == {"fail": None}
    assert found["failed"][0]["errors"]
    assert found["invalid"][0]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert found["query"] == [{"data": {"__typename": "Query"}}]
    assert found["cancelled"] == 2

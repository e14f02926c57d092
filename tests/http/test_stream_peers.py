"""Subscriptions between the npm packages graphql-sse (client) and graphql-ws or graphql-sse."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from federation.console.build import PageNotBuilt, find_node
from tests.support.served import serving, subgraph_list

PACKAGES = ("graphql-sse@2.6.1", "graphql-ws@6.4.2", "ws@8.23.0", "graphql@16")
SCRIPT = Path(__file__).with_name("stream_peers.mjs")
SDL = "type Query { nothing: Int } type Subscription { count(to: Int!): Int fail: Int }"


def _peers() -> tuple[list[str], Path]:
    try:
        node, npm = find_node()
    except PageNotBuilt as missing:
        pytest.skip(str(missing))
    home = os.environ.get("XDG_CACHE_HOME")
    base = Path(home) if home else Path.home() / ".cache"
    folder = base / "datong" / "-".join(["streams", *(each.split("@")[1] for each in PACKAGES)])
    if not (folder / "node_modules" / "graphql-sse").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        install = [*npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES]
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot install the peers: {done.stderr.strip()[-200:]}")
    shutil.copy(SCRIPT, folder / SCRIPT.name)
    return node, folder


@pytest.mark.timeout(120)
@pytest.mark.parametrize("protocol", ["websocket", "sse"])
def test_other_implementations_understand_the_gateway(tmp_path: Path, protocol: str) -> None:
    node, folder = _peers()
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

"""The audit suite of the npm package `graphql-http`, against a served gateway."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from federation.console.build import PageNotBuilt, find_node
from tests.support.served import serving, subgraph_list

VERSION = "1.23.1"
SCRIPT = """
import { auditServer } from "graphql-http";
const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
const brief = ({ id, name, status, reason }) => ({ id, name, status, reason });
console.log(JSON.stringify(results.map(brief)));
"""


def _package() -> tuple[list[str], Path]:
    try:
        node, npm = find_node()
    except PageNotBuilt as missing:
        pytest.skip(str(missing))
    home = os.environ.get("XDG_CACHE_HOME")
    base = Path(home) if home else Path.home() / ".cache"
    folder = base / "datong" / f"graphql-http-{VERSION}"
    if not (folder / "node_modules" / "graphql-http").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        packages = [f"graphql-http@{VERSION}", "graphql@16"]
        install = [*npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *packages]
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot install graphql-http: {done.stderr.strip()[-200:]}")
    (folder / "audit.mjs").write_text(SCRIPT)
    return node, folder


@pytest.mark.timeout(120)
def test_every_audit_of_graphql_over_http_passes(tmp_path: Path) -> None:
    node, folder = _package()
    file = subgraph_list(
        tmp_path, [("a", "http://127.0.0.1:9/graphql", "type Query { hello: String }")]
    )

    with serving("--subgraphs", str(file), "--access", "open") as served:
        done = subprocess.run(
            [*node, "audit.mjs", f"{served.url}/graphql"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )

    results = json.loads(done.stdout)
    assert len(results) > 50
    assert [result for result in results if result["status"] != "ok"] == []

"""What is not configured is not imported: a gateway keeps every module for all its life."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.demo_schema import demo_supergraph
from tests.support.served import serving

pytestmark = pytest.mark.timeout(90)

# Megabytes of a process that has neither an audit trail, nor policies, nor the general client.
UNUSED = frozenset(
    {
        "aiocache",
        "aiohttp",
        "aiosqlite",
        "asyncpg",
        "federation.cli.audit",
        "federation.cli.policy",
        "federation.composition",
        "federation.gateway.audit.database",
        "federation.gateway.engines",
        "federation.gateway.policy_store",
        "federation.subgraph",
        "opa_client",
        "prometheus_client",
        "redis",
        "regorus",
        "rich",
        "sqlalchemy",
        "sqlite3",
    }
)


def test_what_is_not_configured_is_not_imported(tmp_path: Path) -> None:
    supergraph = tmp_path / "supergraph.graphql"
    supergraph.write_text(demo_supergraph())

    with serving(
        "--supergraph",
        str(supergraph),
        "--access",
        "open",
        environment={"PYTHONPROFILEIMPORTTIME": "1"},
    ) as served:
        assert served.post("{ __typename }").json == {"data": {"__typename": "Query"}}
        said = served.stop()

    imported = {
        line.rpartition("|")[2].strip()
        for line in said.splitlines()
        if line.startswith("import time:")
    }
    assert "federation.gateway.pipeline" in imported
    assert imported & UNUSED == set()

"""Responses in parts as the npm package @apollo/client reads them, in both formats."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.http.test_incremental_delivery import ROWS, SDLS
from tests.support.npm_peers import npm_peers
from tests.support.parted_gateway import parted_gateway

PACKAGES = ("@apollo/client@4.3.8", "graphql@16", "rxjs@7")
SCRIPT = Path(__file__).with_name("incremental_peers.mjs")


@pytest.mark.timeout(120)
async def test_apollo_client_shows_part_by_part_what_is_there() -> None:
    node, folder = await asyncio.to_thread(npm_peers, "incremental", PACKAGES, SCRIPT)
    async with parted_gateway(SDLS, ROWS) as gateway:
        peer = await asyncio.create_subprocess_exec(
            *node, SCRIPT.name, gateway.url, cwd=folder, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await peer.communicate()

    shown = json.loads(said)
    assert shown["current"] == shown["earlier"]
    first, *_, last = shown["current"]
    person = {"__typename": "Person", "id": "0", "name": "n0"}
    assert first == {"me": person, "all": _rates(1)}
    assert last == {"me": {**person, "income": 0, "blood": "b0"}, "all": _rates(4)}


def _rates(count: int) -> list[dict[str, Any]]:
    return [{"__typename": "Person", "id": str(at), "rate": f"r{at}"} for at in range(count)]

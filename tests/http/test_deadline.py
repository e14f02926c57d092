"""What the deadline of a request cuts off, and what it does not."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from federation.audit import AuditRecord
from federation.gateway.settings import Config, Http
from tests.http.test_incremental_delivery import ROWS, SDLS
from tests.support.parted_gateway import parted_gateway


@pytest.mark.parametrize("query", ["{ nobody }", "mutation { nobody }"])
async def test_a_refusal_that_takes_long_to_record_is_told_all_the_same(query: str) -> None:
    config = Config(http=Http(deadline_seconds=0.1))
    async with parted_gateway(SDLS, ROWS, config) as gateway, aiohttp.ClientSession() as client:
        append = gateway.records.append

        async def slowly(record: AuditRecord, _: str | None = None) -> None:
            await asyncio.sleep(0.3)
            await append(record)

        gateway.records.append = slowly  # type: ignore[method-assign]

        async with client.post(gateway.url, json={"query": query}) as response:
            answer = json.loads(await response.read())

    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert [each.outcome.value for each in gateway.records.all] == ["refused"]

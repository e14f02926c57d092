"""The audit sink on a real PostgreSQL server, where every worker writes a chain of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from federation.gateway.audit_keys import head_key
from federation.gateway.audit_read import verify_trail
from federation.gateway.audit_store import open_audit_store
from tests.unit.audit.test_store import KEY, KEYS, TEXT, record


@pytest.fixture
async def database(postgresql_server: str) -> AsyncIterator[str]:
    """URL of an empty database that goes away with the test."""
    name = f"audit_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(postgresql_server)
    await connection.execute(f"CREATE DATABASE {name}")
    yield make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def test_workers_that_start_together_write_whole_chains_side_by_side(database: str) -> None:
    async def worker(name: str, count: int) -> None:
        async with open_audit_store(database, KEY, name) as store:
            await asyncio.gather(*(store.append(record(f"{name}-{n}"), TEXT) for n in range(count)))

    await asyncio.gather(worker("one", 30), worker("two", 50), worker("three", 70))

    report = await verify_trail(database, KEYS)
    assert report.is_whole, report
    assert sorted((c.entries, c.proven, c.closed) for c in report.chains) == [
        (30, 30, True),
        (50, 50, True),
        (70, 70, True),
    ]


async def test_a_living_chain_stays_open_when_another_worker_starts(database: str) -> None:
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(open_audit_store(database, KEY, "one"))
        await one.append(record("a"))
        two = await stack.enter_async_context(open_audit_store(database, KEY, "two"))
        await two.append(record("b"))
        await one.append(record("c"))

        report = await verify_trail(database, KEYS)
        assert report.is_whole
        assert [chain.closed for chain in report.chains] == [False, False]


async def test_a_changed_record_is_found(database: str) -> None:
    async with open_audit_store(database, KEY, "one") as store:
        await asyncio.gather(*(store.append(record(f"r{n}")) for n in range(5)))
    connection = await asyncpg.connect(database)
    await connection.execute(
        "UPDATE audit_entry SET body = body || 'x' WHERE sequence = 3 AND chain != 'register'"
    )
    await connection.close()

    report = await verify_trail(database, KEYS)

    assert [str(f).split(" ", 1)[1] for c in report.chains for f in c.faults] == [
        "entry 3: changed"
    ]


async def test_heads_by_an_unknown_key_prove_nothing(database: str) -> None:
    async with open_audit_store(database, head_key(""), "stranger") as store:
        await store.append(record("r"))

    report = await verify_trail(database, KEYS)

    assert not report.is_whole
    assert [chain.proven for chain in report.chains] == [0]

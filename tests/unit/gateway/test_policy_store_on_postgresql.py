"""The policy store on a real PostgreSQL server, with several processes at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from federation.gateway.lease import Lease, Membership, wait_for_all
from federation.gateway.policy_store import (
    Member,
    PolicyStoreUnavailable,
    RevokedGrant,
    Shared,
    open_policy_store,
    read_shared,
)


@pytest.fixture
async def database(postgresql_server: str) -> AsyncIterator[str]:
    """URL of an empty database that goes away with the test."""
    name = f"policy_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(postgresql_server)
    await connection.execute(f"CREATE DATABASE {name}")
    yield make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def reload() -> str:
    return ""


async def test_processes_that_start_together_all_apply_every_revocation(database: str) -> None:
    applied: dict[str, list[Shared]] = {"one": [], "two": [], "three": []}
    async with AsyncExitStack() as stack:
        opening = (stack.enter_async_context(open_policy_store(database)) for _ in range(4))
        stores = await asyncio.gather(*opening)
        for name, store in zip(applied, stores, strict=False):
            lease = Lease()
            lease.know(await store.read())

            async def apply(shared: Shared, name: str = name) -> None:
                applied[name].append(shared)

            await stack.enter_async_context(Membership(store, name, lease, apply, reload).held())
        revoker = stores[-1]
        await revoker.renew(Member("silent", 0, 0))

        grants = [RevokedGrant("bank", "Citizen.name", f"g{number}") for number in range(5)]
        numbers = await asyncio.gather(*(revoker.revoke_grant(grant) for grant in grants))
        silent = await wait_for_all(revoker, max(numbers))

    assert sorted(numbers) == [1, 2, 3, 4, 5]
    assert [each.name for each in silent] == ["silent"]
    assert {name: seen[-1].grants for name, seen in applied.items()} == dict.fromkeys(
        applied, frozenset(grants)
    )


async def test_whoever_only_reads_makes_no_tables(database: str) -> None:
    grant = RevokedGrant("bank", "Citizen.name", "loan")
    for _ in range(2):
        with pytest.raises(PolicyStoreUnavailable, match="never used"):
            await read_shared(database)
    async with open_policy_store(database) as store:
        await store.revoke_grant(grant)

    assert await read_shared(database) == Shared(1, 0, frozenset({grant}), frozenset())

"""Revocations and leases on a SQLite store: who may decide, and when a revocation is complete."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from federation.errors import PolicyUnavailable
from federation.gateway.lease import Lease, Membership, wait_for_all
from federation.gateway.policy_store import (
    LEASE_SECONDS,
    Member,
    PolicyStore,
    PolicyStoreUnavailable,
    RevokedGrant,
    Shared,
    open_policy_store,
)

GRANT = RevokedGrant("bank", "Citizen.name", "loan")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[PolicyStore]:
    async with open_policy_store(f"sqlite:///{tmp_path / 'policy.sqlite'}") as opened:
        yield opened


async def nothing(_: Shared) -> None:
    """Applies a revocation at once."""


async def reload() -> str:
    return ""


async def test_what_is_revoked_stays_so_for_who_opens_the_store_later(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'policy.sqlite'}"
    async with open_policy_store(url) as store:
        assert [await store.revoke_grant(GRANT), await store.revoke_grant(GRANT)] == [1, 2]
        assert await store.revoke_consent("c1") == 3
    async with open_policy_store(url) as store:
        shared = await store.read()

    assert shared == Shared(3, 0, frozenset({GRANT}), frozenset({"c1"}))


async def test_a_lease_is_renewed_only_to_who_has_applied_everything(store: PolicyStore) -> None:
    await store.renew(Member("one", 0, 0))
    number = await store.revoke_grant(GRANT)
    before = time.monotonic()
    while (await store.members())[0].is_alive:
        # It asks again and again, and has not caught up.
        await store.renew(Member("one", 0, 0))
        await asyncio.sleep(0.05)
    assert time.monotonic() - before <= LEASE_SECONDS + 0.5

    await store.renew(Member("one", number, 0))
    assert (await store.members())[0].is_alive


async def test_a_revocation_waits_for_who_answers_and_for_leases_of_who_does_not(
    store: PolicyStore,
) -> None:
    lease, applied = Lease(), asyncio.Event()
    lease.know(await store.read())

    async def apply(_: Shared) -> None:
        applied.set()

    await store.renew(Member("silent", 0, 0))
    async with Membership(store, "one", lease, apply, reload).held():
        lease.check()
        started = time.monotonic()
        silent = await wait_for_all(store, await store.revoke_consent("c1"))
        took = time.monotonic() - started

    assert applied.is_set()
    assert lease.consents == {"c1"}
    assert [each.name for each in silent] == ["silent"]
    assert took <= LEASE_SECONDS + 0.5
    assert [each.name for each in await store.members()] == ["silent"]


def test_a_process_that_was_stopped_finds_its_lease_over() -> None:
    now = 0.0
    lease = Lease(lambda: now)
    with pytest.raises(PolicyUnavailable):
        lease.check()
    lease.renew(asked_at=0.0)
    now = LEASE_SECONDS - 0.01
    lease.check()
    now = LEASE_SECONDS
    with pytest.raises(PolicyUnavailable, match="policy store"):
        lease.check()


async def test_a_revocation_that_cannot_be_applied_ends_the_lease(store: PolicyStore) -> None:
    now = 0.0
    lease = Lease(lambda: now)
    lease.know(await store.read())

    async def fail(_: Shared) -> None:
        raise PolicyUnavailable("broken")

    async with Membership(store, "one", lease, fail, reload).held():
        lease.check()
        await store.revoke_grant(GRANT)
        await asyncio.sleep(0.6)
        now = LEASE_SECONDS + 0.1
        with pytest.raises(PolicyUnavailable):
            lease.check()


async def test_a_fault_that_nobody_foresaw_ends_the_lease_and_not_its_renewing(
    store: PolicyStore,
) -> None:
    lease = Lease()
    lease.know(await store.read())
    told: list[str] = []
    is_mended = False

    async def apply(_: Shared) -> None:
        if not is_mended:
            raise KeyError("revocations")

    def tell(error: Exception) -> None:
        told.append(repr(error))

    async with Membership(store, "one", lease, apply, reload, tell).held():
        await store.revoke_grant(GRANT)
        await asyncio.sleep(LEASE_SECONDS + 0.5)
        with pytest.raises(PolicyUnavailable):
            lease.check()
        is_mended = True
        await asyncio.sleep(1)
        lease.check()

    assert told == ["KeyError('revocations')"]


async def test_a_call_to_reload_is_answered_with_what_was_refused(store: PolicyStore) -> None:
    lease = Lease()
    lease.know(await store.read())

    async def refuse() -> str:
        return "no brace"

    async with Membership(store, "one", lease, nothing, refuse).held():
        number = await store.call_for_reload()
        for _ in range(100):
            (member,) = await store.members()
            if member.reloads >= number:
                break
            await asyncio.sleep(0.05)

    assert (member.reloads, member.fault) == (number, "no brace")


async def test_a_store_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyStoreUnavailable):
        async with open_policy_store("mysql://nowhere"):
            pass
    with pytest.raises(PolicyStoreUnavailable):
        async with open_policy_store(f"sqlite:///{tmp_path / 'no' / 'folder'}"):
            pass


async def test_a_store_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "policy.sqlite").write_text("no database at all")

    for url, reason in {
        f"sqlite:///{tmp_path / 'policy.sqlite'}": "file is not a database",
        "postgresql://somebody:secret@127.0.0.1:9/policy": "Connect",
    }.items():
        with pytest.raises(PolicyStoreUnavailable, match=reason) as told:
            async with open_policy_store(url):
                pass
        assert "secret" not in told.value.message


async def test_faults_of_who_uses_a_store_are_their_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with open_policy_store(f"sqlite:///{tmp_path / 'policy.sqlite'}"):
            raise FileNotFoundError

"""Old records go, what is left stays verifiable, and a trail that is not whole is left alone."""

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from federation.audit import (
    REGISTER,
    Fault,
    FaultKind,
    SignedHead,
    anchor_text,
    key_id,
    read_anchor,
)
from federation.errors import AuditUnavailable
from federation.gateway.audit import retain as audit_retain
from federation.gateway.audit import store as audit_store
from federation.gateway.audit import tables as audit_tables
from federation.gateway.audit.keys import head_key
from federation.gateway.audit.read import TrailReport, current_anchor, read_trail, verify_trail
from federation.gateway.audit.retain import Retention, find_old, remove_old
from federation.gateway.audit.store import open_audit_store
from tests.support.retention import forge_pruning, retain
from tests.unit.audit.test_store import KEY, KEYS, change, record, stored

DAY = 86_400_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit.sqlite"


async def write(file: Path, *days: int, key: Ed25519PrivateKey = KEY) -> None:
    """One closed chain with a record of each day."""
    async with open_audit_store(f"sqlite:///{file}", key, "test") as store:
        for day in days:
            await store.append(replace(record(f"d{day}"), at=day * DAY))


async def prune(file: Path, before: int, *, is_dry: bool = False) -> Retention:
    return await retain(f"sqlite:///{file}", KEY, {}, before * DAY, 100 * DAY, is_dry=is_dry)


async def check(file: Path, anchors: tuple[SignedHead, ...] = ()) -> TrailReport:
    return await verify_trail(f"sqlite:///{file}", KEYS, anchors)


async def test_what_is_older_goes_and_the_rest_stays_proven(file: Path) -> None:
    await write(file, 1, 2, 3)
    await write(file, 3, 4, 5, 6)

    dry = await prune(file, 5, is_dry=True)
    before = stored(file)
    done = await prune(file, 5)

    assert dry.prunings == done.prunings
    assert [(each.entries, each.is_all) for each in done.prunings] == [(3, True), (2, False)]
    assert len(before) == 7
    assert stored(file) == ["d5", "d6"]
    report = await check(file)
    assert report.is_whole, report
    assert [(c.pruned, c.entries, c.proven) for c in report.chains] == [(3, 0, 3), (2, 2, 4)]
    assert (await prune(file, 5)).prunings == ()
    assert (await prune(file, 6)).prunings[0].entries == 1
    assert (await check(file)).is_whole


async def test_a_chain_goes_on_after_its_beginning_was_removed(file: Path) -> None:
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await store.append(replace(record("old"), at=DAY))
        await store.append(replace(record("kept"), at=DAY))
        done = await prune(file, 5)
        await store.append(replace(record("new"), at=9 * DAY))

    assert [each.entries for each in done.prunings] == [1]
    assert stored(file) == ["kept", "new"]
    assert (await check(file)).is_whole


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_entry WHERE sequence = 3 AND chain != 'register'",
        "DELETE FROM audit_entry WHERE sequence < 4 AND chain != 'register'",
        "UPDATE audit_entry SET body = replace(body, 'bank', 'bonk') WHERE sequence = 4",
    ],
)
async def test_more_than_was_stated_is_missed_after_a_pruning(file: Path, statement: str) -> None:
    await write(file, 1, 2, 3, 4, 5)
    await prune(file, 3)

    change(file, statement)

    assert not (await check(file)).is_whole


async def test_a_pruning_that_no_writer_entered_is_found_also_below_what_writers_sign_later(
    file: Path,
) -> None:
    await write(file, 1, 2, 3)
    await write(file, 4)

    forge_pruning(file)
    at_once = await check(file)
    await write(file, 5)
    later = await check(file)

    fault = Fault(REGISTER, 5, FaultKind.UNSIGNED)
    assert (at_once.register.faults, later.register.faults) == ((fault,), (fault,))
    assert not later.is_whole


async def test_nothing_goes_from_a_trail_that_is_not_whole(file: Path) -> None:
    await write(file, 1, 2, 3)
    change(file, "DELETE FROM audit_entry WHERE sequence = 1 AND chain != 'register'")

    done = await prune(file, 9)

    assert not done.report.is_whole
    assert done.prunings == ()
    assert stored(file) == ["d2", "d3"]


async def test_heads_of_two_keys_are_proven_before_and_after_a_pruning(file: Path) -> None:
    url, fresh = f"sqlite:///{file}", head_key("")
    both = {**KEYS, key_id(fresh.public_key()): fresh.public_key()}
    await write(file, 1, 2)
    await write(file, 3, 4, 5, key=fresh)

    alone = await retain(url, fresh, {}, 5 * DAY, 100 * DAY, is_dry=False)
    kept = stored(file)
    done = await retain(url, fresh, KEYS, 5 * DAY, 100 * DAY, is_dry=False)

    assert (alone.report.is_whole, alone.prunings, len(kept)) == (False, (), 5)
    assert [(each.entries, each.is_all) for each in done.prunings] == [(2, True), (2, False)]
    assert stored(file) == ["d5"]
    assert (await verify_trail(url, both)).is_whole


async def test_a_run_that_was_broken_off_leaves_a_whole_trail_and_is_finished(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(file, *range(1, 8))
    monkeypatch.setattr(audit_retain, "BATCH", 2)
    removing = audit_tables.delete_entries
    calls = 0

    def breaks(*arguments: object) -> list[int]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError("pulled the plug")
        return removing(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("federation.gateway.audit.retain.delete_entries", breaks)
    with pytest.raises(AuditUnavailable):
        await prune(file, 6)
    half = await check(file)
    left = stored(file)
    done = await prune(file, 6)

    assert half.is_whole, half
    assert left == ["d3", "d4", "d5", "d6", "d7"]
    assert [(each.entries, each.is_new) for each in done.prunings] == [(3, False)]
    assert stored(file) == ["d6", "d7"]
    assert (await check(file)).is_whole


async def test_how_far_retention_is_grows_to_all_that_is_old(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(file, 1, 2, 3)
    await write(file, *range(3, 9))
    monkeypatch.setattr(audit_retain, "BATCH", 2)
    url = f"sqlite:///{file}"
    verified: list[tuple[int, int]] = []
    removed: list[tuple[int, int]] = []

    found = await find_old(url, KEYS, 7 * DAY, lambda *how_far: verified.append(how_far))
    await remove_old(url, found, KEY, 100 * DAY, lambda *how_far: removed.append(how_far))

    assert verified[-1] == (9, 9)
    assert removed == [(2, 7), (3, 7), (5, 7), (7, 7), (7, 7)]


async def test_an_anchor_from_before_a_pruning_still_holds(file: Path) -> None:
    await write(file, 1, 2, 3)
    async with open_audit_store(f"sqlite:///{file}", KEY, "test") as store:
        await store.append(replace(record("a"), at=4 * DAY))
        store._signed_at -= audit_store.HEAD_SECONDS  # noqa: SLF001 - a head is due now
        await store.append(replace(record("b"), at=5 * DAY))
        anchor = await read_trail(f"sqlite:///{file}", lambda c: current_anchor(c, 77))
    await write(file, 8)
    text = anchor_text(anchor)
    heads = read_anchor(text).signed_heads

    whole = await check(file, heads)
    await prune(file, 5)
    pruned = await check(file, heads)

    assert read_anchor(text) == anchor
    assert whole.is_whole
    assert whole.anchored == 3 + 3  # the closed chain; two records and a link to it
    assert whole.signed == 1
    assert pruned.is_whole, pruned
    assert pruned.anchored == 2


async def test_what_was_cut_before_an_anchor_is_missed_with_it_alone(file: Path) -> None:
    await write(file, 1, 2, 3)
    anchor = await read_trail(f"sqlite:///{file}", lambda c: current_anchor(c, 77))
    change(file, "DELETE FROM audit_entry", "DELETE FROM audit_head")
    await write(file, 1, 2)

    assert (await check(file)).is_whole
    assert not (await check(file, anchor.signed_heads)).is_whole


async def test_a_chain_that_lost_its_end_contradicts_those_beside_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_store, "HEAD_SECONDS", 0.0)
    await write(file, 1, 2, 3)
    async with open_audit_store(f"sqlite:///{file}", KEY, "beside") as store:
        for number in range(4):
            await store.append(record(f"r{number}"))
            await asyncio.sleep(0)
    first = min(chain.chain for chain in (await check(file)).chains)
    change(
        file,
        f"DELETE FROM audit_entry WHERE chain = '{first}' AND sequence > 1",
        f"DELETE FROM audit_head WHERE chain = '{first}' AND sequence > 1",
    )

    report = await check(file)

    assert any(fault.chain == first for fault in report.faults)

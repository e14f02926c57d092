"""The register tells by which key a chain names persons, and writers do not mix two."""

import asyncio
from pathlib import Path

import pytest

from federation.audit import REGISTER, ChainOpened, digest_key_id, event_bytes, read_event
from federation.errors import AuditUnavailable
from federation.gateway.audit import store as audit_store
from federation.gateway.audit.keys import digest_key
from federation.gateway.audit.read import read_trail
from federation.gateway.audit.search import Wanted, keys_of_chains
from federation.gateway.audit.store import open_audit_store
from federation.gateway.audit.tables import read_entries
from federation.gateway.settings import Audit, Config, Server
from federation.gateway.start import shared_by_workers
from tests.unit.audit.test_store import KEY, check, record
from tests.unit.audit.test_store_on_postgresql import database

__all__ = ["database"]

OLD, NEW = (digest_key_id(letter * 32) for letter in (b"o", b"n"))


async def written(url: str, key: str | None) -> bool:
    """Writes a chain; whether its store says that the key is a new one."""
    async with open_audit_store(url, KEY, "one", digest_key_id=key) as store:
        await store.append(record("r"))
        return store.has_new_digest_key


async def test_each_chain_tells_its_key_and_a_new_one_is_noticed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    keys = [None, OLD, OLD, None, OLD, NEW, NEW, OLD]

    noticed = [await written(url, key) for key in keys]

    assert noticed == [False, False, False, False, False, True, False, True]
    assert await read_trail(url, lambda trail: keys_of_chains(trail, Wanted())) == keys
    assert (await check(tmp_path / "a.sqlite")).is_whole


def test_an_opening_of_before_there_were_such_names_is_read_and_written_as_it_was() -> None:
    body = b'{"at":1,"chain":"c","key_id":"k","type":"opened","writer":"w"}'

    event = read_event(body)

    assert event == ChainOpened("c", "w", 1, "k")
    assert event_bytes(event) == body


async def test_who_would_name_persons_by_another_key_than_others_do_now_is_refused(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_store, "CLAIM_SECONDS", 0.2)
    async with open_audit_store(database, KEY, "the first", digest_key_id=OLD) as store:
        await store.append(record("r"))
        with pytest.raises(AuditUnavailable, match="the first writes"):
            await written(database, NEW)
        # Neither is one that has no key to be found by, nor is one with the same.
        assert [await written(database, key) for key in (None, OLD)] == [False, False]
    assert await written(database, NEW)


async def test_who_takes_the_place_of_one_with_another_key_waits_for_its_end(database: str) -> None:
    async with open_audit_store(database, KEY, "the first", digest_key_id=OLD) as store:
        await store.append(record("r"))
        next_one = asyncio.create_task(written(database, NEW))
        await asyncio.sleep(0.3)
        assert not next_one.done()

    assert await next_one


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_gateway_enters_the_key_that_its_settings_name(
    tmp_path: Path, workers: int
) -> None:
    url, kept = f"sqlite:///{tmp_path / 'a.sqlite'}", str(tmp_path / "audit.key")
    handed = []
    for file in (kept, ""):
        audit = Audit(database=url, key_file=file, head_key_file=str(tmp_path / "head.pem"))
        with shared_by_workers(Config(server=Server(workers=workers), audit=audit)) as (_, given):
            handed.append(given.digest_key_id)

    # One that vanishes with the gateway is nothing that anybody could look for.
    assert handed == [digest_key_id(digest_key(kept)), None]
    if workers == 2:
        events = await read_trail(
            url, lambda trail: [read_event(entry.body) for entry in read_entries(trail, REGISTER)]
        )
        opened = [event for event in events if isinstance(event, ChainOpened)]
        assert [event.digest_key_id for event in opened] == handed

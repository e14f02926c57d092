"""Decisions shared through a real Redis: used, bound to their place, and missed without harm."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis

from federation.access import AccessRequest, Decision, Effect
from federation.gateway.engines import (
    CachedEngine,
    EmbeddedEngine,
    PolicyFault,
    declared_reads,
    second_level,
)
from federation.gateway.engines.second_level import SecondLevel, read_secret
from tests.policies.tables import free_port, policy_cases, table_release

RELEASE = table_release()
READS = declared_reads(RELEASE.modules)
SECRET = b"s" * 32
CASES = [case.request for case in policy_cases() if case.row_filters]


class Server:
    """A Redis server process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            "redis-server",
            "--port",
            str(self.port),
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with redis.Redis(port=self.port) as client:
                    client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("Redis does not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long enough for a machine that does much else: what a test means to be slow is stopped."""
    monkeypatch.setattr(second_level, "TIMEOUT_SECONDS", 2.0)


class Recording:
    """The real engine, and how often it was asked."""

    def __init__(self) -> None:
        self.engine = EmbeddedEngine(RELEASE)
        self.asked = 0

    async def decide(self, request: AccessRequest) -> Decision:
        self.asked += 1
        return await self.engine.decide(request)


class Process:
    """The cache of one gateway process."""

    def __init__(self, second: SecondLevel) -> None:
        self.second = second
        self.engine = Recording()
        self.cache = CachedEngine(self.engine, reads=READS, second=second)

    async def decide(self, request: AccessRequest) -> Decision:
        decision = await self.cache.decide(request)
        await self.cache.told()
        return decision


@asynccontextmanager
async def process(
    server: Server, revision: str = "r1", secret: bytes = SECRET
) -> AsyncIterator[Process]:
    second = SecondLevel(server.url, secret, revision)
    yield Process(second)
    await second.close()


async def test_the_user_that_the_url_names_is_the_one_who_asks(server: Server) -> None:
    with redis.Redis(port=server.port) as client:
        client.acl_setuser(
            "datong",
            enabled=True,
            passwords=["+a:b"],
            commands=["+get", "+setex"],
            keys=["datong:decisions:1:*"],
        )
        client.acl_setuser("default", enabled=False)
    server.url = f"redis://datong:a%3Ab@127.0.0.1:{server.port}/0"
    async with process(server) as one, process(server) as other:
        await one.decide(CASES[0])
        await other.decide(CASES[0])

        assert (one.second.failures, other.second.failures) == (0, 0)
        assert (one.engine.asked, other.engine.asked) == (1, 0)


async def test_another_process_takes_over_what_was_answered(server: Server) -> None:
    async with process(server) as one, process(server) as other, process(server, "r2") as newer:
        for request in CASES:
            first, second = await one.decide(request), await other.decide(request)
            assert second.verdicts == first.verdicts
            assert second.row_filters == first.row_filters
        await newer.decide(CASES[0])

    assert one.engine.asked > 0
    assert (other.engine.asked, newer.engine.asked) == (0, 1)


async def test_forged_and_moved_documents_are_misses(server: Server) -> None:
    with redis.Redis(port=server.port, decode_responses=True) as client:
        async with process(server) as one:
            denied = await one.decide(CASES[0])
            (key,) = client.keys("*")
            document = json.loads(str(client.get(key)))
            forged = document["body"].replace('"deny"', '"allow"').replace('"mask"', '"allow"')
            client.set(key, json.dumps({**document, "body": forged}))
            async with process(server) as other:
                assert (await other.decide(CASES[0])).verdicts == denied.verdicts
            client.flushall()
            await one.second.put(CASES[0].for_policies(READS), {})
            different = next(each for each in CASES if each.asker != CASES[0].asker)
            async with process(server) as other:
                await other.decide(different)
            (place,) = client.keys("*")
            client.set(place, json.dumps(document))
            async with process(server) as moved:
                await moved.decide(different)
        async with process(server, secret=b"t" * 32) as stranger:
            await stranger.decide(different)

    assert (moved.engine.asked, moved.second.forged > 0) == (1, True)
    assert (stranger.engine.asked, stranger.second.forged > 0) == (1, True)
    assert Effect.ALLOW in {verdict.effect for verdict in denied.verdicts.values()}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps({"body": "x", "mac": "\ud800"}), id="half a character as its mac"),
        pytest.param(json.dumps({"body": "\ud800", "mac": "x"}), id="half a character in its body"),
        pytest.param("[" * 200_000, id="nested too deep"),
    ],
)
async def test_documents_that_cannot_be_read_are_misses(server: Server, text: str) -> None:
    async with process(server) as one, process(server) as other:
        first = await one.decide(CASES[0])
        with redis.Redis(port=server.port, decode_responses=True) as client:
            (key,) = client.keys("*")
            client.set(key, text)

        assert (await other.decide(CASES[0])).verdicts == first.verdicts
    assert other.engine.asked == 1


async def test_redis_that_is_lost_costs_no_answer(server: Server) -> None:
    async with process(server) as one:
        await one.decide(CASES[0])
        server.stop()
        started = asyncio.get_running_loop().time()
        for request in CASES:
            assert (await one.decide(request)).undecided == 0
        assert asyncio.get_running_loop().time() - started < 5

    # After the first failure it is left alone for a while.
    assert 1 <= one.second.failures <= 2


async def test_redis_that_does_not_answer_is_waited_for_once(server: Server) -> None:
    assert server.process is not None
    async with process(server) as one:
        await one.decide(CASES[0])
        server.process.send_signal(signal.SIGSTOP)
        try:
            for request in CASES:
                assert (await one.decide(request)).undecided == 0
        finally:
            server.process.send_signal(signal.SIGCONT)

    assert one.second.failures == 1


@pytest.mark.parametrize("ends", [b"", b"\n", b"\r\n", b" \n"])
def test_copies_of_a_secret_are_equal_whatever_line_end_an_editor_left(
    tmp_path: Path, ends: bytes
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"0123456789abcdef" * 2 + ends)

    assert read_secret(str(file)) == b"0123456789abcdef" * 2


def test_random_bytes_of_which_white_space_is_not_counted_are_told_so(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xff" * 31 + b"\n")

    with pytest.raises(PolicyFault, match="white space at its ends not counted"):
        read_secret(str(file))


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("short")
    with pytest.raises(PolicyFault, match=r"cache_key_file.*32 bytes.*openssl rand"):
        read_secret(str(file))
    with pytest.raises(PolicyFault, match=r"cache_key_file.*cannot be read.*openssl rand"):
        read_secret(str(tmp_path / "none"))

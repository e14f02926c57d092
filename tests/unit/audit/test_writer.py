"""The writer process that serves all workers of a gateway on SQLite."""

import asyncio
import os
import signal
import sqlite3
import stat
import time
from pathlib import Path

import pytest

from federation.audit import key_id
from federation.errors import AuditUnavailable
from federation.gateway.audit.keys import head_key
from federation.gateway.audit.read import verify_trail
from federation.gateway.audit.remote import remote_audit_sink
from federation.gateway.audit.writer import audit_writer_process
from tests.unit.audit.test_store import record, stored


def writer_ids(file: Path) -> list[int]:
    """Process ids of all writers that the register names."""
    with sqlite3.connect(file) as connection:
        rows = connection.execute(
            "SELECT json_extract(CAST(body AS TEXT), '$.writer') FROM audit_entry "
            "WHERE chain = 'register' AND json_extract(CAST(body AS TEXT), '$.type') = 'opened' "
            "ORDER BY sequence"
        ).fetchall()
    connection.close()
    return [int(writer.split()[1]) for (writer,) in rows]


async def test_two_workers_share_one_chain_and_every_record_is_durable(tmp_path: Path) -> None:
    file, key_file, socket = tmp_path / "a.sqlite", str(tmp_path / "key"), tmp_path / "s"
    with audit_writer_process(f"sqlite:///{file}", key_file, socket):
        assert stat.S_IMODE(socket.stat().st_mode) & 0o077 == 0
        async with remote_audit_sink(socket) as one, remote_audit_sink(socket) as two:
            sinks = [one, two]
            await asyncio.gather(*(sinks[n % 2].append(record(f"r{n}")) for n in range(200)))
            assert len(stored(file)) == 200

    key = head_key(key_file).public_key()
    report = await verify_trail(f"sqlite:///{file}", {key_id(key): key})
    assert report.is_whole
    assert [(chain.entries, chain.proven, chain.closed) for chain in report.chains] == [
        (200, 200, True)
    ]


async def test_without_a_writer_append_fails_instead_of_waiting(tmp_path: Path) -> None:
    async with remote_audit_sink(tmp_path / "nobody") as sink:
        with pytest.raises(AuditUnavailable):
            await sink.append(record("r"))


async def test_a_killed_writer_fails_those_who_wait_and_is_started_anew(tmp_path: Path) -> None:
    file, key_file, socket = tmp_path / "a.sqlite", str(tmp_path / "key"), tmp_path / "s"
    with audit_writer_process(f"sqlite:///{file}", key_file, socket):
        async with remote_audit_sink(socket) as sink:
            await sink.append(record("before"))
            waiting = [asyncio.ensure_future(sink.append(record(f"r{n}"))) for n in range(500)]
            await asyncio.sleep(0)
            os.kill(writer_ids(file)[0], signal.SIGKILL)
            answers = await asyncio.gather(*waiting, return_exceptions=True)

            deadline = time.monotonic() + 15
            while True:
                try:
                    await sink.append(record("after"))
                    break
                except AuditUnavailable:
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.1)

    confirmed = {f"r{n}" for n, answer in enumerate(answers) if answer is None}
    assert all(isinstance(answer, AuditUnavailable) for answer in answers if answer is not None)
    assert {"before", "after"} | confirmed <= set(stored(file))
    assert len(writer_ids(file)) == 2
    key = head_key(key_file).public_key()
    assert (await verify_trail(f"sqlite:///{file}", {key_id(key): key})).is_whole


async def test_the_writer_drops_a_connection_that_talks_nonsense(tmp_path: Path) -> None:
    file, key_file, socket = tmp_path / "a.sqlite", str(tmp_path / "key"), tmp_path / "s"
    with audit_writer_process(f"sqlite:///{file}", key_file, socket):
        for nonsense in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", b"\x00"):
            reader, writer = await asyncio.open_unix_connection(socket)
            writer.write(nonsense)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        async with remote_audit_sink(socket) as sink:
            await sink.append(record("fine"))

    assert stored(file) == ["fine"]


def test_a_writer_that_cannot_start_says_why(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.sqlite").write_text("no database at all")
    with (
        pytest.raises(AuditUnavailable),
        audit_writer_process(f"sqlite:///{tmp_path / 'a.sqlite'}", "", tmp_path / "s"),
    ):
        pass

    assert capfd.readouterr().err == (
        "error: the audit database cannot be used: file is not a database (AUDIT_UNAVAILABLE)\n"
    )
